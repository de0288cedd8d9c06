import * as z from 'zod';
import { memberFilter } from './members.ts';
import { operation } from './operation.ts';
import { balanceNumbers, count, creditCount, uuid, validityDays } from './values.ts';

const note = z.string().trim().max(500).nullable();

export const assignment = z.object({ memberId: uuid, credits: creditCount, validityDays, note });

/** Members by their ids, or all whom a filter of the list leaves at this moment. */
export const memberSelection = z.discriminatedUnion('by', [
  z.object({ by: z.literal('ids'), memberIds: z.array(uuid).min(1).max(10_000) }),
  z.object({ by: z.literal('filter'), filter: memberFilter }),
]);
export type MemberSelection = z.infer<typeof memberSelection>;

const queuedCommand = z.object({ itemId: uuid, balance: balanceNumbers });

export const allocationOperations = {
  /** Queues the assignment; it is planned until the server's receipt is here. Answers the item and the new three numbers. */
  'allocation.assign': operation('queue', assignment, queuedCommand),
  /**
   * Queues one assignment a member, all or none of them: each is sent, confirmed or refused by itself. Members who are inactive or
   * whom this computer does not know are left out and counted.
   */
  'allocation.assignMany': operation(
    'queue',
    z.object({ members: memberSelection, credits: creditCount, validityDays, note }),
    z.object({ queued: count, inactive: count, unknown: count, balance: balanceNumbers }),
  ),
  /** Queues taking unspent credits back, those first that expire last. */
  'allocation.revoke': operation(
    'queue',
    z.object({ memberId: uuid, credits: creditCount, reason: note }),
    queuedCommand,
  ),
  /** Queues moving the expiry of all unspent credits of a member by so many days. */
  'allocation.extend': operation('queue', z.object({ memberId: uuid, days: validityDays }), queuedCommand),
};
