import type { RowIssue } from '../../shared/contract/uploads.ts';
import { duplicateIssue, severityOf } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { firstRowWithEmail, rowsWithEmail, updateIssues } from '../cache/draft-rows.ts';
import { findWaiting, isInactiveMember, rowsKnownElsewhere, type WaitingEmail } from '../cache/waiting-emails.ts';
import { parseIssues } from './row-texts.ts';

/** What members, the outbox and other drafts have to say about an e-mail. */
const elsewhereCodes: ReadonlySet<string> = new Set(['member_inactive', 'member_waiting']);

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
  if (rows.length === 0) return null;
  const elsewhere = findElsewhere(database, draftId, email);
  for (const row of rows) {
    const issues = parseIssues(row.issues).filter(
      ({ code }) => code !== 'email_duplicate' && !elsewhereCodes.has(code),
    );
    if (first !== null && row.row_no > first) issues.push(duplicateIssue(email, first));
    storeIssues(database, draftId, row, [...issues, ...elsewhereIssues(email, row.credits, elsewhere)]);
  }
  return rows.length === slice.limit ? (rows.at(-1)?.row_no ?? null) : null;
}

/**
 * Brings what members, the outbox and other drafts have to say about the e-mails of some rows up to date: any of them may have changed
 * since the rows were checked. Answers how many rows are judged otherwise now. Runs in the caller's transaction.
 */
export function recheckElsewhere(
  database: WriteDatabase,
  draftId: string,
  range: { readonly after: number; readonly through: number },
): number {
  let changed = 0;
  for (const row of rowsKnownElsewhere(database, draftId, range)) {
    const issues = parseIssues(row.issues).filter(({ code }) => !elsewhereCodes.has(code));
    const elsewhere = findElsewhere(database, draftId, row.email_key);
    if (storeIssues(database, draftId, row, [...issues, ...elsewhereIssues(row.email_key, row.credits, elsewhere)]))
      changed += 1;
  }
  return changed;
}

/** Answers whether they are others than they were. */
function storeIssues(
  database: WriteDatabase,
  draftId: string,
  row: { readonly row_no: number; readonly issues: string | null },
  issues: readonly RowIssue[],
): boolean {
  const text = issues.length === 0 ? null : JSON.stringify(issues);
  if (text === row.issues) return false;
  updateIssues(database, draftId, row.row_no, text, severityOf(issues));
  return true;
}

interface Elsewhere {
  readonly isInactive: boolean;
  readonly waiting: WaitingEmail | null;
}

function findElsewhere(database: WriteDatabase, draftId: string, email: string): Elsewhere {
  return { isInactive: isInactiveMember(database, email), waiting: findWaiting(database, draftId, email) };
}

/** The server gives no credits to an inactive member; a new name it takes. */
function elsewhereIssues(email: string, credits: number | null, { isInactive, waiting }: Elsewhere): RowIssue[] {
  const issues: RowIssue[] = [];
  if (isInactive && (credits ?? 0) > 0) {
    issues.push({ code: 'member_inactive', severity: 'error', field: 'email', data: { value: email } });
  }
  if (waiting !== null) {
    const data = { value: email, where: waiting.place, name: waiting.name };
    issues.push({ code: 'member_waiting', severity: 'warning', field: 'email', data });
  }
  return issues;
}
