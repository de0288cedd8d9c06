import type { RowIssue } from '../../shared/contract/uploads.ts';
import { duplicateIssue, severityOf } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { firstRowWithEmail, rowsWithEmail, updateIssues } from '../cache/draft-rows.ts';

/**
 * Brings the duplicate issues of all rows with one e-mail up to date: a row has one when an earlier row that is not
 * skipped has the same e-mail, and names the first of those. Runs in the caller's transaction.
 */
export function refreshDuplicates(database: WriteDatabase, draftId: string, email: string): void {
  refreshSomeDuplicates(database, draftId, email, { after: 0, limit: -1 });
}

/**
 * As `refreshDuplicates`, after one row has got or lost the e-mail: behind the first row with it, that changes nothing for the others.
 */
export function refreshDuplicatesBeside(database: WriteDatabase, draftId: string, email: string, row: number): void {
  const first = firstRowWithEmail(database, draftId, email);
  if (first === null || row <= first) refreshDuplicates(database, draftId, email);
  else refreshSomeDuplicates(database, draftId, email, { after: row - 1, limit: 1 });
}

/**
 * As `refreshDuplicates`, for at most `limit` rows behind row `after`: a whole file can have one e-mail. Answers the row to go on
 * behind, null when there is none left.
 */
export function refreshSomeDuplicates(
  database: WriteDatabase,
  draftId: string,
  email: string,
  slice: { readonly after: number; readonly limit: number },
): number | null {
  const first = firstRowWithEmail(database, draftId, email);
  const rows = rowsWithEmail(database, draftId, email, slice);
  for (const row of rows) {
    const found: RowIssue[] = row.issues === null ? [] : JSON.parse(row.issues);
    const issues = found.filter((issue) => issue.code !== 'email_duplicate');
    if (first !== null && row.row_no > first) issues.push(duplicateIssue(email, first));
    const text = issues.length === 0 ? null : JSON.stringify(issues);
    if (text !== row.issues) updateIssues(database, draftId, row.row_no, text, severityOf(issues));
  }
  return rows.length === slice.limit ? (rows.at(-1)?.row_no ?? null) : null;
}
