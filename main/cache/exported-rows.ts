import type { DataField } from '../../shared/csv/check-row.ts';
import type { ReadDatabase } from './database.ts';
import { type DraftRowRecord, resultOfRow } from './draft-rows.ts';

/** Refused, without an answer, left out or with an error: whatever is not done, and will not be by itself. */
const isProblem = `(${resultOfRow} in ('refused', 'waiting') or (${resultOfRow} is null and (severity = 2 or skipped = 1)))`;

/** The rows behind number `after` up to `through`, in file order. */
export function rowsToExport(
  database: ReadDatabase,
  draftId: string,
  rows: 'all' | 'problems',
  range: { readonly after: number; readonly through: number },
): DraftRowRecord[] {
  return database.all<DraftRowRecord>(
    `select row_no, cells, edits, email_key, first_name, credits, validity_days, expires_on, issues, severity, skipped,
       ${resultOfRow} as result, outcome from draft_rows
     where draft_id = ? and row_no > ? and row_no <= ? ${rows === 'all' ? '' : `and ${isProblem}`} order by row_no`,
    draftId,
    range.after,
    range.through,
  );
}

/** Of some fields, those that were typed in a row of a range although the file has no column for them. */
export function typedFields(
  database: ReadDatabase,
  draftId: string,
  fields: readonly DataField[],
  range: { readonly after: number; readonly through: number },
): DataField[] {
  return database
    .all<{ field: DataField }>(
      `select distinct key as field from draft_rows, json_each(iif(json_valid(edits), edits, '{}'))
       where draft_id = @draftId and row_no > @after and row_no <= @through and edits is not null
         and key in (select value from json_each(@fields))`,
      { draftId, fields: JSON.stringify(fields), ...range },
    )
    .map((row) => row.field);
}
