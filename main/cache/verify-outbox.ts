import type { WriteDatabase } from './database.ts';
import { holdRecovered, reckonUpload } from './hold-recovered.ts';
import { hold, type OutboxRow } from './outbox.ts';
import { isAsQueued } from './outbox-checksum.ts';

/** Of what has its receipt, as many of the latest are looked at when the database is opened. */
const CONFIRMED_LOOKED_AT = 2_000;

/** What the checksums of an item say. */
type Verdict = 'whole' | 'unreadable' | 'recovered';

type GuardedRow = OutboxRow & { readonly standing: string };

/**
 * Compares the checksums of every open item and of the latest confirmed ones. One that is no longer what was queued is held as
 * `unreadable`: shown, never sent. One of which only the state cannot be trusted is held as `recovered`: a person may send it
 * again under its own id. `now` in milliseconds. Answers how many were held.
 */
export function verifyOutbox(database: WriteDatabase, now: number): { unreadable: number; recovered: number } {
  const found = { unreadable: 0, recovered: 0 };
  const rows = [
    ...database.all<GuardedRow>(
      `select *, ${standingNow} as standing from outbox where state not in ('confirmed') order by sequence`,
    ),
    ...database.all<GuardedRow>(
      `select *, ${standingNow} as standing from outbox where state = 'confirmed' order by sequence desc limit ${CONFIRMED_LOOKED_AT}`,
    ),
  ];
  for (const row of rows) {
    const verdict = judge(row);
    if (verdict === 'whole') continue;
    // An item that is held so already needs no second look.
    if (row.state === 'held' && row.held_reason === verdict && row.standing === row.standing_checksum) continue;
    if (verdict === 'recovered') holdRecovered(database, row.item_id, now);
    else holdUnreadable(database, row, now);
    found[verdict] += 1;
  }
  return found;
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
  stopping, attempts, next_attempt_at, last_error, receipt, refusal, queued_at, changed_at, replaced_by, staged_through, committed)`;

function judge(row: GuardedRow): Verdict {
  if (!isAsQueued(row)) return 'unreadable';
  return row.standing === row.standing_checksum ? 'whole' : 'recovered';
}
