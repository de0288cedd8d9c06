import { DatabaseDamaged } from './classify-cache-fault.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { holdRecovered } from './hold-recovered.ts';
import { type OutboxRow, readItem, readUploadToSend } from './outbox.ts';
import { noReceipt, readPayload, type UploadReceipt, uploadPayload, uploadReceipt } from './outbox-payload.ts';
import { saveBalance } from './partner.ts';
import { endStopped, setStage } from './upload-items.ts';
import { type ChunkRow, countSubmitted, requeueStrays, ROW_DAMAGED, unansweredRows } from './upload-rows.ts';

/**
 * An upload that is sent as a whole: its rows are staged chunk by chunk without any effect, then one command applies them all or
 * none, then the receipts are read. Its rows stay `queued` until the last step. Nothing is in doubt before the command is
 * on its way, so a stop before that ends it at once. Every function here is one transaction; the caller announces.
 */

type UploadItem = OutboxRow & { readonly draft_id: string };

/** A row that the server named when it refused the whole. */
export interface NamedRow {
  readonly row: number;
  readonly reason: string;
  readonly shortfall: number | null;
}

/**
 * The next rows to stage, in file order, at most `limit`; none when all are. Null where one of them is no longer what was submitted: then
 * the upload has ended without an effect, and names that row, or it is held where an earlier command may have had one; null also where it may
 * not be sent any more, since a person or another sender on this folder was there. Throws `DatabaseDamaged`.
 */
export function beginStaging(database: WriteDatabase, itemId: string, limit: number, now: number): ChunkRow[] | null {
  return database.transaction(() => {
    const item = readUploadToSend(database, itemId);
    if (item === null || item.committed === 1) return null;
    const rows = unansweredRows(database, item, { after: item.staged_through, limit });
    const damaged = rows.filter(({ isWhole }) => isWhole === 0);
    if (damaged.length > 0) {
      if (item.in_doubt_through !== null) {
        holdRecovered(database, item.item_id, now);
        return null;
      }
      const named = damaged.map(({ row }) => ({ row, reason: ROW_DAMAGED, shortfall: null }));
      landRefusedWhole(database, item, named, null, now);
      return null;
    }
    if (rows.length > 0) markOnItsWay(database, item, now);
    return rows;
  });
}

/** How many rows up to this one the server is to hold. */
export function countThrough(database: ReadDatabase, draftId: string, row: number): number {
  const sql = `select count(*) as rows from draft_rows where draft_id = ? and result = 'queued' and row_no <= ?`;
  return database.get<{ rows: number }>(sql, draftId, row)?.rows ?? 0;
}

/** The rows up to `row` wait on the server. Whoever paused meanwhile stays paused. That they had been put away there is remembered until they are applied. */
export function landStaged(database: WriteDatabase, itemId: string, row: number, now: number): void {
  database.run(
    `update outbox set staged_through = ?, attempts = 0, last_error = iif(last_error = 'not_staged', last_error, null), changed_at = ?,
       state = iif(state = 'sending', 'queued', state) where item_id = ? and state <> 'confirmed'`,
    row,
    instantAt(now),
    itemId,
  );
}

/** The server holds fewer rows than were sent (it clears what is left alone for a week), and has applied none: stage anew. */
export function stageAnew(database: WriteDatabase, itemId: string, now: number): void {
  database.run(
    `update outbox set staged_through = 0, in_doubt_through = null, last_error = 'not_staged', changed_at = ?,
       state = iif(state in ('sending', 'checking'), 'queued', state) where item_id = ? and state <> 'confirmed'`,
    instantAt(now),
    itemId,
  );
}

/** As `stageAnew`, but what an earlier command may have done stays in doubt: it is asked for before anything else. */
function askAndStageAnew(database: WriteDatabase, itemId: string, now: number): void {
  database.run(
    `update outbox set staged_through = 0, changed_at = ?, state = iif(state = 'held', state, iif(in_doubt_through is null, 'queued', 'checking'))
     where item_id = ?`,
    instantAt(now),
    itemId,
  );
}

/**
 * Records, before it leaves, that the command is on its way. Answers the last row that it may apply; null where a row is lost: all are applied, or
 * none, so the upload ends without an effect, or is held where an earlier command may have had one; null also where it may not be sent any more. Throws `DatabaseDamaged` where a row is missing in its index.
 */
export function beginCommit(database: WriteDatabase, itemId: string, now: number): number | null {
  return database.transaction(() => {
    const item = readUploadToSend(database, itemId);
    if (item === null || item.committed === 1) return null;
    const rows = readPayload(item, uploadPayload)?.rows ?? 0;
    const unanswered = countThrough(database, item.draft_id, Number.MAX_SAFE_INTEGER);
    if (unanswered < rows) {
      if (countSubmitted(database, item.draft_id).unanswered > unanswered) {
        throw new DatabaseDamaged('a row of an upload is missing in its index');
      }
      // The server knows those again that are staged already.
      if (requeueStrays(database, item.draft_id) !== null) askAndStageAnew(database, item.item_id, now);
      // An earlier command may have applied all: a person decides, who sees that.
      else if (item.in_doubt_through !== null) holdRecovered(database, item.item_id, now);
      else landRefusedWhole(database, item, [], null, now);
      return null;
    }
    const last = database.get<{ row: number | null }>(
      `select max(row_no) as row from draft_rows where draft_id = ? and result = 'queued'`,
      item.draft_id,
    );
    const through = last?.row ?? 0;
    markOnItsWay(database, item, now);
    database.run('update outbox set in_doubt_through = @through, sent_through = @through where item_id = @itemId', {
      itemId,
      through,
    });
    return through;
  });
}

/**
 * Every row was applied: nothing can be paused or stopped any more. The receipts are still to be read, unless another sender on this folder
 * has read them already.
 */
export function landCommitted(database: WriteDatabase, item: UploadItem, balance: number, now: number): void {
  database.transaction(() => {
    const stored = readItem(database, item.item_id);
    if (stored === undefined || stored.state === 'confirmed') return;
    // Of one that was found again after a fault of the disk, or by another sender on this folder, some receipts may be here.
    const before = stored.receipt === null ? noReceipt : uploadReceipt.parse(JSON.parse(stored.receipt));
    const receipt: UploadReceipt = { ...before, balance };
    database.run(
      `update outbox set committed = 1, stopping = 0, planned_credits = 0, receipt = ?, state = 'checking', held_reason = null,
         attempts = 0, next_attempt_at = null, last_error = null, changed_at = ? where item_id = ?`,
      JSON.stringify(receipt),
      instantAt(now),
      item.item_id,
    );
    saveBalance(database, balance, now);
    setStage(database, item.draft_id, 'sending', now);
  });
}

/**
 * The server refused the whole, for ever under this id: the rows it named get its reasons, all others come back as not sent, a
 * part of many at once. The upload has ended then; its rows can be corrected and sent as another. `balance`: null where it told none.
 */
export function landRefusedWhole(
  database: WriteDatabase,
  item: UploadItem,
  named: readonly NamedRow[],
  balance: number | null,
  now: number,
): void {
  database.transaction(() => {
    // Answered once already, to another sender on this folder say, it counts nothing twice.
    const stored = readItem(database, item.item_id);
    if (stored === undefined || stored.state === 'confirmed' || stored.committed === 1) return;
    let refused = 0;
    for (const { row, reason, shortfall } of named) {
      refused += database.run(
        `update draft_rows set result = 'refused', outcome = ? where draft_id = ? and row_no = ? and result = 'queued'`,
        JSON.stringify({ outcome: 'refused', reason, shortfall, allocationId: null }),
        item.draft_id,
        row,
      );
    }
    const before = stored.receipt === null ? noReceipt : uploadReceipt.parse(JSON.parse(stored.receipt));
    const receipt: UploadReceipt = { ...before, refused: before.refused + refused, balance };
    // As one that a person stopped: it ends before its rows had any effect. The next steps give them back.
    database.run(
      `update outbox set receipt = ?, stopping = 1, in_doubt_through = null, state = 'checking', attempts = 0, next_attempt_at = null,
         last_error = null, changed_at = ? where item_id = ?`,
      JSON.stringify(receipt),
      instantAt(now),
      item.item_id,
    );
    if (balance !== null) saveBalance(database, balance, now);
    endStopped(database, item.item_id, now);
  });
}

/** The number of the first row without a receipt; null when every row has one. */
export function firstWithoutReceipt(database: ReadDatabase, draftId: string): number | null {
  const sql = `select min(row_no) as row from draft_rows where draft_id = ? and result = 'queued'`;
  return database.get<{ row: number | null }>(sql, draftId)?.row ?? null;
}

/** The rows without a receipt up to `through`, in order. */
export function rowsWithoutReceipt(database: ReadDatabase, item: UploadItem, through: number): ChunkRow[] {
  return unansweredRows(database, item, { through, limit: -1 });
}

function markOnItsWay(database: WriteDatabase, item: UploadItem, now: number): void {
  database.run(
    `update outbox set state = 'sending', held_reason = null, next_attempt_at = null, attempts = attempts + 1, changed_at = ?
     where item_id = ?`,
    instantAt(now),
    item.item_id,
  );
  setStage(database, item.draft_id, 'sending', now);
}
