import * as z from 'zod';
import { operation } from './operation.ts';
import { draftDetail, rowsToShow, uploadField } from './uploads.ts';
import { count, uuid } from './values.ts';

const cellText = z.string().max(1_000_000);
const rowNumber = z.number().int().min(1);
const draft = z.object({ draftId: uuid });

/**
 * What is done to many rows at once. Rows that are skipped stay as they are: somebody has left them out already.
 * `value` and `column` type a text over the cells of one field; `suggestions` takes what a rule suggests, in every row
 * that breaks it; `skip` leaves out every row that breaks a rule; `trim` turns runs of white space and control characters into
 * single spaces, in every field the file has.
 */
export const fix = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('value'), field: uploadField, from: cellText, to: cellText }),
  z.object({ kind: z.literal('suggestions'), code: z.string() }),
  z.object({ kind: z.literal('skip'), code: z.string() }),
  z.object({ kind: z.literal('column'), field: uploadField, value: cellText, only: z.enum(['blank', 'all']) }),
  z.object({ kind: z.literal('trim') }),
]);
export type Fix = z.infer<typeof fix>;

export const issueCount = z.object({
  code: z.string(),
  field: uploadField.nullable(),
  severity: z.enum(['error', 'warning']),
  rows: count,
});

export const uploadFixingOperations = {
  /** How many rows that are not skipped break each rule, the most frequent first. */
  'uploads.issueCounts': operation('cache', draft, z.object({ counts: z.array(issueCount) })),
  /**
   * The nearest row with an issue behind (or before) row `after`; 0 is the start, or the end when looking backwards. `position` is
   * where it stands in `list`, counting from 0; without a list, in all rows of the draft. 0 when there is no such row.
   */
  'uploads.nextIssue': operation(
    'cache',
    draft.extend({
      after: count,
      direction: z.enum(['next', 'previous']),
      show: z.enum(['errors', 'warnings', 'all_issues']),
      list: z.object({ show: rowsToShow, code: z.string().nullable() }).optional(),
    }),
    z.object({ row: rowNumber.nullable(), position: count }),
  ),
  /** How many rows that are not skipped hold exactly this text in a field: asked after an edit, the other rows with its old text. */
  'uploads.repeatedValue': operation(
    'cache',
    draft.extend({ field: uploadField, value: cellText }),
    z.object({ rows: count }),
  ),
  /** One step of undo, however many rows. Progress comes as `fix_progress`; `cancelled` when it was taken back meanwhile. */
  'uploads.fixAll': operation('cache', draft.extend({ fix }), z.object({ changed: count, draft: draftDetail })),
  /** Ends a change over many rows (fix, skip, undo, redo) and takes back what it has done; nothing happens when there is none. */
  'uploads.cancelFix': operation('cache', draft, draftDetail),
};
