import type { RowIssue } from '../../shared/contract/uploads.ts';
import { duplicateIssue, severityOf } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { firstRowWithEmail, rowsWithEmail, updateIssues } from '../cache/draft-rows.ts';
import { findWaiting, isInactiveMember } from '../cache/waiting-emails.ts';

/** What is found here, and found anew each time. */
const refreshed: ReadonlySet<string> = new Set(['email_duplicate', 'member_inactive', 'member_waiting']);

/**
 * Brings the duplicate issues of all rows with one e-mail up to date: a row has one when an earlier row that is not
 * skipped has the same e-mail, and names the first of those. So does what members, the outbox and other drafts have to say about the
 * e-mail. Runs in the caller's transaction.
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
  const elsewhere = rows.length === 0 ? [] : issuesElsewhere(database, draftId, email);
  for (const row of rows) {
    const found: RowIssue[] = row.issues === null ? [] : JSON.parse(row.issues);
    const issues = found.filter((issue) => !refreshed.has(issue.code));
    if (first !== null && row.row_no > first) issues.push(duplicateIssue(email, first));
    issues.push(...elsewhere);
    const text = issues.length === 0 ? null : JSON.stringify(issues);
    if (text !== row.issues) updateIssues(database, draftId, row.row_no, text, severityOf(issues));
  }
  return rows.length === slice.limit ? (rows.at(-1)?.row_no ?? null) : null;
}

function issuesElsewhere(database: WriteDatabase, draftId: string, email: string): RowIssue[] {
  const issues: RowIssue[] = [];
  if (isInactiveMember(database, email)) {
    issues.push({ code: 'member_inactive', severity: 'error', field: 'email', data: { value: email } });
  }
  const waiting = findWaiting(database, draftId, email);
  if (waiting !== null) {
    const data = { value: email, where: waiting.place, name: waiting.name };
    issues.push({ code: 'member_waiting', severity: 'warning', field: 'email', data });
  }
  return issues;
}
