import type { AppError } from '../../shared/app-error.ts';
import type { FileAnalysis } from '../../shared/contract/uploads.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import { classifyCacheFault, isCertainDamage } from '../cache/classify-cache-fault.ts';
import type { OpenDatabase } from '../cache/database.ts';
import { returnRetriedRows } from '../cache/draft-rows.ts';
import { forgetSteps, forgetUnbegun, stepAtWork } from '../cache/draft-steps.ts';
import { listDrafts, readDraft, type DraftRecord } from '../cache/drafts.ts';
import { removeOrphanSources, removeSource } from './draft-files.ts';
import type { RunningImport } from './run-import.ts';
import type { RunningWork } from './running-work.ts';
import type { Transfer } from './transfer.ts';
import type { UploadAccount, UploadDependencies } from './upload-dependencies.ts';

/** The drafts of one open account, with what is going on with them right now. */
export interface OpenUploads {
  readonly database: OpenDatabase;
  readonly folder: string;
  readonly transfers: Map<string, Transfer>;
  readonly imports: Map<string, RunningImport>;
  /** Threads that have read a file and still hold the database. */
  readonly threads: Set<Promise<unknown>>;
  /** Files that are being looked at. Aborting ends it. */
  readonly looks: Map<string, AbortController>;
  /** How drafts with rows would be read otherwise, until they are. */
  readonly otherLooks: Map<string, FileAnalysis>;
  /** Changes over many rows, each of one draft. */
  readonly works: Map<string, RunningWork>;
  /** Drafts that are being taken away. */
  readonly leaving: Set<string>;
}

/** A draft that may be worked on. */
export interface OpenDraft {
  readonly uploads: OpenUploads;
  readonly draft: DraftRecord;
}

export type UploadResult<T> = Result<T, AppError>;

/**
 * The drafts of an account that has just been opened. A transfer that was cut off has no complete file, and a draft that was being
 * discarded has lost rows: they are gone for everybody from now on, and `removeLeaving` removes what is left of them. So does any file
 * without a draft. A reading that was cut off left its draft at `columns`, to be read again.
 */
export function openUploads(account: UploadAccount): OpenUploads {
  const known = new Set<string>();
  const leaving = new Set<string>();
  for (const draft of listDrafts(account.database)) {
    if (draft.stage === 'receiving') {
      returnRetriedRows(account.database, draft.draft_id);
      forgetSteps(account.database, draft.draft_id);
      leaving.add(draft.draft_id);
      removeSource(account.folder, draft.draft_id);
    } else known.add(draft.draft_id);
  }
  removeOrphanSources(account.folder, known);
  forgetUnbegun(account.database);
  return {
    database: account.database,
    folder: account.folder,
    transfers: new Map(),
    imports: new Map(),
    threads: new Set(),
    looks: new Map(),
    otherLooks: new Map(),
    works: new Map(),
    leaving,
  };
}

/** Finds a draft. Errors: `not_found`. */
export function findDraft(uploads: OpenUploads, draftId: string): UploadResult<OpenDraft> {
  const draft = uploads.leaving.has(draftId) ? undefined : readDraft(uploads.database, draftId);
  return draft === undefined ? err({ code: 'not_found', what: 'draft' }) : ok({ uploads, draft });
}

/** Whether the rows of a draft are being read or changed, also by a change that a crash interrupted. */
export function isBusy(uploads: OpenUploads, draftId: string): boolean {
  return (
    uploads.imports.has(draftId) || uploads.works.has(draftId) || stepAtWork(uploads.database, draftId) !== undefined
  );
}

/** Finds a draft whose rows may be changed. Errors: `not_found`, `conflict` (being read or changed, or submitted). */
export function findEditable(uploads: OpenUploads, draftId: string): UploadResult<OpenDraft> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  if (found.value.draft.item_id !== null) return err({ code: 'conflict', what: 'draft_submitted' });
  if (isBusy(uploads, draftId) || found.value.draft.stage !== 'fix') {
    return err({ code: 'conflict', what: 'draft_busy' });
  }
  return found;
}

/** Runs a use case; faults of the disk and the database become error values. */
export async function guarded<T>(
  dependencies: UploadDependencies,
  work: () => Promise<UploadResult<T>> | UploadResult<T>,
): Promise<UploadResult<T>> {
  try {
    return await work();
  } catch (error) {
    const fault = classifyCacheFault(error);
    if (fault === null) throw error;
    dependencies.log('error', 'uploads_cache_fault', { reason: fault.reason });
    if (isCertainDamage(error)) dependencies.onDamage();
    return err(fault);
  }
}
