import type { RowIssue } from '../../shared/contract/uploads.ts';
import { duplicateIssue, severityOf } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { rowsWithEmail, updateIssues } from '../cache/draft-rows.ts';

/**
 * Brings the duplicate issues of all rows with one e-mail up to date: a row has one when an earlier row that is not
 * skipped has the same e-mail, and names the first of those. Runs in the caller's transaction.
 */
export function refreshDuplicates(database: WriteDatabase, draftId: string, email: string): void {
  let first: number | null = null;
  for (const row of rowsWithEmail(database, draftId, email)) {
    const found: RowIssue[] = row.issues === null ? [] : JSON.parse(row.issues);
    const issues = found.filter((issue) => issue.code !== 'email_duplicate');
    if (first !== null) issues.push(duplicateIssue(email, first));
    const text = issues.length === 0 ? null : JSON.stringify(issues);
    if (text !== row.issues) updateIssues(database, draftId, row.row_no, text, severityOf(issues));
    if (first === null && row.skipped === 0) first = row.row_no;
  }
}
