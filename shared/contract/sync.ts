import * as z from 'zod';
import { operation } from './operation.ts';
import { itemFilter } from './sync-filter.ts';
import { count, creditCount, instant, memberStatus, nothing, slice, uuid, validityDays } from './values.ts';

/** queued → sending → confirmed | refused | checking (answer lost) | held (signed out, paused, or waiting for balance). */
export const outboxState = z.enum(['queued', 'sending', 'checking', 'held', 'refused', 'confirmed']);
export type OutboxState = z.infer<typeof outboxState>;

export const heldReason = z.enum([
  'signed_out',
  'paused',
  'stopped',
  'insufficient_credits',
  'newer_version',
  /** The server has no functions for this version of the console, or asks for a newer one. */
  'outdated_client',
  /** Found again after the database was damaged: whether it was sent before is not known. */
  'recovered',
  /** What is stored is not what was queued. */
  'unreadable',
]);

/** A member and the balance as this computer knew them at a moment: what a command was decided on. */
export const memberSituation = z.object({
  creditsAssigned: count,
  available: count,
  status: memberStatus,
  balance: z.number().int().nullable(),
  /** When the server said so; null before the first pull. */
  asOf: instant.nullable(),
});
export type MemberSituation = z.infer<typeof memberSituation>;

const ofMember = { memberId: uuid, memberName: z.string(), memberEmail: z.string() };

export const outboxItem = z.object({
  itemId: uuid,
  state: outboxState,
  heldReason: heldReason.nullable(),
  command: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('assign_member_credits'),
      ...ofMember,
      credits: count,
      validityDays: z.number().int(),
      note: z.string().nullable(),
    }),
    z.object({
      kind: z.literal('revoke_member_credits'),
      ...ofMember,
      credits: count,
      reason: z.string().nullable(),
    }),
    z.object({ kind: z.literal('extend_member_credits'), ...ofMember, days: count }),
    /** `status` is null where what is stored cannot be read. */
    z.object({ kind: z.literal('set_member_status'), ...ofMember, status: memberStatus.nullable() }),
    z.object({
      kind: z.literal('upload_members'),
      draftId: uuid,
      fileName: z.string(),
      rows: count,
      sent: count,
      confirmed: count,
      refused: count,
      credits: count,
      /**
       * Of an upload that has ended: its rows that were not done, and that no other upload has taken over; null where there are none.
       * `needsAttention`: the server refused some, and nobody has taken them up or let them go.
       */
      notDone: z.object({ rows: count, needsAttention: z.boolean() }).nullable(),
    }),
  ]),
  queuedAt: instant,
  /** When the state last changed. */
  changedAt: instant,
  attempts: count,
  nextAttemptAt: instant.nullable(),
  /** It may have been done, as far as this computer knows: nothing may take its place, and not to have been done must not be said of it. */
  mayBeDone: z.boolean(),
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
  /** Of a command on one member: what was known when it was queued, and what is known now. Null for uploads, and where unknown. */
  seen: memberSituation.nullable(),
  now: memberSituation.nullable(),
});
export type OutboxItem = z.infer<typeof outboxItem>;

export const syncStatus = z.object({
  /** False while nobody is signed in: then nothing is sent, asked or read. */
  signedIn: z.boolean(),
  connection: z.enum(['online', 'offline', 'unknown']),
  /** The fault of the last attempt, e.g. `refused` when offline, `http_503` of a server that is there; null once one has worked. */
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
  /**
   * Compares everything with the server and takes away what it does not have; answers at the end. `mended`: members that were missing or
   * different here. When the console is closed meanwhile, it begins anew at the next start. `stopped`: not everything was compared.
   */
  'sync.compare': operation(
    'server',
    nothing,
    z.object({ members: count, mended: count, removed: count, stopped: z.boolean() }),
  ),
  /** Ends a comparison where it is; what it has mended stays so. Where everything is read from the beginning it goes on. */
  'sync.stopComparing': operation('cache', nothing, nothing),
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
