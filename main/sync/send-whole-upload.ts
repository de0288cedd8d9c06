import { setImmediate } from 'node:timers/promises';
import type { OpenDatabase } from '../cache/database.ts';
import { refusedHere, rowsInDoubt } from '../cache/land-upload.ts';
import { type OutboxRow, readItem } from '../cache/outbox.ts';
import type { UploadPayload } from '../cache/outbox-payload.ts';
import { endStopped, finishIfAnswered } from '../cache/upload-items.ts';
import {
  beginCommit,
  beginStaging,
  countThrough,
  firstWithoutReceipt,
  landCommitted,
  landRefusedWhole,
  landStaged,
  rowsWithoutReceipt,
  stageAnew,
} from '../cache/whole-uploads.ts';
import type { Failure } from '../remote/failure.ts';
import { landInParts } from './land-in-parts.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { mayPassInParts, settleFailure } from './settle-failure.ts';
import { wireRows } from './wire-row.ts';

type UploadItem = OutboxRow & { readonly draft_id: string };

/** An answer that cannot be about what was asked: asked again under the same id after a while. */
const WRONG_SHAPE = {
  kind: 'unavailable',
  error: 'wrong_shape',
  afterMs: null,
  mayHaveActed: false,
  tooSlow: false,
} as const satisfies Failure;

/** A server that has put rows away says so once; one that said it each time would be sent all of them again without end. */
const NOT_STAGED = { ...WRONG_SHAPE, error: 'not_staged', afterMs: 60_000 };

/**
 * Does the next step of an upload that takes effect as a whole or not at all: stages a chunk of rows, or has all of them applied, or
 * reads receipts. Each step is repeated under the same id when its answer was lost. Answers the failure that concerns
 * more than this item, or null.
 */
export async function sendWholeUpload(
  database: OpenDatabase,
  item: UploadItem,
  payload: UploadPayload,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  if (item.committed === 1) return readReceipts(database, item, dependencies);
  const { clock, functions, announce, chunkSize } = dependencies;
  if (item.in_doubt_through !== null && item.staged_through === 0) {
    const asked = await askRecovered(database, item, dependencies);
    if (asked !== 'unknown') return asked.ended;
  }
  const chunk = beginStaging(database, item.item_id, chunkSize.rows(), clock.now());
  if (chunk === null) {
    announce('outbox', 'drafts', 'draft_rows');
    return null;
  }
  const last = chunk.at(-1)?.row;
  if (last === undefined) return commit(database, item, dependencies);
  announce('outbox', 'drafts');
  const startedAt = clock.now();
  const answer = await functions.stageUpload(item.item_id, payload.fileName, wireRows(payload, chunk));
  // Stopped meanwhile: it has ended, and what was staged has no effect.
  if (!database.isOpen) return null;
  const hasEnded = readItem(database, item.item_id)?.state === 'confirmed';
  const now = clock.now();
  if (!answer.ok) {
    const { failure } = answer;
    if (mayPassInParts(failure)) chunkSize.tooSlow(chunk.length);
    if (hasEnded) return failure.kind === 'refused' ? null : failure;
    return settle(database, item, null, withoutEffect(failure), dependencies);
  }
  chunkSize.answered(chunk.length, now - startedAt);
  if (hasEnded) return null;
  const answered = new Set(answer.value.rows.map((row) => row.row));
  const isWhole = answered.size === chunk.length && chunk.every((row) => answered.has(row.row));
  if (!isWhole) return settle(database, item, null, WRONG_SHAPE, dependencies);
  const { staged_total: held } = answer.value;
  const sent = countThrough(database, item.draft_id, last);
  // One that was found again after a fault of the disk is staged once more: the server may hold all of it already.
  if (held > sent && held > countThrough(database, item.draft_id, Number.MAX_SAFE_INTEGER))
    return settle(database, item, null, WRONG_SHAPE, dependencies);
  if (held < sent) {
    stageAnew(database, item.item_id, now);
    return settle(database, item, null, WRONG_SHAPE, dependencies);
  }
  landStaged(database, item.item_id, last, now);
  announce('outbox', 'drafts');
  // Everything else has its turn before the next rows are read.
  await setImmediate();
  return null;
}

/**
 * An upload that was found again after a fault of the disk may have been applied: any of its rows has a receipt then. What the server does not
 * know is staged and committed again under the same id.
 */
async function askRecovered(
  database: OpenDatabase,
  item: UploadItem,
  dependencies: SendDependencies,
): Promise<'unknown' | { readonly ended: Failure | null }> {
  const { clock, functions, announce } = dependencies;
  const first = firstWithoutReceipt(database, item.draft_id);
  if (first === null) return 'unknown';
  const answer = await functions.uploadOutcomes(item.item_id, { first, last: first });
  if (!database.isOpen) return { ended: null };
  if (!answer.ok) {
    const { failure } = answer;
    // A server that cannot answer this question answers the same when the rows are staged again.
    if (failure.kind === 'outdated' || failure.kind === 'refused') return 'unknown';
    return { ended: settle(database, item, item.in_doubt_through, failure, dependencies) };
  }
  if (!answer.value.rows.some(({ row }) => row === first)) return 'unknown';
  landCommitted(database, item, answer.value.balance, clock.now());
  announce('outbox', 'drafts', 'partner');
  return { ended: null };
}

async function commit(
  database: OpenDatabase,
  item: UploadItem,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce } = dependencies;
  if (finishIfAnswered(database, item.item_id, clock.now())) {
    announce('outbox', 'drafts', 'draft_rows');
    return null;
  }
  const through = beginCommit(database, item.item_id, clock.now());
  announce('outbox', 'drafts', 'draft_rows');
  if (through === null) return null;
  const answer = await functions.commitUpload(item.item_id);
  if (!database.isOpen) return null;
  const now = clock.now();
  if (!answer.ok) return settle(database, item, through, answer.failure, dependencies);
  const { value } = answer;
  switch (value.outcome) {
    case 'committed':
      landCommitted(database, item, value.balance, now);
      break;
    case 'rows_refused':
      landRefusedWhole(
        database,
        item,
        value.refused.map(({ row, reason }) => ({ row, reason, shortfall: null })),
        value.balance,
        now,
      );
      break;
    case 'insufficient_credits': {
      const { row, shortfall } = value;
      landRefusedWhole(database, item, [{ row, reason: value.outcome, shortfall }], value.balance, now);
      break;
    }
    case 'upload_not_staged':
      stageAnew(database, item.item_id, now);
      if (item.last_error === NOT_STAGED.error) {
        return settle(database, { ...item, state: 'queued', in_doubt_through: null }, null, NOT_STAGED, dependencies);
      }
      endStopped(database, item.item_id, now);
      break;
  }
  announce('outbox', 'drafts', 'draft_rows', 'partner');
  return null;
}

/** The feed brings the members themselves; the receipts say what each row did. */
async function readReceipts(
  database: OpenDatabase,
  item: UploadItem,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce } = dependencies;
  const first = firstWithoutReceipt(database, item.draft_id);
  if (first === null) {
    finishIfAnswered(database, item.item_id, clock.now());
    announce('outbox', 'drafts');
    return null;
  }
  const answer = await functions.uploadReceipts(item.item_id, first);
  if (!database.isOpen) return null;
  if (!answer.ok) return settle(database, item, item.in_doubt_through, answer.failure, dependencies);
  const receipts = new Map(answer.value.map((receipt) => [receipt.row_no, receipt]));
  if (receipts.size === 0) return askForgotten(database, item, dependencies);
  const chunk = rowsWithoutReceipt(database, item, answer.value.at(-1)?.row_no ?? 0);
  // Read meanwhile by another sender on this folder.
  if (readItem(database, item.item_id)?.state === 'confirmed') return null;
  if (chunk.length === 0 || chunk.some(({ row }) => !receipts.has(row))) {
    return settle(database, item, item.in_doubt_through, WRONG_SHAPE, dependencies);
  }
  const rows = chunk.flatMap(({ row }) => {
    const receipt = receipts.get(row);
    if (receipt === undefined) return [];
    const { outcome, reason, shortfall, member_id, allocation_id, credits, expires_at, credits_assigned } = receipt;
    return {
      row,
      outcome,
      reason,
      shortfall,
      memberId: member_id,
      allocationId: allocation_id,
      credits,
      expiresAt: expires_at,
      creditsAssigned: credits_assigned,
      // The feed may have brought it in between.
      replayed: true,
    };
  });
  const isLanded = await landInParts(database, item.item_id, chunk, { rows, balance: null }, clock.now());
  if (isLanded) announce('outbox', 'drafts', 'draft_rows', 'members', 'allocations');
  return null;
}

/**
 * The server has applied it once and has no receipt of it: it was put back from a backup, or the list cannot be read. What it does not
 * know when it is asked by number either counts as refused, as `forgotten`: shown, and sent again when a person says so.
 */
async function askForgotten(
  database: OpenDatabase,
  item: UploadItem,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce } = dependencies;
  const rows = rowsInDoubt(database, item, Number.MAX_SAFE_INTEGER);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return null;
  const answer = await functions.uploadOutcomes(item.item_id, { first: first.row, last: last.row });
  if (!database.isOpen) return null;
  if (!answer.ok) return settle(database, item, item.in_doubt_through, answer.failure, dependencies);
  if (answer.value.rows.length > 0) return settle(database, item, item.in_doubt_through, WRONG_SHAPE, dependencies);
  const forgotten = rows.map(({ row }) => refusedHere(row, 'forgotten'));
  const { balance } = answer.value;
  const isLanded = await landInParts(database, item.item_id, rows, { rows: forgotten, balance }, clock.now());
  if (isLanded) announce('outbox', 'drafts', 'draft_rows', 'partner', 'members', 'allocations');
  return null;
}

/** Staging has no effect that anybody could doubt. */
function withoutEffect(failure: Failure): Failure {
  return failure.kind === 'unreachable' || failure.kind === 'unavailable'
    ? { ...failure, mayHaveActed: false }
    : failure;
}

function settle(
  database: OpenDatabase,
  item: UploadItem,
  attemptedThrough: number | null,
  failure: Failure,
  { clock, random, announce }: SendDependencies,
): Failure | null {
  const lasting = settleFailure(database, item, attemptedThrough, failure, clock.now(), random);
  announce('outbox', 'drafts', 'draft_rows');
  return lasting;
}
