import type { RuleContext } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { recordChange } from '../cache/draft-changes.ts';
import { rowsToEdit, setRowsSkipped, sharedEmails } from '../cache/draft-rows.ts';
import {
  addStepEmails,
  endWork,
  forgetStep,
  insertStepRows,
  nextStepEmail,
  readStep,
  saveProgress,
  stepRows,
  saveStepEmail,
  type StepRecord,
  type StepRow,
} from '../cache/draft-steps.ts';
import { readDraft, updateDraft } from '../cache/drafts.ts';
import { refreshSomeDuplicates } from './duplicates.ts';
import { planFix } from './plan-fix.ts';
import { readTexts, storeEdits } from './row-texts.ts';
import { candidatesOf } from './step-candidates.ts';
import { skippedBy, stepRequest, type StepRequest } from './step-request.ts';
import { writeEdits } from './write-edits.ts';

/** Rows in one piece: about a millisecond. */
const ROWS_AT_ONCE = 50;

/** How a step ended. */
export interface StepEnd {
  /** Rows that it changed; 0 when it was taken back. */
  readonly changed: number;
  readonly isTakenBack: boolean;
}

/**
 * Does the next piece of a step that is at work. Everything it needs to know for the piece after it is in the database, so that
 * it goes on after a crash as if nothing had been. Answers how the step ended, null while there is more. Runs in the caller's
 * transaction. `now` in milliseconds.
 */
export function advanceStep(
  database: WriteDatabase,
  stepId: number,
  context: RuleContext,
  now: number,
): StepEnd | null {
  const step = readStep(database, stepId);
  if (step === undefined || step.work === null) throw new Error('a step is not at work');
  if (step.phase === 'emails') return compareSome(database, step) ? null : end(database, step, now);
  const request = stepRequest.parse(JSON.parse(step.what));
  if (step.work === 'make' && step.taking_back === 0 && request.kind !== 'planned')
    makeSome(database, step, request, context);
  else walkSome(database, step, request, context);
  return null;
}

/** Compares rows with e-mails that came or went. Answers false when there are none left. */
function compareSome(database: WriteDatabase, step: StepRecord): boolean {
  const next = nextStepEmail(database, step.step_id);
  if (next === undefined) return false;
  const { email_key: email, done_through: after } = next;
  const through = refreshSomeDuplicates(database, step.draft_id, email, { after, limit: ROWS_AT_ONCE });
  saveStepEmail(database, step.step_id, email, through);
  return true;
}

/** Looks at the next rows of the draft, changes those that are to be changed, and keeps what they were. */
function makeSome(database: WriteDatabase, step: StepRecord, request: StepRequest, context: RuleContext): void {
  const { rows, through, done, isEnd } = candidatesOf(database, step, request, context, ROWS_AT_ONCE);
  const skipped = skippedBy(request);
  const changed: StepRow[] = [];
  if (skipped !== null) {
    skipSome(database, step, rows, skipped);
    changed.push(...rows.map((row) => ({ row_no: row, before: null, after: null })));
  } else if (request.kind === 'fix' && request.fix.kind !== 'skip') {
    for (const row of rowsToEdit(database, step.draft_id, rows)) {
      const texts = readTexts(row, context);
      const edits = planFix(request.fix, texts, context);
      if (edits === null) continue;
      const after = JSON.stringify(edits);
      addStepEmails(database, step.step_id, writeEdits(database, step.draft_id, row, after, context));
      changed.push({ row_no: row.row_no, before: storeEdits(texts.edits), after });
    }
  }
  insertStepRows(database, step.step_id, changed);
  saveProgress(database, step.step_id, { phase: isEnd ? 'emails' : 'rows', done_through: through, done });
}

/** Takes the next rows of the step to where the work wants them: on through the file, or back when it was cancelled. */
function walkSome(database: WriteDatabase, step: StepRecord, request: StepRequest, context: RuleContext): void {
  const isBack = step.taking_back === 1;
  const rows = stepRows(database, step.step_id, step.done_through, isBack ? 'back' : 'on', ROWS_AT_ONCE);
  const last = rows.at(-1);
  if (last === undefined) {
    saveProgress(database, step.step_id, { ...step, phase: 'emails' });
    return;
  }
  const isMade = (step.work !== 'undo') !== isBack;
  const skipped = skippedBy(request);
  if (skipped !== null) {
    skipSome(
      database,
      step,
      rows.map((row) => row.row_no),
      isMade ? skipped : !skipped,
    );
  } else {
    const wanted = new Map(rows.map((row) => [row.row_no, isMade ? row.after : row.before]));
    for (const row of rowsToEdit(database, step.draft_id, [...wanted.keys()])) {
      const edits = wanted.get(row.row_no) ?? null;
      addStepEmails(database, step.step_id, writeEdits(database, step.draft_id, row, edits, context));
    }
  }
  saveProgress(database, step.step_id, {
    phase: 'rows',
    done_through: isBack ? last.row_no - 1 : last.row_no,
    done: Math.max(0, isBack ? step.done - rows.length : step.done + rows.length),
  });
}

function skipSome(database: WriteDatabase, step: StepRecord, rows: readonly number[], skipped: boolean): void {
  setRowsSkipped(database, step.draft_id, rows, skipped);
  addStepEmails(database, step.step_id, sharedEmails(database, step.draft_id, rows));
}

/** In the transaction of the last piece: the step counts from now on, or it has never been. */
function end(database: WriteDatabase, step: StepRecord, now: number): StepEnd {
  const { step_id: stepId, draft_id: draftId, work } = step;
  const draft = readDraft(database, draftId);
  if (draft === undefined) throw new Error('a draft went away while its rows were changed');
  const isTakenBack = step.taking_back === 1;
  if (work === 'make' && (isTakenBack || step.rows === 0)) forgetStep(database, stepId);
  else endWork(database, stepId);
  if (isTakenBack) return { changed: 0, isTakenBack };
  if (work === 'make') {
    if (step.rows === 0) return { changed: 0, isTakenBack };
    const position = draft.undo_position + 1;
    recordChange(database, draftId, position, JSON.stringify({ kind: 'step', step: stepId }));
    updateDraft(database, draftId, { undo_position: position }, now);
  } else {
    updateDraft(database, draftId, { undo_position: draft.undo_position + (work === 'undo' ? -1 : 1) }, now);
  }
  return { changed: step.rows, isTakenBack };
}
