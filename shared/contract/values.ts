import * as z from 'zod';
import { MAX_CREDITS_PER_ALLOCATION, MAX_VALIDITY_DAYS } from './limits.ts';

export { DEFAULT_VALIDITY_DAYS, MAX_CREDITS_PER_ALLOCATION, MAX_VALIDITY_DAYS, MAX_WHOLE_ROWS } from './limits.ts';

export const uuid = z.guid();
/** An instant as ISO 8601 in UTC with milliseconds, e.g. `2026-05-01T14:02:00.000Z`. */
export const instant = z.iso.datetime({ offset: true });
export const count = z.number().int().min(0);
export const nothing = z.object({}).strict();

export const creditCount = z.number().int().min(1).max(MAX_CREDITS_PER_ALLOCATION);
export const validityDays = z.number().int().min(1).max(MAX_VALIDITY_DAYS);

export const memberStatus = z.enum(['active', 'inactive', 'invited']);
export type MemberStatus = z.infer<typeof memberStatus>;

/** What a row of a member's history did: credits given, credits taken back, or the expiry of given ones moved. */
export const allocationKind = z.enum(['allocation', 'revocation', 'extension']);
export type AllocationKind = z.infer<typeof allocationKind>;

/**
 * Rule 2 of the product: wherever a balance stands, these stand together. `planned` is what waits in the outbox and in
 * the open draft; `left` = confirmed − planned and may be negative. `confirmed` is null before the first pull.
 */
export const balanceNumbers = z.object({
  confirmed: z.number().int().nullable(),
  confirmedAt: instant.nullable(),
  planned: count,
  left: z.number().int().nullable(),
});
export type BalanceNumbers = z.infer<typeof balanceNumbers>;

/** A slice of a list: pages of at most 200 rows cross the bridge, never a whole list. */
export const slice = z.object({ offset: count, limit: z.number().int().min(1).max(200) });
