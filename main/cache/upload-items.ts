import { randomUUID } from 'node:crypto';
import type { UploadMode } from '../../shared/contract/uploads.ts';
import { DatabaseDamaged } from './classify-cache-fault.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import { readTallies } from './draft-tallies.ts';
import { clearsNames } from './clears-names.ts';
import { readDraft } from './drafts.ts';
import { instantAt } from './instant.ts';
import type { OutboxRow } from './outbox.ts';
import {
  noReceipt,
  PAYLOAD_VERSION,
  readPayload,
  type UploadPayload,
  uploadPayload,
  uploadReceipt,
} from './outbox-payload.ts';
import { countSubmitted, expectUnanswered, requeueStrays, sealOfRow, type UploadItem } from './upload-rows.ts';

/**
 * The outbox item of an upload and the life of its rows. `draft_rows.result` goes null → queued → confirmed | refused, or
 * queued → waiting when the upload is stopped before the row was sent. Every function here is one transaction (a
 * savepoint inside the caller's); the caller announces `outbox`, `drafts`, `draft_rows` after its commit and wakes the sender.
 */

/** `draft_rows.severity`: 0 nothing found, 1 warnings, 2 at least one error. */
const ERROR_SEVERITY = 2;
const isReady = `(skipped = 0 and severity < ${ERROR_SEVERITY})`;

/** Of an upload that a person steers. */
interface Steered {
  readonly draft_id: string;
}

/** Rows of a stopped upload that are given back at once: a few milliseconds. */
const GIVEN_BACK_AT_ONCE = 500;

/**
 * Marks the ready rows (no error, not skipped) behind one row, up to another, as `queued`, and seals them for that `submission`: the preparation of `queueUpload`, in pieces. Until then a
 * mark means nothing; one that is left of a submission that was cut off goes. Never marks a row that was confirmed, nor one of a draft that was
 * submitted meanwhile, by another console on this folder.
 */
export function markReadyRows(
  database: WriteDatabase,
  draftId: string,
  rows: { readonly after: number; readonly through: number },
  submission: string,
): void {
  database.run(
    // One that was confirmed has had its effect, however its draft came to be submitted again.
    `update draft_rows set result = iif(${isReady}, 'queued', null), outcome = null, seal = iif(${isReady}, ${sealOfRow}, null)
     where draft_id = @draftId and row_no > @after and row_no <= @through and result is not 'confirmed'
       and (result is not null or ${isReady})
       and exists (select 1 from drafts where draft_id = @draftId and item_id is null)`,
    { draftId, submission, ...rows },
  );
}

/**
 * Marks and seals the ready rows of a submitted draft that are not marked: the commit of its submission, or its end, was cut off or lost. Only
 * where the draft still has just the rows and credits that were submitted.
 */
export function markUnmarked(
  database: WriteDatabase,
  draftId: string,
  submitted: { readonly rows: number; readonly credits: number; readonly submission: string },
): void {
  const ready = database.get<{ rows: number; credits: number; unmarked: number }>(
    `select count(*) as rows, coalesce(sum(credits), 0) as credits, count(*) filter (where result is null) as unmarked
     from draft_rows where draft_id = ? and ${isReady}`,
    draftId,
  );
  if (ready === undefined || ready.unmarked === 0) return;
  if (ready.rows !== submitted.rows || ready.credits !== submitted.credits) return;
  database.run(
    `update draft_rows set result = 'queued', seal = ${sealOfRow} where draft_id = @draftId and result is null and ${isReady}`,
    { draftId, submission: submitted.submission },
  );
}

/**
 * Puts the marked rows of a draft into the outbox as one item, under an id minted here. Sets the draft's stage and `item_id`. `now` in
 * milliseconds. Answers the item's id. Throws when no row is marked, or the draft was submitted
 * meanwhile, by another console on this folder: the caller has to ask before.
 */
export function queueUpload(
  database: WriteDatabase,
  draftId: string,
  now: number,
  mode: UploadMode,
  submission: string,
): string {
  return database.transaction(() => {
    const queued = { rows: 0, credits: 0 };
    for (const tally of readTallies(database, draftId)) {
      if (tally.result !== 'queued') continue;
      queued.rows += tally.rows;
      queued.credits += tally.credits;
    }
    const draft = readDraft(database, draftId);
    if (draft === undefined || draft.item_id !== null || queued.rows === 0) {
      throw new Error('an upload needs a draft of its own with at least one ready row');
    }
    const itemId = randomUUID();
    const at = instantAt(now);
    const payload: UploadPayload = {
      draftId,
      fileName: draft.file_name,
      ...queued,
      mode,
      clearsNames: clearsNames(draft),
      submission,
    };
    database.run(
      `insert into outbox (item_id, sequence, kind, payload_version, payload, state, draft_id, planned_credits, queued_at, changed_at)
       values (@itemId, (select coalesce(max(sequence), 0) + 1 from outbox), 'upload_members', @version, @payload, 'queued', @draftId, @credits, @at, @at)`,
      {
        itemId,
        version: PAYLOAD_VERSION,
        payload: JSON.stringify(payload),
        draftId,
        credits: queued.credits,
        at,
      },
    );
    database.run(
      `update drafts set item_id = ?, mode = ?, stage = 'queued', changed_at = ? where draft_id = ?`,
      itemId,
      mode,
      at,
      draftId,
    );
    return itemId;
  });
}

/**
 * Holds an upload back after the chunk that is on its way. False when it has ended, or it is
 * being stopped already, or every row was applied and only the receipts are to come.
 */
export function pauseUpload(database: WriteDatabase, itemId: string, now: number): boolean {
  return database.transaction(() => {
    const paused = database.get<Steered>(
      `update outbox set state = 'held', held_reason = 'paused', next_attempt_at = null, changed_at = ?
       where item_id = ? and state in ('queued', 'sending', 'checking', 'held') and stopping = 0 and committed = 0 returning draft_id`,
      instantAt(now),
      itemId,
    );
    if (paused !== undefined) setStage(database, paused.draft_id, 'paused', now);
    return paused !== undefined;
  });
}

/**
 * Lets an upload go on under its own id: paused by the person, waiting for balance, or refused as a whole by the server (its
 * rows are safe to send again). False when none is.
 */
export function resumeUpload(database: WriteDatabase, itemId: string, now: number): boolean {
  return database.transaction(() => {
    const resumed = database.get<Steered>(
      // Rows in doubt are asked for again first: to the person that is "checking", not "queued".
      `update outbox set state = iif(in_doubt_through is null, 'queued', 'checking'), held_reason = null,
         refusal = null, next_attempt_at = null, changed_at = ?
       where item_id = ? and (state = 'refused' or (state = 'held' and held_reason in ('paused', 'insufficient_credits', 'signed_out', 'outdated_client', 'recovered')))
       returning draft_id`,
      instantAt(now),
      itemId,
    );
    if (resumed !== undefined) setStage(database, resumed.draft_id, 'queued', now);
    return resumed !== undefined;
  });
}

/**
 * Begins to end an upload: from now on no further row is sent. Rows that were never sent become `waiting` by `endStopped`; rows whose
 * answer is still out stay `queued` until it is here (the item is "checking" meanwhile), because they may have taken effect. Of an upload
 * that was found again after a fault of the disk, those that were not sent since are asked for and not sent again: they may never have been.
 * False when it has ended.
 */
export function stopUpload(database: WriteDatabase, itemId: string, now: number): boolean {
  return database.transaction(() => {
    const stopped = database.get<Steered>(
      `update outbox set stopping = 1, held_reason = null, refusal = null, next_attempt_at = null, changed_at = ?,
         state = iif(state = 'sending', 'sending', 'checking')
       where item_id = ? and state <> 'confirmed' returning draft_id`,
      instantAt(now),
      itemId,
    );
    if (stopped !== undefined) setStage(database, stopped.draft_id, 'sending', now);
    return stopped !== undefined;
  });
}

/**
 * Of an upload that is being stopped, the next `limit` rows that are not in doubt become `waiting`; it ends when none is left. To be
 * called again while it answers true, and whenever an attempt has shown which rows had no effect. Answers whether there are more
 * such rows; false for any other upload. Throws `DatabaseDamaged`.
 */
export function endStopped(
  database: WriteDatabase,
  itemId: string,
  now: number,
  limit: number = GIVEN_BACK_AT_ONCE,
): boolean {
  return database.transaction(() => {
    const item = database.get<UploadItem & Pick<OutboxRow, 'in_doubt_through'>>(
      `select draft_id, payload, payload_version, in_doubt_through from outbox where item_id = ? and stopping > 0 and state <> 'confirmed'`,
      itemId,
    );
    if (item === undefined) return false;
    const rows = database.all<{ row_no: number; credits: number | null }>(
      `select row_no, credits from draft_rows indexed by draft_rows_by_result where draft_id = ? and result = 'queued' and row_no > ? order by row_no limit ?`,
      item.draft_id,
      item.in_doubt_through ?? -1,
      limit,
    );
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined && last !== undefined) {
      // Not by the index: it is the row itself that says whether it was confirmed.
      const given = database.run(
        `update draft_rows not indexed set result = 'waiting' where draft_id = ? and result = 'queued' and row_no between ? and ?`,
        item.draft_id,
        first.row_no,
        last.row_no,
      );
      if (given !== rows.length) throw new DatabaseDamaged('the index of the rows of an upload');
      database.run(
        'update outbox set planned_credits = max(planned_credits - ?, 0) where item_id = ?',
        rows.reduce((sum, row) => sum + (row.credits ?? 0), 0),
        itemId,
      );
    }
    if (rows.length === limit) return true;
    if (!finishIfAnswered(database, itemId, now)) expectUnanswered(database, item);
    return false;
  });
}

/** Of an upload that is being stopped, rows that the server does not know: they had no effect. One transaction. */
export function giveBackRows(database: WriteDatabase, itemId: string, rows: readonly number[], now: number): void {
  const numbers = JSON.stringify(rows);
  database.transaction(() => {
    const given = database.all<{ credits: number | null }>(
      `update draft_rows not indexed set result = 'waiting' where draft_id = (select draft_id from outbox where item_id = ?)
         and result = 'queued' and row_no in (select value from json_each(?)) returning credits`,
      itemId,
      numbers,
    );
    database.run(
      'update outbox set planned_credits = max(planned_credits - ?, 0), changed_at = ? where item_id = ?',
      given.reduce((sum, { credits }) => sum + (credits ?? 0), 0),
      instantAt(now),
      itemId,
    );
    finishIfAnswered(database, itemId, now);
  });
}

/** Holds an upload until there is balance for its next row. Not one that is being stopped: its rows in doubt are still to be asked for. */
export function waitForBalance(database: WriteDatabase, itemId: string, now: number): void {
  const item = database.get<{ draft_id: string }>(
    `update outbox set state = 'held', held_reason = 'insufficient_credits', next_attempt_at = null, changed_at = ?
     where item_id = ? and stopping = 0 and state not in ('held', 'confirmed') returning draft_id`,
    instantAt(now),
    itemId,
  );
  if (item !== undefined) setStage(database, item.draft_id, 'paused', now);
}

/** The server has refused an upload as a whole while no row was in doubt: none of its rows had an effect. */
export function settleRefusedUpload(database: WriteDatabase, itemId: string, draftId: string, now: number): void {
  // Its receipts may be here by another sender on this folder.
  if (database.run(`update outbox set in_doubt_through = null where item_id = ? and state = 'refused'`, itemId) === 0)
    return;
  setStage(database, draftId, 'paused', now);
  endStopped(database, itemId, now);
}

/**
 * Lets the oldest upload go on that waits for balance, once the balance has grown since it was held and pays its next row. A
 * balance that has not grown is left alone: its rest would go to cheaper rows further down the file. Answers how many go on.
 */
export function resumePayable(database: WriteDatabase, now: number): number {
  const payable = database.get<{ item_id: string }>(
    `select outbox.item_id from outbox join partner on partner.balance > coalesce(outbox.receipt ->> 'balance', 0)
     where outbox.state = 'held' and outbox.held_reason = 'insufficient_credits'
       and partner.balance >= (select coalesce(credits, 0) from draft_rows indexed by draft_rows_by_result
         where draft_rows.draft_id = outbox.draft_id and result = 'queued' order by row_no limit 1)
     order by outbox.sequence limit 1`,
  );
  return payable !== undefined && resumeUpload(database, payable.item_id, now) ? 1 : 0;
}

/**
 * Ends the item when none of its rows waits for an answer any more: `confirmed` with its counts; the draft is `done`, or
 * `stopped` when the person stopped it. Answers whether it ended. Throws `DatabaseDamaged` where rows without an answer are in no index.
 */
export function finishIfAnswered(database: WriteDatabase, itemId: string, now: number): boolean {
  const item = database.get<OutboxRow & { readonly draft_id: string }>(
    `select * from outbox where item_id = ? and not exists
       (select 1 from draft_rows where draft_rows.draft_id = outbox.draft_id and result = 'queued')`,
    itemId,
  );
  if (item === undefined || (item.state !== 'confirmed' && !accountForRows(database, item))) return false;
  database.run(
    `update outbox set state = 'confirmed', held_reason = null, next_attempt_at = null, in_doubt_through = null, last_error = null,
       planned_credits = 0, changed_at = ? where item_id = ?`,
    instantAt(now),
    itemId,
  );
  setStage(database, item.draft_id, item.stopping > 0 ? 'stopped' : 'done', now);
  return true;
}

/**
 * Whether every row of an upload has its answer, was given back, or is known to be lost: one that vanished from its index looks as if it had been
 * sent. Rows whose result is none wait again, in doubt; what is not there any more is written down as lost.
 */
function accountForRows(database: WriteDatabase, item: OutboxRow & { readonly draft_id: string }): boolean {
  const receipt = item.receipt === null ? noReceipt : uploadReceipt.parse(JSON.parse(item.receipt));
  const waiting = readTallies(database, item.draft_id)
    .filter(({ result }) => result === 'waiting')
    .reduce((sum, { rows }) => sum + rows, 0);
  const rows = readPayload(item, uploadPayload)?.rows ?? 0;
  const missing = rows - receipt.confirmed - receipt.refused - receipt.lost - waiting;
  if (missing <= 0) return true;
  if (countSubmitted(database, item.draft_id).unanswered > 0) {
    throw new DatabaseDamaged('a row of an upload is missing in its index');
  }
  const stray = requeueStrays(database, item.draft_id);
  if (stray === null) {
    const counted = JSON.stringify({ ...receipt, lost: receipt.lost + missing });
    database.run('update outbox set receipt = ? where item_id = ?', counted, item.item_id);
    return true;
  }
  database.run(
    // Every other row has its answer. Of one that is stopped it is not sent again, only asked for.
    `update outbox set in_doubt_through = max(coalesce(in_doubt_through, 0), ?), state = iif(state = 'held', state, 'checking'),
       sent_through = null where item_id = ?`,
    stray,
    item.item_id,
  );
  return false;
}

/** The draft from which an upload was sent, while it is on this computer; null for any other. */
export function draftOfUpload(database: ReadDatabase, itemId: string): string | null {
  return database.get<{ draft_id: string }>('select draft_id from drafts where item_id = ?', itemId)?.draft_id ?? null;
}

/** Whether this computer still has rows of the upload to send, or to ask for. */
export function isUploadOpen(database: ReadDatabase, itemId: string): boolean {
  return (
    database.get<{ found: 1 }>(
      `select 1 as found from outbox where item_id = ? and kind = 'upload_members' and state <> 'confirmed'`,
      itemId,
    ) !== undefined
  );
}

/** Removes the item of an upload that has ended: its draft goes, and without rows it says nothing. */
export function forgetEndedUpload(database: WriteDatabase, draftId: string): void {
  database.run(`delete from outbox where draft_id = ? and state = 'confirmed'`, draftId);
}

/** Where the draft of an upload stands, for the list of uploads. */
export function setStage(
  database: WriteDatabase,
  draftId: string,
  stage: 'fix' | 'queued' | 'sending' | 'paused' | 'stopped' | 'done',
  now: number,
): void {
  database.run('update drafts set stage = ?, changed_at = ? where draft_id = ?', stage, instantAt(now), draftId);
}
