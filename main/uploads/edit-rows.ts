import * as z from 'zod';
import type { DraftDetail, UploadField, UploadRow } from '../../shared/contract/uploads.ts';
import { checkRow, dataFields, type DataField, type RowEdits, type RuleContext } from '../../shared/csv/check-row.ts';
import { err, ok } from '../../shared/result.ts';
import { readChange, recordChange } from '../cache/draft-changes.ts';
import { readDraftRow, rowsToSkip, setRowsSkipped, sharedEmails, updateDraftRow } from '../cache/draft-rows.ts';
import { updateDraft } from '../cache/drafts.ts';
import { checkedColumns } from './checked-columns.ts';
import { contextOf, draftDetail, shownRow } from './draft-detail.ts';
import { refreshDuplicates } from './duplicates.ts';
import { findEditable, type OpenDraft, type OpenUploads, type UploadResult } from './open-uploads.ts';

const change = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('edit'),
    row: z.number().int(),
    field: z.enum(dataFields),
    /** The edit that stood there before; null when it was the cell itself. */
    before: z.string().nullable(),
    after: z.string(),
  }),
  z.object({ kind: z.literal('skip'), rows: z.array(z.number().int()), skipped: z.boolean() }),
]);
type Change = z.infer<typeof change>;

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
  const { database } = uploads;
  const context = contextOf(found.value.draft, now);
  const isKnown = database.transaction(() => {
    const record = readDraftRow(database, draftId, row);
    if (record === undefined) return false;
    const before = parseEdits(record.edits)?.[field] ?? null;
    writeEdit(uploads, draftId, { row, field, value }, context);
    remember(found.value, { kind: 'edit', row, field, before, after: value }, now);
    return true;
  });
  const record = readDraftRow(database, draftId, row);
  if (!isKnown || record === undefined) return err({ code: 'not_found', what: 'row' });
  return ok({ row: shownRow(record, context), draft: draftDetail(uploads, draftId) });
}

/** Leaves rows out of the upload, or takes them back in; `all_errors` means every row with an error. */
export function setSkipped(
  uploads: OpenUploads,
  input: { readonly draftId: string; readonly rows: readonly number[] | 'all_errors'; readonly skipped: boolean },
  now: number,
): UploadResult<DraftDetail> {
  const { draftId, skipped } = input;
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  uploads.database.transaction(() => {
    const rows = rowsToSkip(uploads.database, draftId, input.rows, skipped);
    if (rows.length === 0) return;
    writeSkip(uploads, draftId, rows, skipped);
    remember(found.value, { kind: 'skip', rows, skipped }, now);
  });
  return ok(draftDetail(uploads, draftId));
}

/** Takes the last change back. Nothing happens when there is none. */
export function undo(uploads: OpenUploads, draftId: string, now: number): UploadResult<DraftDetail> {
  return move(uploads, draftId, 'back', now);
}

/** Makes the change again that was taken back last. Nothing happens when there is none. */
export function redo(uploads: OpenUploads, draftId: string, now: number): UploadResult<DraftDetail> {
  return move(uploads, draftId, 'forth', now);
}

function move(uploads: OpenUploads, draftId: string, way: 'back' | 'forth', now: number): UploadResult<DraftDetail> {
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const { draft } = found.value;
  const { database } = uploads;
  const position = way === 'back' ? draft.undo_position : draft.undo_position + 1;
  const stored = readChange(database, draftId, position);
  if (stored === null) return ok(draftDetail(uploads, draftId));
  const step = change.parse(JSON.parse(stored));
  database.transaction(() => {
    if (step.kind === 'skip') {
      writeSkip(uploads, draftId, step.rows, way === 'back' ? !step.skipped : step.skipped);
    } else {
      const value = way === 'back' ? step.before : step.after;
      writeEdit(uploads, draftId, { row: step.row, field: step.field, value }, contextOf(draft, now));
    }
    updateDraft(database, draftId, { undo_position: way === 'back' ? position - 1 : position }, now);
  });
  return ok(draftDetail(uploads, draftId));
}

function remember({ uploads, draft }: OpenDraft, step: Change, now: number): void {
  const position = draft.undo_position + 1;
  recordChange(uploads.database, draft.draft_id, position, JSON.stringify(step));
  updateDraft(uploads.database, draft.draft_id, { undo_position: position }, now);
}

/** Sets or removes (null) the edit of one field, and brings row and duplicates up to date. Runs in a transaction. */
function writeEdit(
  uploads: OpenUploads,
  draftId: string,
  edit: { readonly row: number; readonly field: DataField; readonly value: string | null },
  context: RuleContext,
): void {
  const { database } = uploads;
  const record = readDraftRow(database, draftId, edit.row);
  if (record === undefined) throw new Error('a change names a row that is not there');
  const { [edit.field]: _, ...others } = parseEdits(record.edits) ?? {};
  const edits: RowEdits = edit.value === null ? others : { ...others, [edit.field]: edit.value };
  const effective = Object.keys(edits).length === 0 ? null : edits;
  const checked = checkRow(JSON.parse(record.cells), effective, context);
  const stored = effective === null ? null : JSON.stringify(effective);
  updateDraftRow(database, draftId, edit.row, stored, checkedColumns(checked));
  for (const email of new Set([record.email_key, checked.email])) {
    if (email !== null) refreshDuplicates(database, draftId, email);
  }
}

function writeSkip(uploads: OpenUploads, draftId: string, rows: readonly number[], skipped: boolean): void {
  const { database } = uploads;
  setRowsSkipped(database, draftId, rows, skipped);
  for (const email of sharedEmails(database, draftId, rows)) refreshDuplicates(database, draftId, email);
}

function parseEdits(edits: string | null): RowEdits | null {
  return edits === null ? null : JSON.parse(edits);
}
