import * as z from 'zod';
import { operation } from './operation.ts';
import { itemFilter } from './sync-filter.ts';
import { count, creditCount, instant, nothing, slice, uuid, validityDays } from './values.ts';

/** queued → sending → confirmed | refused | checking (answer lost) | held (signed out, paused, or waiting for balance). */
export const outboxState = z.enum(['queued', 'sending', 'checking', 'held', 'refused', 'confirmed']);
export type OutboxState = z.infer<typeof outboxState>;

export const heldReason = z.enum(['signed_out', 'paused', 'stopped', 'insufficient_credits', 'newer_version']);

export const outboxItem = z.object({
  itemId: uuid,
  state: outboxState,
  heldReason: heldReason.nullable(),
  command: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('assign_member_credits'),
      memberId: uuid,
      memberName: z.string(),
      memberEmail: z.string(),
      credits: count,
      validityDays: z.number().int(),
      note: z.string().nullable(),
    }),
    z.object({
      kind: z.literal('upload_members'),
      draftId: uuid,
      fileName: z.string(),
      rows: count,
      sent: count,
      confirmed: count,
      refused: count,
      credits: count,
    }),
  ]),
  queuedAt: instant,
  /** When the state last changed. */
  changedAt: instant,
  attempts: count,
  nextAttemptAt: instant.nullable(),
  /** The last fault in plain data, for "why does this wait". */
  lastError: z.string().nullable(),
  /** Present on a confirmed item. */
  receipt: z
    .object({
      allocationId: uuid.nullable(),
      balance: z.number().int().nullable(),
      expiresAt: instant.nullable(),
      replayed: z.boolean(),
    })
    .nullable(),
  /** Present on a refused item. */
  refusal: z.object({ reason: z.string(), shortfall: z.number().int().nullable() }).nullable(),
});
export type OutboxItem = z.infer<typeof outboxItem>;

export const syncStatus = z.object({
  connection: z.enum(['online', 'offline', 'unknown']),
  /** The fault of the last failed attempt, e.g. `refused`, when offline. */
  fault: z.string().nullable(),
  lastPullAt: instant.nullable(),
  pulling: z.boolean(),
  paused: z.boolean(),
  waiting: count,
  checking: count,
  attention: count,
  nextAttemptAt: instant.nullable(),
});
export type SyncStatus = z.infer<typeof syncStatus>;

export const syncOperations = {
  'sync.status': operation('cache', nothing, syncStatus),
  'sync.items': operation(
    'cache',
    z.object({ ...itemFilter.shape, ...slice.shape }),
    z.object({ items: z.array(outboxItem), total: count }),
  ),
  /** Pulls and sends at once; answers when one round is done. */
  'sync.now': operation('server', nothing, syncStatus),
  'sync.pause': operation('cache', nothing, syncStatus),
  'sync.resume': operation('cache', nothing, syncStatus),
  /** A refused item goes out again as a new command under a new id; a held or waiting one keeps its id and goes at once. */
  'sync.retry': operation('queue', z.object({ itemId: uuid }), z.object({ itemId: uuid })),
  /** Replaces a queued, held or refused assignment by a corrected one, under a new id. */
  'sync.edit': operation(
    'queue',
    z.object({ itemId: uuid, credits: creditCount, validityDays, note: z.string().trim().max(500).nullable() }),
    z.object({ itemId: uuid }),
  ),
  /** Only for an item whose fate is known: never one that is sending or checking. */
  'sync.discard': operation('cache', z.object({ itemId: uuid }), nothing),
};
