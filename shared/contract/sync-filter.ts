import * as z from 'zod';

/** What an item of the outbox asks of the server. */
export const outboxKind = z.enum([
  'assign_member_credits',
  'revoke_member_credits',
  'extend_member_credits',
  'set_member_status',
  'upload_members',
]);

/**
 * `open`: everything that is not settled; `attention`: what only a person can settle; `waiting`: is sent by itself; `partial`: uploads
 * that have ended without all of their rows, which `confirmed` leaves out; the others are single states.
 */
export const shownItems = z.enum([
  'open',
  'attention',
  'waiting',
  'checking',
  'held',
  'refused',
  'partial',
  'confirmed',
  'all',
]);
export type ShownItems = z.infer<typeof shownItems>;

/** Which items of the outbox are meant. Null and the empty text stand for any. */
export const itemFilter = z.object({
  show: shownItems,
  kind: outboxKind.nullable().default(null),
  /** The reason of a refusal, e.g. `insufficient_credits`. */
  reason: z.string().max(100).nullable().default(null),
  /** Part of a member's name or e-mail address, of a file's name, or of an item's or receipt's number. */
  search: z.string().trim().max(200).default(''),
});
export type ItemFilter = z.infer<typeof itemFilter>;
