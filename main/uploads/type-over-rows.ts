import type { RowEdits, RuleContext } from '../../shared/csv/check-row.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { rowsToEdit } from '../cache/draft-rows.ts';
import { beginWork, forgetStep, insertPlannedStep, insertStepRows, type StepRow } from '../cache/draft-steps.ts';
import type { DraftRecord } from '../cache/drafts.ts';
import type { StepEnd } from './advance-step.ts';
import { contextOf } from './draft-detail.ts';
import type { UploadResult } from './open-uploads.ts';
import { runStep, type StepScope } from './run-step.ts';
import type { StepRequest } from './step-request.ts';
import { readTexts, storeEdits } from './row-texts.ts';

/** Texts to be typed over fields of one row. */
export interface RowTyping {
  readonly row: number;
  readonly edits: RowEdits;
}

const planned: StepRequest = { kind: 'planned' };

/**
 * Types texts over single rows, as one step of undo. `next` is asked for the next few rows again and again (a millisecond or two each
 * time, each row once) until it answers null; nothing is changed before it has answered them all. A crash before that leaves nothing,
 * a crash after that everything. See `runStep` for the errors.
 */
export async function typeOverRows(
  scope: StepScope,
  draft: DraftRecord,
  next: () => readonly RowTyping[] | null,
): Promise<UploadResult<StepEnd>> {
  const { database } = scope.uploads;
  const draftId = draft.draft_id;
  const context = contextOf(draft, scope.dependencies.clock.now());
  let stepId: number | null = null;
  let hasBegun = false;
  try {
    return await runStep(scope, draft, () => {
      stepId ??= insertPlannedStep(database, draftId, JSON.stringify(planned));
      const typed = next();
      if (typed !== null) {
        insertStepRows(database, stepId, rowsOf(database, draftId, typed, context));
        return null;
      }
      beginWork(database, stepId, 'make');
      hasBegun = true;
      return stepId;
    });
  } finally {
    if (stepId !== null && !hasBegun && database.isOpen) forgetStep(database, stepId);
  }
}

/** What the rows are now, and will be; without those that hold the texts already. */
function rowsOf(database: ReadDatabase, draftId: string, typed: readonly RowTyping[], context: RuleContext): StepRow[] {
  const texts = new Map(typed.map(({ row, edits }) => [row, edits]));
  const rows: StepRow[] = [];
  for (const row of rowsToEdit(database, draftId, [...texts.keys()])) {
    const { edits } = readTexts(row, context);
    const after = JSON.stringify({ ...edits, ...texts.get(row.row_no) });
    if (after !== (row.edits ?? '{}')) rows.push({ row_no: row.row_no, before: storeEdits(edits), after });
  }
  return rows;
}
