import { err, ok } from '../../shared/result.ts';
import { isCertainDamage } from '../cache/classify-cache-fault.ts';
import {
  beginWork,
  hasForgotten,
  insertStep,
  readStep,
  stepsAtWork,
  sweepForgotten,
  takeBack,
} from '../cache/draft-steps.ts';
import { readDraft, type DraftRecord } from '../cache/drafts.ts';
import { inSlices } from '../cache/in-slices.ts';
import { advanceStep, type StepEnd } from './advance-step.ts';
import { contextOf } from './draft-detail.ts';
import type { OpenUploads, UploadResult } from './open-uploads.ts';
import { totalOf } from './step-candidates.ts';
import type { StepRequest } from './step-request.ts';
import type { UploadDependencies } from './upload-dependencies.ts';

/** How often progress crosses the bridge, at most. Milliseconds. */
const PROGRESS_INTERVAL = 100;
/** Rows of forgotten steps that are deleted at once. */
const SWEPT_AT_ONCE = 200;

/** What a use case that changes many rows is given. */
export interface StepScope {
  readonly dependencies: UploadDependencies;
  readonly uploads: OpenUploads;
}

/** Makes a new step. See `runStep` for its errors. */
export function makeStep(scope: StepScope, draft: DraftRecord, request: StepRequest): Promise<UploadResult<StepEnd>> {
  const { database } = scope.uploads;
  const draftId = draft.draft_id;
  return runStep(scope, draft, () =>
    insertStep(database, draftId, JSON.stringify(request), totalOf(database, draftId, request)),
  );
}

/** Undoes a step or makes it again. See `runStep` for its errors. */
export function moveStep(
  scope: StepScope,
  draft: DraftRecord,
  stepId: number,
  work: 'undo' | 'redo',
): Promise<UploadResult<StepEnd>> {
  return runStep(scope, draft, () => {
    beginWork(scope.uploads.database, stepId, work);
    return stepId;
  });
}

/** Goes on with every step that a crash, the end of the session or a fault interrupted. */
export function resumeSteps(scope: StepScope): void {
  const { dependencies, uploads } = scope;
  for (const step of stepsAtWork(uploads.database)) {
    const draft = readDraft(uploads.database, step.draft_id);
    if (draft === undefined || uploads.works.has(step.draft_id) || uploads.leaving.has(step.draft_id)) continue;
    runStep(scope, draft, () => step.step_id).then(
      () => dependencies.announce('drafts', 'draft_rows'),
      // It stays at work, and the next call tries again.
      (error: unknown) => noteFault(dependencies, 'step_not_resumed', error),
    );
  }
}

/** Deletes by and by what steps left that can neither be undone nor made again. Never rejects: nobody waits for it. */
export async function sweepSteps({ uploads, dependencies }: StepScope): Promise<void> {
  if (uploads.works.has(SWEEPING)) return;
  let isStopped = false;
  const stop = (): void => {
    isStopped = true;
  };
  try {
    if (!uploads.database.isOpen || !hasForgotten(uploads.database)) return;
    const swept = inSlices(uploads.database, () => sweepForgotten(uploads.database, SWEPT_AT_ONCE), {
      isStopped: () => isStopped,
    });
    uploads.works.set(SWEEPING, { ended: swept, cancel: () => undefined, stop });
    await swept;
  } catch (error) {
    noteFault(dependencies, 'steps_not_swept', error);
  } finally {
    uploads.works.delete(SWEEPING);
  }
}

/** Of work that nobody waits for: damage that it meets is told all the same. */
function noteFault({ log, onDamage }: UploadDependencies, event: string, error: unknown): void {
  log('error', event, { error: error instanceof Error ? error.name : 'unknown' });
  if (isCertainDamage(error)) onDamage();
}

/** Among the works, in place of a draft's id. */
const SWEEPING = 'sweeping';

/**
 * Runs one step in slices. A step that fits into one slice is one transaction. `begin` answers the id of a step that is at work, or
 * null after a piece of what has to be prepared first. Errors: `cancelled` when it was taken back, `conflict` when the account was
 * closed meanwhile (a step that has begun goes on when it is opened again).
 */
export function runStep(
  { dependencies, uploads }: StepScope,
  draft: DraftRecord,
  begin: () => number | null,
): Promise<UploadResult<StepEnd>> {
  const { database } = uploads;
  const { clock, emit } = dependencies;
  const draftId = draft.draft_id;
  const context = contextOf(draft, clock.now());
  const asked = { toCancel: false, toStop: false };
  let stepId: number | null = null;
  let end: StepEnd | null = null;
  let told = 0;

  const advance = (): boolean => {
    if (stepId === null && asked.toCancel) {
      end = { changed: 0, isTakenBack: true };
      return false;
    }
    stepId ??= begin();
    if (stepId === null) return true;
    if (asked.toCancel) takeBack(database, stepId);
    end = advanceStep(database, stepId, context, clock.now());
    return end === null;
  };
  const tell = (): void => {
    const now = clock.now();
    if (stepId === null || end !== null || Math.abs(now - told) < PROGRESS_INTERVAL) return;
    told = now;
    const step = readStep(database, stepId);
    if (step !== undefined) {
      emit({ event: 'fix_progress', draftId, done: Math.min(step.done, step.total), total: step.total });
    }
  };
  const whole = async (): Promise<UploadResult<StepEnd>> => {
    try {
      await inSlices(database, advance, { onSlice: tell, isStopped: () => asked.toStop });
    } finally {
      uploads.works.delete(draftId);
    }
    if (end === null) return err({ code: 'conflict', what: 'draft_busy' });
    return end.isTakenBack ? err({ code: 'cancelled' }) : ok(end);
  };
  const ended = whole();
  if (end === null) {
    uploads.works.set(draftId, {
      ended,
      cancel: () => {
        asked.toCancel = true;
      },
      stop: () => {
        asked.toStop = true;
      },
    });
  }
  return ended;
}
