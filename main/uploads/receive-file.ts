import { randomUUID } from 'node:crypto';
import type { DraftDetail, FileAnalysis, ReadingOptions } from '../../shared/contract/uploads.ts';
import { failureText } from '../../shared/file-failure.ts';
import { err, ok } from '../../shared/result.ts';
import { deleteDraft, insertDraft, updateDraft, type DraftRecord } from '../cache/drafts.ts';
import { readRememberedColumns } from '../cache/remembered-columns.ts';
import type { SourceFacts } from '../../shared/csv/detect-encoding.ts';
import { analyseSource } from './analyse-source.ts';
import { Cancelled } from './cancelled.ts';
import { draftDetail, storedAnalysis } from './draft-detail.ts';
import { createDraftsFolder, removeSource, sourceFile } from './draft-files.ts';
import { findDraft, isBusy, type OpenDraft, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { readSourceFacts } from './source-facts.ts';
import { Transfer, type ReceivedSource } from './transfer.ts';

/** The largest file that is taken, and the largest piece of it. In bytes. */
const MAX_FILE_BYTES = 4_294_967_296;
const MAX_PIECE_BYTES = 1_048_576;

/** Begins a draft whose file follows in pieces. Errors: `unreadable_file` (`empty`, `too_large`). */
export async function beginDraft(
  uploads: OpenUploads,
  file: { readonly fileName: string; readonly size: number },
  now: number,
): Promise<UploadResult<{ draftId: string }>> {
  if (file.size === 0) return err({ code: 'unreadable_file', reason: 'empty' });
  if (file.size > MAX_FILE_BYTES) return err({ code: 'unreadable_file', reason: 'too_large' });
  const draftId = randomUUID();
  createDraftsFolder(uploads.folder);
  const transfer = await Transfer.begin(sourceFile(uploads.folder, draftId), file.size);
  uploads.transfers.set(draftId, transfer);
  insertDraft(uploads.database, { draftId, fileName: file.fileName, stage: 'receiving' }, now);
  return ok({ draftId });
}

/** Takes the next piece. Errors: `not_found`, `conflict` (not receiving), `invalid_input` (more than was announced). */
export async function appendPiece(
  uploads: OpenUploads,
  draftId: string,
  bytes: Uint8Array,
): Promise<UploadResult<{ received: number }>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const transfer = uploads.transfers.get(draftId);
  if (transfer === undefined) return err({ code: 'conflict', what: 'draft_busy' });
  if (bytes.length > MAX_PIECE_BYTES) return err({ code: 'invalid_input', field: 'bytes', reason: 'too_large' });
  if (transfer.received + bytes.length > transfer.size) {
    return err({ code: 'invalid_input', field: 'bytes', reason: 'more_than_announced' });
  }
  try {
    await transfer.append(bytes);
  } catch (error) {
    // A piece that did not reach the disk leaves a gap: the file is given up, which also frees its space on a full disk.
    uploads.transfers.delete(draftId);
    await transfer.abandon();
    removeSource(uploads.folder, draftId);
    deleteDraft(uploads.database, draftId);
    throw error;
  }
  return ok({ received: transfer.received });
}

/**
 * Ends the transfer, if it is still going on, and recognises encoding, separator and columns (or takes `options`).
 * Errors: those of `analyseSource` (`cancelled` when it was stopped or somebody chose
 * otherwise meanwhile: nothing changes then); `invalid_input` when less has arrived than was announced; `conflict` while the file
 * is being read or after it was submitted. A file that cannot be read keeps its draft, with the reason as its failure. Rows that were
 * read stay as they are.
 */
export async function analyseDraft(
  uploads: OpenUploads,
  draftId: string,
  options: ReadingOptions | null,
  now: number,
): Promise<UploadResult<DraftDetail>> {
  const found = findUnread(uploads, draftId);
  if (!found.ok) return found;
  if (found.value.draft.stage !== 'receiving' && found.value.draft.fingerprint === null) return noSource();
  // The end of the transfer is being written at this moment, for somebody who asked before.
  if (found.value.draft.stage === 'receiving' && !uploads.transfers.has(draftId)) {
    return err({ code: 'conflict', what: 'draft_busy' });
  }
  const look = beginLook(uploads, draftId);
  const received = await endTransfer(uploads, draftId);
  if (!received.ok) return received;
  if (received.value !== null) {
    const { fingerprint } = received.value;
    updateDraft(uploads.database, draftId, { stage: 'columns', fingerprint }, now);
  }
  const analysis = await lookAt(uploads, draftId, look, options, received.value?.facts ?? null);
  // What became of the draft meanwhile.
  const still = findUnread(uploads, draftId);
  if (!still.ok) return still;
  if (!analysis.ok && analysis.error.code === 'cancelled') return analysis;
  if (!analysis.ok) {
    // Rows that were read otherwise before stay as they are.
    if (still.value.draft.stage === 'fix') return analysis;
    const failure = analysis.error.code === 'unreadable_file' ? failureText(analysis.error) : analysis.error.code;
    updateDraft(uploads.database, draftId, { stage: 'columns', failure }, now);
    return analysis;
  }
  storeAnalysis(uploads, still.value.draft, analysis.value, now);
  return ok(draftDetail(uploads, draftId));
}

/** A draft whose rows are neither submitted nor being read. */
function findUnread(uploads: OpenUploads, draftId: string): UploadResult<OpenDraft> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  if (found.value.draft.item_id !== null) return err({ code: 'conflict', what: 'draft_submitted' });
  if (isBusy(uploads, draftId)) return err({ code: 'conflict', what: 'draft_busy' });
  return found;
}

/** Rows that were corrected out of an earlier upload have no file of their own to read again. */
export function noSource(): UploadResult<never> {
  return err({ code: 'invalid_input', field: 'draftId', reason: 'rows_of_an_earlier_upload' });
}

async function endTransfer(uploads: OpenUploads, draftId: string): Promise<UploadResult<ReceivedSource | null>> {
  const transfer = uploads.transfers.get(draftId);
  if (transfer === undefined) return ok(null);
  if (transfer.received < transfer.size) {
    return err({ code: 'invalid_input', field: 'bytes', reason: 'less_than_announced' });
  }
  uploads.transfers.delete(draftId);
  return ok(await transfer.finish());
}

/** One look at a time: what was chosen last counts. */
function beginLook(uploads: OpenUploads, draftId: string): AbortController {
  uploads.looks.get(draftId)?.abort();
  const look = new AbortController();
  uploads.looks.set(draftId, look);
  return look;
}

/** Looks at the file of a draft. */
async function lookAt(
  uploads: OpenUploads,
  draftId: string,
  look: AbortController,
  options: ReadingOptions | null,
  facts: SourceFacts | null,
): Promise<UploadResult<FileAnalysis>> {
  const file = sourceFile(uploads.folder, draftId);
  const stopWhenCancelled = (): void => {
    if (look.signal.aborted) throw new Cancelled();
  };
  try {
    return await analyseSource({
      file,
      options,
      earlier: readRememberedColumns(uploads.database),
      facts: async () => facts ?? (await readSourceFacts(file, stopWhenCancelled)),
      stopWhenCancelled,
    });
  } finally {
    if (uploads.looks.get(draftId) === look) uploads.looks.delete(draftId);
  }
}

/** Rows that were read stay with their corrections until they are read again: the look is held beside them. */
function storeAnalysis(uploads: OpenUploads, draft: DraftRecord, analysis: FileAnalysis, now: number): void {
  const { encoding, separator, sheet } = analysis;
  const draftId = draft.draft_id;
  if (draft.stage === 'fix') {
    const asRead = storedAnalysis(draft);
    const isAsRead = asRead?.encoding === encoding && asRead.separator === separator && asRead.sheet === sheet;
    if (isAsRead) uploads.otherLooks.delete(draftId);
    else uploads.otherLooks.set(draftId, analysis);
    return;
  }
  const fields = { stage: 'columns', encoding, separator, sheet, failure: null, mapping: null } as const;
  updateDraft(uploads.database, draftId, { ...fields, analysis: JSON.stringify(analysis) }, now);
}

/** Ends every transfer of an account that is being closed: their files are incomplete and go with the next opening. */
export async function abandonTransfers(uploads: OpenUploads): Promise<void> {
  for (const [draftId, transfer] of uploads.transfers) {
    await transfer.abandon();
    removeSource(uploads.folder, draftId);
  }
  uploads.transfers.clear();
}
