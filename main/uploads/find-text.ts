import { fieldText, type DataField, type RuleContext } from '../../shared/csv/check-row.ts';
import type { ReadDatabase } from '../cache/database.ts';
import { scanRows, type EditedRow } from '../cache/draft-rows.ts';
import { readTexts } from './row-texts.ts';

/** The places behind which a cell may hold an apostrophe that its text does not have (see the formula guard). */
const SEPARATOR = /[,;\t|"\r\n]/;
const GUARDED_START = /^['=+\-@\0\uFF1D\uFF0B\uFF0D\uFF20]+/;

/**
 * A text that the JSON of a row's cells surely holds when one of them has the given text: most rows are passed over without being
 * parsed. Empty when there is none.
 */
export function needleOf(text: string): string {
  return SEPARATOR.test(text) ? '' : JSON.stringify(text.replace(GUARDED_START, '')).slice(1, -1);
}

/** Of the rows in a range of numbers that are not skipped, those that hold exactly this text in a field. */
export function rowsWithText(
  database: ReadDatabase,
  draftId: string,
  field: DataField,
  text: string,
  range: { readonly after: number; readonly through: number },
  context: RuleContext,
): EditedRow[] {
  return scanRows(database, draftId, range, needleOf(text)).filter((row) => textOf(row, field, context) === text);
}

function textOf(row: EditedRow, field: DataField, context: RuleContext): string {
  const { cells, edits } = readTexts(row, context);
  return fieldText(cells, edits, field, context);
}
