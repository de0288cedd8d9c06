import * as z from 'zod';
import type { DraftDetail, UploadField, UploadRow } from '../../shared/contract/uploads.ts';
import { dataFields, type RowEdits, type RuleContext } from '../../shared/csv/check-row.ts';
import { err, ok } from '../../shared/result.ts';
import { readChange, recordChange } from '../cache/draft-changes.ts';
import { readDraftRow } from '../cache/draft-rows.ts';
import { updateDraft } from '../cache/drafts.ts';
import { contextOf, draftDetail, shownRow } from './draft-detail.ts';
import { refreshDuplicatesBeside } from './duplicates.ts';
import { findEditable, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { makeStep, moveStep, type StepScope } from './run-step.ts';
import { readTexts } from './row-texts.ts';
import { writeEdits } from './write-edits.ts';

/** One change that can be undone: an edit of one cell, or a step over any number of rows. */
const change = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('edit'),
    row: z.number().int(),
    field: z.enum(dataFields),
    /** The edit that stood there before; null when it was the cell itself. */
    before: z.string().nullable(),
    after: z.string(),
  }),
  z.object({ kind: z.literal('step'), step: z.number().int() }),
]);
type CellEdit = Omit<Extract<z.infer<typeof change>, { kind: 'edit' }>, 'kind'>;

/**
 * Types a text over one cell, checks the row again and every other row that shares its old or new e-mail. Stored before
 * it is answered. Errors: `not_found` (draft, row), `conflict`, `invalid_input` (field `ignore`).
 */
export function editCell(
  uploads: OpenUploads,
  input: { readonly draftId: string; readonly row: number; readonly field: UploadField; readonly value: string },
  now: number,
): UploadResult<{ row: UploadRow; draft: DraftDetail }> {
  const { draftId, row, field, value } = input;
  if (field === 'ignore') return err({ code: 'invalid_input', field: 'field', reason: 'carries_no_data' });
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  const { database } = uploads;
  // Once: of 10,000 columns it takes half a millisecond.
  const context = contextOf(draft, now);
  const isKnown = database.transaction(() => {
    const record = readDraftRow(database, draftId, row);
    if (record === undefined) return false;
    const before = readTexts(record, context).edits?.[field] ?? null;
    const position = draft.undo_position + 1;
    typeOver(uploads, draftId, { row, field, value }, context);
    recordChange(database, draftId, position, JSON.stringify({ kind: 'edit', row, field, before, after: value }));
    updateDraft(database, draftId, { undo_position: position }, now);
    return true;
  });
  const record = readDraftRow(database, draftId, row);
  if (!isKnown || record === undefined) return err({ code: 'not_found', what: 'row' });
  return ok({ row: shownRow(record, context), draft: draftDetail(uploads, draftId) });
}

/**
 * Leaves rows out of the upload, or takes them back in, as one step of undo; `all_errors` means every row with an error.
 * Errors: `not_found`, `conflict`, `cancelled`.
 */
export async function setSkipped(
  scope: StepScope,
  input: { readonly draftId: string; readonly rows: readonly number[] | 'all_errors'; readonly skipped: boolean },
): Promise<UploadResult<DraftDetail>> {
  const { draftId, rows, skipped } = input;
  const found = findEditable(scope.uploads, draftId);
  if (!found.ok) return found;
  const made = await makeStep(
    scope,
    found.value.draft,
    rows === 'all_errors'
      ? { kind: 'skip_errors', skipped }
      : { kind: 'skip_rows', rows: [...new Set(rows)].toSorted((one, other) => one - other), skipped },
  );
  return made.ok ? ok(draftDetail(scope.uploads, draftId)) : made;
}

/** Takes the last change back. Nothing happens when there is none. Errors: `not_found`, `conflict`, `cancelled`. */
export function undo(scope: StepScope, draftId: string): Promise<UploadResult<DraftDetail>> {
  return move(scope, draftId, 'undo');
}

/** Makes the change again that was taken back last. Nothing happens when there is none. Errors as `undo`. */
export function redo(scope: StepScope, draftId: string): Promise<UploadResult<DraftDetail>> {
  return move(scope, draftId, 'redo');
}

async function move(scope: StepScope, draftId: string, way: 'undo' | 'redo'): Promise<UploadResult<DraftDetail>> {
  const { uploads } = scope;
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  const { database } = uploads;
  const position = way === 'undo' ? draft.undo_position : draft.undo_position + 1;
  const stored = readChange(database, draftId, position);
  if (stored === null) return ok(draftDetail(uploads, draftId));
  const made = change.parse(JSON.parse(stored));
  if (made.kind === 'step') {
    const moved = await moveStep(scope, draft, made.step, way);
    if (!moved.ok) return moved;
  } else {
    const { row, field } = made;
    const now = scope.dependencies.clock.now();
    database.transaction(() => {
      const value = way === 'undo' ? made.before : made.after;
      typeOver(uploads, draftId, { row, field, value }, contextOf(draft, now));
      updateDraft(database, draftId, { undo_position: way === 'undo' ? position - 1 : position }, now);
    });
  }
  return ok(draftDetail(uploads, draftId));
}

/** Sets or removes (null) the edit of one field, and brings row and duplicates up to date. Runs in a transaction. */
function typeOver(
  uploads: OpenUploads,
  draftId: string,
  edit: Pick<CellEdit, 'row' | 'field'> & { readonly value: string | null },
  context: RuleContext,
): void {
  const { database } = uploads;
  const record = readDraftRow(database, draftId, edit.row);
  if (record === undefined) throw new Error('a change names a row that is not there');
  const { [edit.field]: _, ...others } = readTexts(record, context).edits ?? {};
  const edits: RowEdits = edit.value === null ? others : { ...others, [edit.field]: edit.value };
  const stored = Object.keys(edits).length === 0 ? null : JSON.stringify(edits);
  for (const email of writeEdits(database, draftId, record, stored, context)) {
    refreshDuplicatesBeside(database, draftId, email, edit.row);
  }
}
