import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { addConfirmedCredits, expiryInstant, saveMember } from './member-rows.ts';
import type { OutboxRow } from './outbox.ts';
import { attemptedUpTo, clearDoubt, isDoubtUnsent, readItem, readUploadToSend } from './outbox.ts';
import { noReceipt, type UploadReceipt, uploadReceipt } from './outbox-payload.ts';
import { saveBalance } from './partner.ts';
import { saveAllocationAhead } from './pull-state.ts';
import { type SearchChanges, trackSearchChanges } from './search-changes.ts';
import { endStopped, finishIfAnswered, setStage, waitForBalance } from './upload-items.ts';
import { type ChunkRow, expectUnanswered, ROW_DAMAGED, unansweredRows, type UploadItem } from './upload-rows.ts';

/** The server's answer to one row. `not_attempted`: it left no trace and may be sent again. */
export interface RowAnswer {
  readonly row: number;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'refused' | 'not_attempted';
  readonly reason: string | null;
  readonly shortfall: number | null;
  readonly memberId: string | null;
  readonly allocationId: string | null;
  readonly credits: number | null;
  readonly expiresAt: string | null;
  readonly creditsAssigned: number | null;
  readonly replayed: boolean;
}

/**
 * Takes the next unanswered rows of an upload in file order (of one that is being stopped only those whose answer is out), at most `limit.rows` of them and `limit.credits` credits (but one
 * row at least), and records in the same transaction that they are on their way: after a crash they are in doubt. A row that is no longer
 * what was submitted ends the chunk; first in line, it counts as refused. Without any row left the upload ends. None where it is held, or has ended,
 * or is still to be asked for. Throws `DatabaseDamaged`.
 */
export function beginChunk(
  database: WriteDatabase,
  itemId: string,
  limit: { readonly rows: number; readonly credits: number },
  now: number,
): ChunkRow[] {
  return database.transaction(() => {
    // As it is now: a person, or another sender on this folder, may have been here.
    const item = readUploadToSend(database, itemId);
    if (item === null) return [];
    const unanswered = unansweredRows(database, item, {
      limit: limit.rows,
      ...(item.stopping > 0 && { through: item.in_doubt_through ?? 0 }),
    });
    if (unanswered.length === 0) {
      endOrThrow(database, item, now);
      return [];
    }
    const candidates = refuseDamaged(database, item.item_id, unanswered, now);
    let credits = 0;
    const rows = candidates.filter((candidate, index) => {
      credits += candidate.credits ?? 0;
      return index === 0 || credits <= limit.credits;
    });
    const last = rows.at(-1);
    if (last === undefined) return [];
    database.run(
      `update outbox set state = 'sending', held_reason = null, next_attempt_at = null, attempts = attempts + 1,
         in_doubt_through = max(coalesce(in_doubt_through, 0), @last), sent_through = max(coalesce(sent_through, 0), @last),
         changed_at = @at where item_id = @itemId`,
      { last: last.row, at: instantAt(now), itemId },
    );
    setStage(database, item.draft_id, 'sending', now);
    return rows;
  });
}

/** No row is left that may be sent: the upload ends, or, being stopped, gives back what never was on its way. */
function endOrThrow(database: WriteDatabase, item: OutboxRow & { readonly draft_id: string }, now: number): void {
  if (item.stopping > 0) {
    // What was in doubt has its answers, by another sender on this folder say.
    clearDoubt(database, item.item_id);
    endStopped(database, item.item_id, now);
  } else if (!finishIfAnswered(database, item.item_id, now)) expectUnanswered(database, item);
}

/** Lands the damaged rows at the head as refused; answers the whole ones behind them, up to the next damaged one. */
function refuseDamaged(
  database: WriteDatabase,
  itemId: string,
  rows: readonly ChunkRow[],
  now: number,
): readonly ChunkRow[] {
  const first = rows.findIndex((row) => row.isWhole === 1);
  const damaged = first === -1 ? rows : rows.slice(0, first);
  if (damaged.length > 0) {
    const refused = damaged.map(({ row }) => refusedHere(row, ROW_DAMAGED));
    landChunk(database, itemId, damaged, { rows: refused, balance: null }, now);
  }
  const others = rows.slice(damaged.length);
  const next = others.findIndex((row) => row.isWhole === 0);
  return next === -1 ? others : others.slice(0, next);
}

/** The answer to a row that counts as refused without the server's word. */
export function refusedHere(row: number, reason: string): RowAnswer {
  return {
    row,
    outcome: 'refused',
    reason,
    shortfall: null,
    memberId: null,
    allocationId: null,
    credits: null,
    expiresAt: null,
    creditsAssigned: null,
    replayed: true,
  };
}

/** The server tells of at most as many rows at once. */
export const MOST_ROWS_ASKED = 5_000;

/** The first rows of an upload behind a number up to another that have no answer yet, in file order: what was sent, and may have taken effect. */
export function rowsInDoubt(database: ReadDatabase, item: UploadItem, through: number, after = -1): ChunkRow[] {
  return unansweredRows(database, item, { after, through, limit: MOST_ROWS_ASKED });
}

/**
 * Writes the answers to the rows of one chunk, the fresh figures of their members, the balance and the item's progress in ONE
 * transaction. `balance`: null when it was written down before. Rows that the balance could not pay any more stay queued, and the item is held until balance is there.
 */
export function landChunk(
  database: WriteDatabase,
  itemId: string,
  chunk: readonly ChunkRow[],
  answer: { readonly rows: readonly RowAnswer[]; readonly balance: number | null },
  now: number,
): void {
  database.transaction(() => {
    const item = readItem(database, itemId);
    if (item?.draft_id == null) throw new Error('the item of an answered upload is gone');
    const draftId = item.draft_id;
    const sent = new Map(chunk.map((row) => [row.row, row]));
    const expiryAt = expiryInstant(database, now);
    const search = trackSearchChanges(database);
    let answeredCredits = 0;
    const counts = { confirmed: 0, refused: 0, notAttempted: 0 };
    for (const row of answer.rows) {
      const request = sent.get(row.row);
      if (request === undefined) throw new Error('an answer to a row that was not sent');
      if (row.outcome === 'not_attempted') {
        counts.notAttempted += 1;
        attemptedUpTo(database, itemId, row.row - 1);
        if (item.stopping > 0) setResult(database, draftId, row.row, 'waiting', null);
        continue;
      }
      const result = row.outcome === 'refused' ? 'refused' : 'confirmed';
      const { outcome, reason, shortfall, allocationId } = row;
      const answered = JSON.stringify({ outcome, reason, shortfall, allocationId });
      // A second answer to a row, to another sender on this folder say, counts nothing twice.
      if (!setResult(database, draftId, row.row, result, answered)) continue;
      counts[result] += 1;
      // Of a damaged row nobody knows how many were planned; at the end nothing is.
      answeredCredits += request.isWhole === 1 ? (request.credits ?? 0) : 0;
      if (result === 'confirmed') landMember(database, search, request, row, expiryAt, now);
    }
    search.flush();
    if (answer.balance !== null) saveBalance(database, answer.balance, now);
    saveProgress(database, item, chunk.at(-1)?.row ?? 0, answeredCredits, counts, answer.balance, now);
    if (finishIfAnswered(database, itemId, now)) return;
    if (counts.notAttempted > 0) waitForBalance(database, itemId, now);
  });
}

/** Answers whether the row had no answer before. */
function setResult(
  database: WriteDatabase,
  draftId: string,
  row: number,
  result: 'confirmed' | 'refused' | 'waiting',
  outcome: string | null,
): boolean {
  return (
    database.run(
      `update draft_rows set result = ?, outcome = ? where draft_id = ? and row_no = ? and coalesce(result, '') not in ('confirmed', 'refused')`,
      result,
      outcome,
      draftId,
      row,
    ) > 0
  );
}

/** The figures of a row's member, ahead of the feed. A new member is shown at once; the feed brings the whole of it. */
function landMember(
  database: WriteDatabase,
  search: SearchChanges,
  request: ChunkRow,
  row: RowAnswer,
  expiryAt: string,
  now: number,
): void {
  // What a replayed row did, the feed may have brought already, and even taken away again since. What a damaged one was, only the feed can tell.
  if (row.memberId === null || row.replayed || request.isWhole === 0) return;
  const known = database.get<{ found: 1 }>('select 1 as found from members where member_id = ?', row.memberId);
  if (known === undefined) {
    saveMember(
      database,
      search,
      {
        memberId: row.memberId,
        firstName: request.firstName ?? '',
        email: request.email,
        status: 'active',
        userId: null,
        creditsAssigned: 0,
        createdAt: instantAt(now),
        credits: [],
        sessions: [],
      },
      expiryAt,
    );
  }
  if (row.allocationId === null || row.credits === null || row.expiresAt === null || row.creditsAssigned === null)
    return;
  saveAllocationAhead(database, {
    allocationId: row.allocationId,
    kind: 'allocation',
    memberId: row.memberId,
    email: request.email,
    credits: row.credits,
    expiresAt: row.expiresAt,
    source: 'upload',
    note: null,
    actor: null,
    createdAt: instantAt(now),
  });
  addConfirmedCredits(
    database,
    row.memberId,
    { credits: row.credits, expiresAt: row.expiresAt, creditsAssigned: row.creditsAssigned },
    expiryAt,
  );
}

function saveProgress(
  database: WriteDatabase,
  item: OutboxRow,
  lastRow: number,
  answeredCredits: number,
  counts: { readonly confirmed: number; readonly refused: number },
  balance: number | null,
  now: number,
): void {
  const before: UploadReceipt = item.receipt === null ? noReceipt : uploadReceipt.parse(JSON.parse(item.receipt));
  const receipt: UploadReceipt = {
    ...before,
    confirmed: before.confirmed + counts.confirmed,
    refused: before.refused + counts.refused,
    balance: balance ?? before.balance,
  };
  database.run(
    // Nothing is on its way until the next chunk leaves, and none may leave: a pause or the end of the session may come here.
    `update outbox set receipt = @receipt, planned_credits = max(planned_credits - @credits, 0), attempts = 0, last_error = null,
       state = case when state = 'sending' or (state = 'checking' and stopping = 0 and committed = 0)
         then iif(in_doubt_through > @lastRow, 'checking', 'queued') else state end,
       in_doubt_through = iif(in_doubt_through <= @lastRow and not ${isDoubtUnsent}, null, in_doubt_through),
       changed_at = @at where item_id = @itemId`,
    {
      receipt: JSON.stringify(receipt),
      credits: answeredCredits,
      lastRow,
      at: instantAt(now),
      itemId: item.item_id,
    },
  );
}
