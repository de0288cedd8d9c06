import * as z from 'zod';
import { operation } from './operation.ts';
import { balanceNumbers, creditCount, uuid, validityDays } from './values.ts';

export const assignment = z.object({
  memberId: uuid,
  credits: creditCount,
  validityDays,
  note: z.string().trim().max(500).nullable(),
});
export type Assignment = z.infer<typeof assignment>;

export const allocationOperations = {
  /** Queues the assignment; it is planned until the server's receipt is here. Answers the item and the new three numbers. */
  'allocation.assign': operation('queue', assignment, z.object({ itemId: uuid, balance: balanceNumbers })),
};
