import type { Fix } from '../../shared/contract/upload-fixing.ts';
import type { DraftDetail, UploadField } from '../../shared/contract/uploads.ts';
import { err, ok } from '../../shared/result.ts';
import { positionInList, rowBeside, type RowFilter, type RowList } from '../cache/draft-lists.ts';
import { lastRow, readIssueTallies } from '../cache/draft-tallies.ts';
import { inSlices } from '../cache/in-slices.ts';
import { contextOf, draftDetail } from './draft-detail.ts';
import { rowsWithText } from './find-text.ts';
import { findDraft, findEditable, type OpenUploads, type UploadResult } from './open-uploads.ts';
import { makeStep, type StepScope } from './run-step.ts';

/** Row numbers that are passed over at once while looking for a text. */
const SPAN = 200;

/** How many rows that are not skipped break each rule. Errors: `not_found`. */
export function issueCounts(
  uploads: OpenUploads,
  draftId: string,
): UploadResult<{
  counts: { code: string; field: UploadField | null; severity: 'error' | 'warning'; rows: number }[];
}> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  if (!hasRows(found.value.draft.stage)) return ok({ counts: [] });
  const counts = readIssueTallies(uploads.database, draftId).map(({ code, field, severity, rows }) => ({
    code,
    field,
    severity: severity === 2 ? ('error' as const) : ('warning' as const),
    rows,
  }));
  return ok({ counts });
}

/** The nearest row with an issue, and where it stands in a list. Errors: `not_found`. */
export function nextIssue(
  uploads: OpenUploads,
  input: {
    readonly draftId: string;
    readonly after: number;
    readonly direction: 'next' | 'previous';
    readonly show: RowFilter;
    readonly list?: RowList | undefined;
  },
): UploadResult<{ row: number | null; position: number }> {
  const { draftId, after, direction, show, list } = input;
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  if (!hasRows(found.value.draft.stage)) return ok({ row: null, position: 0 });
  const { database } = uploads;
  const from = direction === 'previous' && after === 0 ? lastRow(database, draftId) + 1 : after;
  const row = rowBeside(database, draftId, { show, code: null }, from, direction);
  if (row === null) return ok({ row, position: 0 });
  return ok({ row, position: positionInList(database, draftId, list ?? { show: 'all', code: null }, row) });
}

/** How many rows that are not skipped hold exactly this text in a field. Errors: `not_found`, `conflict`, `invalid_input`. */
export async function repeatedValue(
  { uploads, dependencies }: StepScope,
  input: { readonly draftId: string; readonly field: UploadField; readonly value: string },
): Promise<UploadResult<{ rows: number }>> {
  const { draftId, field, value } = input;
  if (field === 'ignore') return noData();
  const found = findEditable(uploads, draftId);
  if (!found.ok) return found;
  const context = contextOf(found.value.draft, dependencies.clock.now());
  const { database } = uploads;
  const last = lastRow(database, draftId);
  let rows = 0;
  let after = 0;
  const outcome = await inSlices(database, () => {
    const through = Math.min(last, after + SPAN);
    rows += rowsWithText(database, draftId, field, value, { after, through }, context).length;
    after = through;
    return after < last;
  });
  return outcome === 'ended' ? ok({ rows }) : err({ code: 'conflict', what: 'draft_busy' });
}

/**
 * Fixes every row that the fix is for, as one step of undo. Errors: `not_found`, `conflict`, `cancelled`, `invalid_input` (field
 * `ignore`).
 */
export async function fixAll(
  scope: StepScope,
  input: { readonly draftId: string; readonly fix: Fix },
): Promise<UploadResult<{ changed: number; draft: DraftDetail }>> {
  const { draftId, fix } = input;
  if ((fix.kind === 'value' || fix.kind === 'column') && fix.field === 'ignore') return noData();
  const found = findEditable(scope.uploads, draftId);
  if (!found.ok) return found;
  const made = await makeStep(scope, found.value.draft, { kind: 'fix', fix });
  return made.ok ? ok({ changed: made.value.changed, draft: draftDetail(scope.uploads, draftId) }) : made;
}

/** Ends a change over many rows and waits until what it did is taken back. Nothing happens when there is none. */
export async function cancelFix(uploads: OpenUploads, draftId: string): Promise<UploadResult<DraftDetail>> {
  const found = findDraft(uploads, draftId);
  if (!found.ok) return found;
  const work = uploads.works.get(draftId);
  work?.cancel();
  await work?.ended;
  if (!uploads.database.isOpen) return err({ code: 'conflict', what: 'draft_busy' });
  return ok(draftDetail(uploads, draftId));
}

/** Stops every change over many rows of an account that is being closed; they go on when it is opened again. */
export async function stopWorks(uploads: OpenUploads): Promise<void> {
  const works = [...uploads.works.values()];
  for (const work of works) work.stop();
  await Promise.allSettled(works.map((work) => work.ended));
}

function hasRows(stage: string): boolean {
  return stage !== 'receiving' && stage !== 'columns';
}

function noData(): UploadResult<never> {
  return err({ code: 'invalid_input', field: 'field', reason: 'carries_no_data' });
}
