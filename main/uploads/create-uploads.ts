import type { AppError } from '../../shared/app-error.ts';
import type { ChangedTable } from '../../shared/contract/events.ts';
import { err, ok } from '../../shared/result.ts';
import type { Handlers } from '../application.ts';
import { listDrafts } from '../cache/drafts.ts';
import { discardDraft, removeLeaving } from './discard-draft.ts';
import { draftDetail, draftSummary } from './draft-detail.ts';
import { editCell, redo, setSkipped, undo } from './edit-rows.ts';
import { cancelFix, fixAll, issueCounts, nextIssue, repeatedValue, stopWorks } from './fix-rows.ts';
import { cancelImport, importDraft, stopImports } from './import-draft.ts';
import { Exports, removeLeftExports } from './exports.ts';
import { findDraft, findEditable, guarded, openUploads, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { abandonTransfers, analyseDraft, appendPiece, beginDraft } from './receive-file.ts';
import { readPage } from './read-page.ts';
import { reattach } from './reattach.ts';
import { recheck } from './recheck.ts';
import { resumeSteps, sweepSteps, type StepScope } from './run-step.ts';
import { retryRefused } from './retry-rows.ts';
import { dryRun, pauseDraft, resumeDraft, stopDraft, submitDraft } from './submit-draft.ts';
import type { UploadDependencies } from './upload-dependencies.ts';
import type { UploadHistoryOperationName } from './upload-history.ts';

export type { UploadDependencies } from './upload-dependencies.ts';

type UploadOperationName = Exclude<
  Extract<keyof Handlers, `uploads.${string}` | `exports.${string}`>,
  UploadHistoryOperationName
>;

/** The operations `uploads.*` and `exports.*`, but those of the history, which the server answers. */
export interface Uploads {
  readonly handlers: Pick<Handlers, UploadOperationName>;
  /**
   * Ends what is going on: transfers are given up, readings stop (their drafts stay at the columns). To be awaited before
   * the account's database is closed, at sign-out and at the end; the next operation opens the account of then.
   */
  close(): Promise<void>;
}

const signedOut: AppError = { code: 'signed_out', reason: 'not_signed_in' };

/** Wires the use cases of uploads to the open account. */
export function createUploads(dependencies: UploadDependencies): Uploads {
  let current: OpenUploads | null = null;
  const { announce, clock } = dependencies;
  const exports = new Exports(dependencies);

  const opened = (): OpenUploads | null => {
    const account = dependencies.account();
    if (account === null) return null;
    if (current?.database !== account.database) {
      current = openUploads(account);
      removeLeftExports(account.folder);
      void sweepSteps({ dependencies, uploads: current });
      void removeLeft(current);
    }
    resumeSteps({ dependencies, uploads: current });
    return current;
  };

  /** What is not removed now is removed at the next start. */
  const removeLeft = async (uploads: OpenUploads): Promise<void> => {
    await guarded(dependencies, async () => ok(await removeLeaving(uploads)));
  };

  /** Runs a use case on the open account; after a success the named tables are announced. */
  const run = <T>(
    work: (uploads: OpenUploads) => Promise<UploadResult<T>> | UploadResult<T>,
    ...changed: ChangedTable[]
  ): Promise<UploadResult<T>> =>
    guarded(dependencies, async () => {
      const uploads = opened();
      if (uploads === null) return err(signedOut);
      const result = await work(uploads);
      if (result.ok && changed.length > 0) announce(...changed);
      // What can be changed back no more goes, with the data in it.
      if (changed.length > 0) void sweepSteps({ dependencies, uploads });
      return result;
    });

  /** As `run`, for what may change many rows in slices. */
  const runStep = <T>(
    work: (scope: StepScope) => Promise<UploadResult<T>> | UploadResult<T>,
    ...alsoChanged: ChangedTable[]
  ): Promise<UploadResult<T>> =>
    run((uploads) => work({ dependencies, uploads }), 'drafts', 'draft_rows', ...alsoChanged);

  /** As `run`, for what changes the outbox: the sender is told. */
  const runAndSend = <T>(
    work: (uploads: OpenUploads) => Promise<UploadResult<T>> | UploadResult<T>,
  ): Promise<UploadResult<T>> =>
    run(
      async (uploads) => {
        const result = await work(uploads);
        if (result.ok) dependencies.wakeSender();
        return result;
      },
      'drafts',
      'draft_rows',
      'outbox',
      'members',
      'partner',
    );

  const handlers: Uploads['handlers'] = {
    'uploads.list': () =>
      run((uploads) => {
        const drafts = listDrafts(uploads.database).filter((draft) => !uploads.leaving.has(draft.draft_id));
        return ok({ drafts: drafts.map((draft) => draftSummary(uploads, draft)) });
      }),
    'uploads.read': ({ draftId }) =>
      run((uploads) => {
        const found = findDraft(uploads, draftId);
        return found.ok ? ok(draftDetail(uploads, draftId)) : found;
      }),
    'uploads.begin': (file) => run((uploads) => beginDraft(uploads, file, clock.now()), 'drafts'),
    'uploads.append': ({ draftId, bytes }) => run((uploads) => appendPiece(uploads, draftId, bytes)),
    'uploads.analyse': async ({ draftId, options }) => {
      const result = await run((uploads) => analyseDraft(uploads, draftId, options, clock.now()));
      announce('drafts', 'draft_rows');
      return result;
    },
    'uploads.importRows': (input) => run((uploads) => importDraft(dependencies, uploads, input)),
    'uploads.cancelImport': ({ draftId }) => run((uploads) => cancelImport(uploads, draftId), 'drafts'),
    'uploads.rows': ({ draftId, show, code = null, offset, limit }) =>
      run((uploads) => readPage(uploads, draftId, { show, code, offset, limit }, clock.now())),
    'uploads.editCell': (input) => runStep(({ uploads }) => editCell(uploads, input, clock.now())),
    'uploads.setSkipped': (input) => runStep((scope) => setSkipped(scope, input)),
    'uploads.undo': ({ draftId }) => runStep((scope) => undo(scope, draftId)),
    'uploads.redo': ({ draftId }) => runStep((scope) => redo(scope, draftId)),
    'uploads.issueCounts': ({ draftId }) => run((uploads) => issueCounts(uploads, draftId)),
    'uploads.nextIssue': (input) => run((uploads) => nextIssue(uploads, input)),
    'uploads.repeatedValue': (input) => run((uploads) => repeatedValue({ dependencies, uploads }, input)),
    'uploads.fixAll': (input) => runStep((scope) => fixAll(scope, input)),
    'uploads.cancelFix': ({ draftId }) => runStep(({ uploads }) => cancelFix(uploads, draftId)),
    'uploads.dryRun': ({ draftId }) =>
      run(async (uploads) => {
        const found = findEditable(uploads, draftId);
        if (!found.ok) return found;
        const rechecked = await recheck(uploads, draftId);
        if (!rechecked.ok) return rechecked;
        if (rechecked.value > 0) announce('drafts', 'draft_rows');
        return dryRun(uploads, draftId);
      }),
    'uploads.submit': async ({ draftId, mode }) => {
      const result = await runAndSend((uploads) => submitDraft(uploads, draftId, mode, clock.now()));
      // Rows may be judged otherwise than they were.
      if (!result.ok) announce('drafts', 'draft_rows');
      return result;
    },
    'uploads.pause': ({ draftId }) => runAndSend((uploads) => pauseDraft(uploads, draftId, clock.now())),
    'uploads.resume': ({ draftId }) => runAndSend((uploads) => resumeDraft(uploads, draftId, clock.now())),
    'uploads.stop': ({ draftId }) => runAndSend((uploads) => stopDraft(uploads, draftId, clock.now())),
    // Rows that are taken over wait for nobody in the sync centre any more.
    'uploads.retryRefused': ({ draftId }) =>
      run((uploads) => retryRefused(uploads, draftId, clock.now()), 'drafts', 'outbox'),
    'uploads.reattach': (input) => runStep((scope) => reattach(scope, input), 'outbox'),
    'exports.begin': ({ what }) => run((uploads) => exports.begin(uploads, what)),
    'exports.read': ({ exportId, offset }) => run(() => exports.read(exportId, offset)),
    'exports.end': ({ exportId }) => run(() => exports.end(exportId)),
    'exports.cancel': ({ draftId }) => run(() => exports.cancel(draftId)),
    'uploads.discard': ({ draftId }) =>
      run((uploads) => discardDraft(uploads, draftId, clock.now()), 'drafts', 'draft_rows', 'outbox', 'sync'),
  };

  return {
    handlers,
    async close() {
      const uploads = current;
      current = null;
      await exports.close();
      if (uploads === null) return;
      await stopWorks(uploads);
      await stopImports(uploads);
      await abandonTransfers(uploads);
    },
  };
}
