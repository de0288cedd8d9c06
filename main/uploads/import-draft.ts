import { statSync } from 'node:fs';
import type { ParsedInput } from '../../shared/contract/bridge.ts';
import type { ColumnMapping, DraftDetail, FileAnalysis, UploadField } from '../../shared/contract/uploads.ts';
import { err, ok } from '../../shared/result.ts';
import { withoutCheckpoints } from '../cache/checkpoints.ts';
import { readDraft, updateDraft } from '../cache/drafts.ts';
import { rememberColumns } from '../cache/remembered-columns.ts';
import { failureText } from '../../shared/file-failure.ts';
import { foldHeader } from '../../shared/csv/header-names.ts';
import { ownColumns } from '../../shared/csv/own-columns.ts';
import { draftDetail, otherLook, storedAnalysis } from './draft-detail.ts';
import { sourceFile } from './draft-files.ts';
import type { ImportReport } from './import-job.ts';
import { findDraft, isBusy, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { noSource } from './receive-file.ts';
import { runImport } from './run-import.ts';
import type { UploadDependencies } from './upload-dependencies.ts';

/** How often progress crosses the bridge, at most. Milliseconds. */
const PROGRESS_INTERVAL = 100;

/**
 * Reads and checks every row in a worker thread and answers when all is stored. Reading again replaces the rows and with
 * them every edit, once it is known that the file can be read so; else they stay. What a person chose for the columns is remembered. Errors: `unreadable_file`, `invalid_input` (mapping), `conflict`, `cancelled`, `cache_unavailable`.
 */
export async function importDraft(
  dependencies: UploadDependencies,
  uploads: OpenUploads,
  input: ParsedInput<'uploads.importRows'>,
  columnsFrom: 'person' | 'receipts' = 'person',
): Promise<UploadResult<DraftDetail>> {
  const { draftId, options, mapping, clearBlank } = input;
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  if (draft.item_id !== null) return err({ code: 'conflict', what: 'draft_submitted' });
  if (isBusy(uploads, draftId) || uploads.transfers.has(draftId)) {
    return err({ code: 'conflict', what: 'draft_busy' });
  }
  if (draft.fingerprint === null) return noSource();
  const analysis = otherLook(uploads, draft) ?? storedAnalysis(draft);
  if (analysis === null) return err({ code: 'invalid_input', field: 'draftId', reason: 'not_analysed' });
  const fault = mappingFault(mapping);
  if (fault !== null) return fault;

  uploads.looks.get(draftId)?.abort();
  const now = dependencies.clock.now();
  const chosen = JSON.stringify({ ...analysis, ...options });
  const hasRows = draft.stage === 'fix';
  if (!hasRows) updateDraft(uploads.database, draftId, { failure: null, analysis: chosen, ...options }, now);
  const file = sourceFile(uploads.folder, draftId);
  const running = runImport(
    dependencies.importWorker,
    {
      databaseFile: uploads.database.file,
      writers: uploads.database.writers,
      sourceFile: file,
      draftId,
      options,
      mapping,
      clearBlank,
      hasRows,
      analysis: chosen,
      now,
    },
    progress(dependencies, draftId, statSync(file).size),
  );
  uploads.imports.set(draftId, running);
  const thread = withoutCheckpoints(uploads.database, () => running.gone);
  uploads.threads.add(thread);
  void thread.then(() => uploads.threads.delete(thread));
  dependencies.announce('drafts');
  try {
    const result = await running.ended;
    const stands = readDraft(uploads.database, draftId);
    // Cut off when the rows were given up, the draft stands as it was looked at.
    if (result.ok || stands?.stage !== 'fix') uploads.otherLooks.delete(draftId);
    if (!result.ok) {
      if (result.error.code === 'unreadable_file' && stands?.stage === 'columns') {
        updateDraft(uploads.database, draftId, { failure: failureText(result.error) }, dependencies.clock.now());
      }
      return result;
    }
    const isOther = !analysis.allMatched || mapping.some((field, column) => field !== analysis.mapping[column]);
    if (isOther && columnsFrom === 'person') rememberColumns(uploads.database, choicesByHeader(analysis, mapping));
  } finally {
    uploads.imports.delete(draftId);
    dependencies.announce('drafts', 'draft_rows');
  }
  return ok(draftDetail(uploads, draftId));
}

/**
 * Stops a reading and waits for its thread, or stops looking at the file; nothing happens when neither goes on. The draft then
 * stands where it stood, or at its columns when its rows were being replaced.
 */
export async function cancelImport(uploads: OpenUploads, draftId: string): Promise<UploadResult<DraftDetail>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  uploads.looks.get(draftId)?.abort();
  const running = uploads.imports.get(draftId);
  if (running !== undefined) {
    running.cancel();
    await running.ended;
    uploads.imports.delete(draftId);
  }
  return ok(draftDetail(uploads, draftId));
}

/** Stops every reading, and every look at a file, of an account that is being closed. */
export async function stopImports(uploads: OpenUploads): Promise<void> {
  for (const look of uploads.looks.values()) look.abort();
  const running = [...uploads.imports.values()];
  for (const it of running) it.cancel();
  await Promise.allSettled(running.map((it) => it.ended));
  await Promise.all(uploads.threads);
  uploads.imports.clear();
}

/** What a person has seen and let stand of a file's columns, by header. Our own in a file of ours say nothing of those of others. */
function choicesByHeader(analysis: FileAnalysis, mapping: ColumnMapping): Map<string, UploadField> {
  const own = new Set(ownColumns(analysis.columns));
  const choices = analysis.columns.flatMap(({ header }, column): [string, UploadField][] =>
    own.has(column) ? [] : [[foldHeader(header), mapping[column] ?? 'ignore']],
  );
  return new Map(choices.filter(([header]) => header !== ''));
}

function mappingFault(mapping: ColumnMapping): UploadResult<never> | null {
  if (!mapping.includes('email')) return err({ code: 'unreadable_file', reason: 'no_email_column' });
  const used = mapping.filter((field) => field !== 'ignore');
  const repeated = used.find((field, index) => used.indexOf(field) !== index);
  return repeated === undefined
    ? null
    : err({ code: 'invalid_input', field: 'mapping', reason: `repeated_${repeated}` });
}

function progress(dependencies: UploadDependencies, draftId: string, size: number): (report: ImportReport) => void {
  let last = 0;
  return (report) => {
    const now = dependencies.clock.now();
    if (report.report === 'started' || report.report === 'finished' || Math.abs(now - last) < PROGRESS_INTERVAL) return;
    last = now;
    const { rows } = report;
    if (report.report === 'reading') {
      dependencies.emit({ event: 'import_progress', draftId, phase: 'reading', done: report.bytes, total: size, rows });
    } else {
      const { done, total } = report;
      dependencies.emit({ event: 'import_progress', draftId, phase: 'checking', done, total, rows });
    }
  };
}
