import { randomUUID } from 'node:crypto';
import type * as z from 'zod';
import type { heldReason, MemberSituation } from '../../shared/contract/sync.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { type AssignPayload, type MemberCommand, type MemberCommandKind, PAYLOAD_VERSION } from './outbox-payload.ts';

export type OutboxKind = MemberCommandKind | 'upload_members';
export type OutboxState = 'queued' | 'sending' | 'checking' | 'held' | 'refused' | 'confirmed';
export type HeldReason = z.infer<typeof heldReason>;

/** A row of the outbox as stored; `payload`, `receipt` and `refusal` are JSON. */
export interface OutboxRow {
  readonly item_id: string;
  readonly sequence: number;
  readonly kind: OutboxKind;
  readonly payload_version: number;
  readonly payload: string;
  readonly state: OutboxState;
  readonly held_reason: HeldReason | null;
  readonly member_id: string | null;
  readonly draft_id: string | null;
  readonly planned_credits: number;
  readonly in_doubt_through: number | null;
  /** Of an upload: the last row that was sent since it was found again after a fault of the disk, if ever; null without any. */
  readonly sent_through: number | null;
  /** Of an upload that is sent as a whole: the last row that waits on the server, and whether all were applied. */
  readonly staged_through: number;
  readonly committed: 0 | 1;
  /** 1: no further row is sent. */
  readonly stopping: 0 | 1;
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly last_error: string | null;
  readonly receipt: string | null;
  readonly refusal: string | null;
  readonly queued_at: string;
  readonly changed_at: string;
  readonly replaced_by: string | null;
  /** Of what was queued, and of where it stands: see verify-outbox. */
  readonly checksum: string;
  readonly standing_checksum: string;
}

/** No item is ever delayed longer. Milliseconds. */
export const LONGEST_DELAY_MS = 3_600_000;

/** Puts an assignment into the outbox under a new id. `now` in milliseconds; the caller announces `outbox` after its commit. */
export function queueAssignment(database: WriteDatabase, payload: AssignPayload, now: number): string {
  return queueCommand(database, { kind: 'assign_member_credits', payload }, now);
}

/** As `queueAssignment`, for any command on one member. Only assignments plan credits: what is taken back is none to spend yet. */
export function queueCommand(
  database: WriteDatabase,
  command: MemberCommand,
  now: number,
  /** What is known now, of a command that a person decided on once more; else what the command says. */
  seen: MemberSituation | null = command.payload.seen ?? null,
): string {
  const itemId = randomUUID();
  database.run(
    `insert into outbox (item_id, sequence, kind, payload_version, payload, state, member_id, planned_credits, queued_at, changed_at)
     values (@itemId, (select coalesce(max(sequence), 0) + 1 from outbox), @kind, @version, @payload, 'queued', @memberId, @credits, @at, @at)`,
    {
      itemId,
      kind: command.kind,
      version: PAYLOAD_VERSION,
      payload: JSON.stringify({ ...command.payload, seen }),
      memberId: command.payload.memberId,
      credits: command.kind === 'assign_member_credits' ? command.payload.credits : 0,
      at: instantAt(now),
    },
  );
  return itemId;
}

/** One item, or undefined. */
export function readItem(database: ReadDatabase, itemId: string): OutboxRow | undefined {
  return database.get<OutboxRow>('select * from outbox where item_id = ?', itemId);
}

// `state not in ('confirmed')` is said beside what implies it wherever open items are looked for: only by these very words does
// SQLite know that the indexes of open items hold them all.
const isDue = `item.state not in ('confirmed') and item.state in ('queued', 'checking', 'sending')
  -- A time beyond every possible delay comes from a clock that has been set back since: it delays nothing.
  and (item.next_attempt_at is null or item.next_attempt_at <= @now or item.next_attempt_at > @latest)
  and not exists (
    select 1 from outbox as earlier
    where earlier.member_id = item.member_id and earlier.sequence < item.sequence
      and earlier.state not in ('confirmed') and earlier.state in ('queued', 'checking', 'sending'))`;

/**
 * The item to send next: the oldest that is due and has no older one for the same member before it that is waiting, on its way or
 * in doubt. Commands on one member keep their order; one that was refused or is held back blocks nothing.
 */
export function nextDueItem(database: ReadDatabase, now: number): OutboxRow | undefined {
  return database.get<OutboxRow>(`select * from outbox as item where ${isDue} order by item.sequence limit 1`, {
    now: instantAt(now),
    latest: instantAt(now + LONGEST_DELAY_MS),
  });
}

/** As `nextDueItem`, all commands on members that may go now, each of another member: the oldest first, at most `limit`. */
export function dueCommands(database: ReadDatabase, limit: number, now: number): OutboxRow[] {
  return database.all<OutboxRow>(
    // By the kind, as `sendItem` tells them apart: one that lost its member to a fault of the disk is found here, too, and held.
    `select * from outbox as item where ${isDue} and item.kind <> 'upload_members' order by item.sequence limit @limit`,
    { now: instantAt(now), latest: instantAt(now + LONGEST_DELAY_MS), limit },
  );
}

/** When the next waiting item becomes due, or null when none waits for a time. Milliseconds since 1970. */
export function nextAttemptTime(database: ReadDatabase): number | null {
  const row = database.get<{ at: string | null }>(
    `select min(next_attempt_at) as at from outbox where state not in ('confirmed') and state in ('queued', 'checking', 'sending')`,
  );
  return row?.at == null ? null : Date.parse(row.at);
}

/** Committed before the request leaves: after a crash the items are known to be in doubt. */
export function markSending(database: WriteDatabase, itemIds: readonly string[], now: number): void {
  database.run(
    `update outbox set state = 'sending', next_attempt_at = null, attempts = attempts + 1, changed_at = ?
     where item_id in (select value from json_each(?))`,
    instantAt(now),
    JSON.stringify(itemIds),
  );
}

/**
 * After a fault: `queued` when no request of the item can have had an effect, `checking` when one may have. An item that was held
 * while its request was on the way stays held. `error` is a plain code, never text of the server. `inDoubtThrough`: of an
 * upload, the last row that may have taken effect; `sentThrough`: the last one that may have been sent since it was found again.
 */
export function postpone(
  database: WriteDatabase,
  itemId: string,
  fault: {
    readonly isInDoubt: boolean;
    readonly inDoubtThrough: number | null;
    readonly sentThrough: number | null;
    readonly nextAttemptAt: number | null;
    readonly error: string;
  },
  now: number,
): void {
  database.run(
    // An attempt counts when it is sent. A question that fails counts here, or the item would be asked for again and again after the same
    // short delay; not where the connection is at fault, which has delays of its own.
    `update outbox set attempts = attempts + iif(state <> 'sending' and @next is not null, 1, 0),
       state = iif(state = 'held', 'held', @state), last_error = @error, changed_at = @at,
       in_doubt_through = @inDoubtThrough, sent_through = @sentThrough, next_attempt_at = iif(state = 'held', null, @next)
     -- Its receipt may be here by another sender on this folder.
     where item_id = @itemId and state <> 'confirmed'`,
    {
      itemId,
      state: fault.isInDoubt ? 'checking' : 'queued',
      error: fault.error,
      inDoubtThrough: fault.inDoubtThrough,
      sentThrough: fault.sentThrough,
      at: instantAt(now),
      next: fault.nextAttemptAt === null ? null : instantAt(fault.nextAttemptAt),
    },
  );
}

/** As `hasUnsentDoubt`, in SQL. */
export const isDoubtUnsent = `(stopping = 1 and in_doubt_through > coalesce(sent_through, -1))`;

/** Of an upload that is being stopped, rows in doubt that nobody has sent since it was found again after a fault of the disk: they are only asked for. */
export function hasUnsentDoubt(item: Pick<OutboxRow, 'stopping' | 'in_doubt_through' | 'sent_through'>): boolean {
  return item.stopping === 1 && item.in_doubt_through !== null && item.in_doubt_through > (item.sent_through ?? -1);
}

/**
 * An upload as it is now, where its rows may be sent: null where it is held or has ended, or is only to be asked for, since a person or another
 * sender on this folder was there.
 */
export function readUploadToSend(
  database: ReadDatabase,
  itemId: string,
): (OutboxRow & { readonly draft_id: string }) | null {
  const item = readItem(database, itemId);
  if (item?.draft_id == null || hasUnsentDoubt(item)) return null;
  const mayGo = item.state === 'queued' || item.state === 'checking' || item.state === 'sending';
  return mayGo ? { ...item, draft_id: item.draft_id } : null;
}

/** An item is not asked for before that time. In milliseconds. */
export function askFrom(database: WriteDatabase, itemId: string, time: number): void {
  database.run('update outbox set next_attempt_at = ? where item_id = ?', instantAt(time), itemId);
}

/** Of an upload, rows behind this one that were sent were not attempted by the server: they count as not sent. */
export function attemptedUpTo(database: WriteDatabase, itemId: string, row: number): void {
  database.run('update outbox set sent_through = min(sent_through, ?) where item_id = ?', row, itemId);
}

/** Of an upload, all rows in doubt that were not sent since it was found again have been asked for. */
export function endUnsentDoubt(database: WriteDatabase, itemId: string): void {
  database.run('update outbox set in_doubt_through = sent_through where item_id = ?', itemId);
}

/** Of an upload whose rows surely had no effect. */
export function clearDoubt(database: WriteDatabase, itemId: string): void {
  database.run('update outbox set in_doubt_through = null where item_id = ?', itemId);
}

/**
 * Keeps an item back until a person or a sign-in lets it go on. A command in doubt that cannot be read any more stays marked as that
 * (`in_doubt_through` 0, as rows of an upload are by their number): held, it looks like one that was never sent.
 */
export function hold(database: WriteDatabase, itemId: string, reason: HeldReason, now: number): void {
  database.run(
    `update outbox set state = 'held', held_reason = @reason, next_attempt_at = null, changed_at = @at,
       in_doubt_through = iif(@reason in ('newer_version', 'unreadable') and state in ('sending', 'checking'),
         coalesce(in_doubt_through, 0), in_doubt_through) where item_id = @itemId and state <> 'confirmed'`,
    { itemId, reason, at: instantAt(now) },
  );
}

/** Items that are changed in one piece: a few milliseconds. Of ten thousand, all at once would hold everything up. */
const CHANGED_AT_ONCE = 100;
const someOf = (condition: string): string =>
  `item_id in (select item_id from outbox where state not in ('confirmed') and ${condition} order by sequence limit ${CHANGED_AT_ONCE})`;

/**
 * Without a session nothing can be sent. Items in doubt stay `checking`: that is what they are. A piece of them; answers how many, to be
 * called again until it answers 0.
 */
export function holdForSignIn(database: WriteDatabase, now: number): number {
  return database.run(
    `update outbox set state = 'held', held_reason = 'signed_out', next_attempt_at = null, changed_at = ?
     where ${someOf(`state = 'queued'`)}`,
    instantAt(now),
  );
}

/** After sign-in of the same account: what waited for it is queued again. In pieces, as `holdForSignIn`. */
export function releaseAfterSignIn(database: WriteDatabase, now: number): number {
  return database.run(
    `update outbox set state = 'queued', held_reason = null, changed_at = ?
     where ${someOf(`state = 'held' and held_reason = 'signed_out'`)}`,
    instantAt(now),
  );
}

/**
 * When the console starts, perhaps as a newer one: items of a version that it can read by now go on under their id. As
 * `checking`, because the version that wrote them may have sent them before they were held.
 */
export function releaseNewerVersion(database: WriteDatabase, now: number): number {
  return database.run(
    `update outbox set state = 'checking', held_reason = null, changed_at = ?,
       in_doubt_through = iif(kind = 'upload_members', in_doubt_through, null)
     where state = 'held' and held_reason = 'newer_version' and payload_version <= ${PAYLOAD_VERSION}`,
    instantAt(now),
  );
}

/**
 * Lets items go on that the server had no function for, or not this version's, at least `heldMs` ago. As `queued`: only what surely had no
 * effect is held so (see settle-failure), and what is asked for once counts as in doubt from then on. Answers how many.
 */
export function releaseOutdated(database: WriteDatabase, now: number, heldMs: number): number {
  return database.run(
    `update outbox set state = iif(in_doubt_through is null, 'queued', 'checking'), held_reason = null, changed_at = @at
     where state not in ('confirmed') and state = 'held' and held_reason = 'outdated_client'
       -- A time that is still to come is that of a clock that has been set back since: it holds nothing.
       and (changed_at <= @since or changed_at > @at)`,
    { at: instantAt(now), since: instantAt(now - heldMs) },
  );
}

/** When the console starts: a request that was on the way when it ended may have had its effect. */
export function markInterrupted(database: WriteDatabase, now: number): number {
  return database.run(
    `update outbox set state = 'checking', next_attempt_at = null, changed_at = ? where state = 'sending'`,
    instantAt(now),
  );
}

/** Nobody waits out a backoff: for "sync now", and when the connection came back. In pieces, as `holdForSignIn`. */
export function makeAllDue(database: WriteDatabase): number {
  return database.run(
    `update outbox set next_attempt_at = null
     where ${someOf(`next_attempt_at is not null and state in ('queued', 'checking', 'sending')`)}`,
  );
}

/** The person's own pause of all sending; survives a restart. */
export function isSendingPaused(database: ReadDatabase): boolean {
  return database.get<{ paused: number }>('select paused from sending')?.paused === 1;
}

export function setSendingPaused(database: WriteDatabase, paused: boolean): void {
  database.run('update sending set paused = ?', paused ? 1 : 0);
}
