import type { WriteDatabase } from './database.ts';
import { holdRecovered, reckonUpload } from './hold-recovered.ts';
import { hold, type OutboxRow } from './outbox.ts';
import { isAsQueued } from './outbox-checksum.ts';

/** Of what has its receipt, as many of the latest are looked at when the database is opened. */
const CONFIRMED_LOOKED_AT = 2_000;

/** What the checksums of an item say. */
type Verdict = 'whole' | 'unreadable' | 'recovered';

type GuardedRow = OutboxRow & { readonly standing: string };

/** What was held. */
export interface Verified {
  unreadable: number;
  recovered: number;
}

/** Items that are looked at in one piece: a few milliseconds. */
const LOOKED_AT_ONCE = 100;

/**
 * Compares the checksums of every open item and of the latest confirmed ones. One that is no longer what was queued is held as
 * `unreadable`: shown, never sent. One of which only the state cannot be trusted is held as `recovered`: a person may send it
 * again under its own id. `now` in milliseconds. Answers how many were held.
 */
export function verifyOutbox(database: WriteDatabase, now: number): Verified {
  const found = { unreadable: 0, recovered: 0 };
  const verifyNext = verifier(database, now, found);
  while (verifyNext());
  return found;
}

/** The same in pieces, for `inSlices` (few items in one): each call does one and answers whether there are more. Counts into `found`. */
export function verifier(database: WriteDatabase, now: number, found: Verified): () => boolean {
  // A fault of the disk may have changed the number too.
  let after = Number.MIN_SAFE_INTEGER;
  let isOpenDone = false;
  const some = (): number => {
    const rows = isOpenDone
      ? database.all<GuardedRow>(
          `select *, ${standingNow} as standing from outbox where state = 'confirmed' and sequence > @after and sequence > @from
           order by sequence limit ${LOOKED_AT_ONCE}`,
          { after, from: confirmedFrom(database) },
        )
      : database.all<GuardedRow>(
          `select *, ${standingNow} as standing from outbox where state not in ('confirmed') and sequence > ?
           order by sequence limit ${LOOKED_AT_ONCE}`,
          after,
        );
    for (const row of rows) verifyRow(database, row, now, found);
    after = rows.at(-1)?.sequence ?? after;
    return rows.length;
  };
  return () => {
    if (some() === LOOKED_AT_ONCE) return true;
    if (isOpenDone) return false;
    [isOpenDone, after] = [true, Number.MIN_SAFE_INTEGER];
    // Few items are looked at in one piece.
    return some() === LOOKED_AT_ONCE;
  };
}

/** The number behind which the latest confirmed items are. */
function confirmedFrom(database: WriteDatabase): number {
  const sql = `select sequence from outbox where state = 'confirmed' order by sequence desc limit 1 offset ${CONFIRMED_LOOKED_AT}`;
  return database.get<{ sequence: number }>(sql)?.sequence ?? Number.MIN_SAFE_INTEGER;
}

function verifyRow(database: WriteDatabase, row: GuardedRow, now: number, found: Verified): void {
  const verdict = judge(row);
  if (verdict === 'whole') return;
  // An item that is held so already needs no second look.
  if (row.state === 'held' && row.held_reason === verdict && row.standing === row.standing_checksum) return;
  if (verdict === 'recovered') holdRecovered(database, row.item_id, now);
  else holdUnreadable(database, row, now);
  found[verdict] += 1;
}

/** Where its state cannot be trusted either, none of its rows is known not to have been sent. */
function holdUnreadable(database: WriteDatabase, row: GuardedRow, now: number): void {
  hold(database, row.item_id, 'unreadable', now);
  if (row.standing === row.standing_checksum) return;
  if (row.kind === 'upload_members') reckonUpload(database, row.item_id);
  else database.run('update outbox set in_doubt_through = 0 where item_id = ?', row.item_id);
}

/** Right before it is sent: an item that is no longer what was queued is held, not sent. True when it may go. */
export function mayBeSent(database: WriteDatabase, item: OutboxRow, now: number): boolean {
  if (isAsQueued(item)) return true;
  hold(database, item.item_id, 'unreadable', now);
  return false;
}

const standingNow = `outbox_standing(item_id, sequence, state, held_reason, member_id, draft_id, planned_credits, in_doubt_through,
  stopping, attempts, next_attempt_at, last_error, receipt, refusal, queued_at, changed_at, replaced_by, staged_through, committed,
  sent_through)`;

function judge(row: GuardedRow): Verdict {
  if (!isAsQueued(row)) return 'unreadable';
  return row.standing === row.standing_checksum ? 'whole' : 'recovered';
}
