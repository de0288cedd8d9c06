import { setImmediate } from 'node:timers/promises';
import { MAX_CREDITS_PER_ALLOCATION } from '../../shared/contract/values.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { beginChunk } from '../cache/land-upload.ts';
import { landInParts } from './land-in-parts.ts';
import { hasUnsentDoubt, hold, type OutboxRow } from '../cache/outbox.ts';
import { readPayload, uploadPayload } from '../cache/outbox-payload.ts';
import { endStopped } from '../cache/upload-items.ts';
import type { ChunkRow } from '../cache/upload-rows.ts';
import { mayBeSent } from '../cache/verify-outbox.ts';
import type { Answer, Failure } from '../remote/failure.ts';
import type { UploadAnswer } from '../remote/wire.ts';
import { askStopped, askUpload } from './ask-upload.ts';
import { readRowAnswer } from './row-answer.ts';
import type { SendDependencies } from './send-dependencies.ts';
import { sendWholeUpload } from './send-whole-upload.ts';
import { mayPassInParts, settleFailure } from './settle-failure.ts';
import { wireRows } from './wire-row.ts';

/** The server takes at most as many credits in one call. */
const MAX_CREDITS_PER_CALL = MAX_CREDITS_PER_ALLOCATION;

/**
 * Sends the next rows of an upload (or does the next step of one that is sent as a whole), in file order, under the upload's own id, and writes down their answers. Rows whose answer
 * was lost are asked for first; what the server does not know of them goes again. Answers the failure that concerns more than
 * this item, or null.
 */
export async function sendUploadChunk(
  database: OpenDatabase,
  due: OutboxRow,
  dependencies: SendDependencies,
): Promise<Failure | null> {
  const { clock, functions, announce, chunkSize } = dependencies;
  if (!mayBeSent(database, due, clock.now())) {
    announce('outbox');
    return null;
  }
  let item = due;
  const payload = readPayload(item, uploadPayload);
  const draftId = item.draft_id;
  if (payload === null || draftId === null) {
    hold(database, item.item_id, 'newer_version', clock.now());
    announce('outbox');
    return null;
  }
  if (item.stopping > 0 && item.in_doubt_through === null && item.committed === 0) {
    endStopped(database, item.item_id, clock.now());
    announce('outbox', 'drafts', 'draft_rows');
    // Everything else has its turn before the next rows are given back.
    await setImmediate();
    return null;
  }
  if (hasUnsentDoubt(item) && item.in_doubt_through !== null && item.committed === 0) {
    return askStopped(database, { ...item, draft_id: draftId, in_doubt_through: item.in_doubt_through }, dependencies);
  }
  if (payload.mode === 'all_or_nothing') {
    return sendWholeUpload(database, { ...item, draft_id: draftId }, payload, dependencies);
  }
  if (item.in_doubt_through !== null) {
    const { in_doubt_through } = item;
    const asked = await askUpload(database, { ...item, draft_id: draftId, in_doubt_through }, dependencies);
    if ('ended' in asked) return asked.ended;
    item = asked.unknown;
  }
  const limit = { rows: chunkSize.rows(), credits: MAX_CREDITS_PER_CALL };
  const chunk = beginChunk(database, item.item_id, limit, clock.now());
  if (chunk.length === 0) {
    announce('outbox', 'drafts', 'draft_rows');
    return null;
  }
  announce('outbox', 'drafts');
  const startedAt = clock.now();
  const answer = everyRowAnswered(
    chunk,
    await functions.upload(item.item_id, payload.fileName, wireRows(payload, chunk)),
  );
  // Closed meanwhile: the next start finds the rows in doubt and asks for them under the same id.
  if (!database.isOpen) return null;
  const now = clock.now();
  if (!answer.ok) {
    const { failure } = answer;
    if (mayPassInParts(failure)) chunkSize.tooSlow(chunk.length);
    const lasting = settleFailure(database, item, inDoubtThrough(item, chunk), failure, now, dependencies.random);
    announce('outbox', 'drafts', 'draft_rows', 'partner', 'members');
    return lasting;
  }
  chunkSize.answered(chunk.length, now - startedAt);
  const isLanded = await landInParts(
    database,
    item.item_id,
    chunk,
    { rows: answer.value.rows.map(readRowAnswer), balance: answer.value.balance },
    now,
  );
  if (isLanded) announce('outbox', 'drafts', 'draft_rows', 'partner', 'members', 'allocations');
  return null;
}

function inDoubtThrough(item: OutboxRow, chunk: readonly ChunkRow[]): number {
  return Math.max(item.in_doubt_through ?? 0, chunk.at(-1)?.row ?? 0);
}

/** An answer that leaves out a row, or brings a foreign one, is not believed at all: the rows stay in doubt. */
function everyRowAnswered(chunk: readonly ChunkRow[], answer: Answer<UploadAnswer>): Answer<UploadAnswer> {
  if (!answer.ok) return answer;
  const answered = new Set(answer.value.rows.map((row) => row.row));
  const isWhole = answer.value.rows.length === chunk.length && chunk.every((row) => answered.has(row.row));
  if (isWhole) return answer;
  const failure: Failure = {
    kind: 'unavailable',
    error: 'wrong_shape',
    afterMs: null,
    mayHaveActed: true,
    tooSlow: false,
  };
  return { ok: false, failure };
}
