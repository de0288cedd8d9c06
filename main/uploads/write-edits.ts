import type { RowIssue } from '../../shared/contract/uploads.ts';
import { brokenQuotes, checkRow, type CheckedRow, type RuleContext } from '../../shared/csv/check-row.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { updateDraftRow, type EditedRow } from '../cache/draft-rows.ts';
import { isInactiveMember } from '../cache/waiting-emails.ts';
import { checkedColumns } from './checked-columns.ts';
import { readTexts } from './row-texts.ts';

/**
 * Issues that compare the e-mail of a row with other rows, members and what waits; checking a row alone finds none of them. Found anew
 * by `refreshSomeDuplicates`, for each e-mail that came or went.
 */
const comparing: ReadonlySet<string> = new Set([
  'email_duplicate',
  'member_inactive',
  'member_waiting',
  // A slip of the file's own domain is a matter of all rows too.
  'email_domain_typo',
]);

/**
 * Replaces the edits of a row (JSON, null: none) and checks it again. Answers the e-mails that came or went, and that of
 * an inactive member who would now be given credits or none any more: the rows that have them are to be compared anew. Runs in the caller's transaction.
 */
export function writeEdits(
  database: WriteDatabase,
  draftId: string,
  row: Omit<EditedRow, 'edits'>,
  edits: string | null,
  context: RuleContext,
): string[] {
  const texts = readTexts({ ...row, edits }, context);
  const checked = checkRow(texts.cells, texts.edits, context);
  if (texts.issues.some(({ code }) => code === 'row_quotes')) checked.issues.push(brokenQuotes(texts.edits));
  const hasSameEmail = checked.email === row.email_key;
  const kept = hasSameEmail ? withComparisons(checked, texts.issues) : checked;
  updateDraftRow(database, draftId, row.row_no, edits, checkedColumns(kept));
  if (hasSameEmail) {
    const givesAsBefore = (row.credits ?? 0) > 0 === (checked.credits ?? 0) > 0;
    return givesAsBefore || row.email_key === null || !isInactiveMember(database, row.email_key) ? [] : [row.email_key];
  }
  return [row.email_key, checked.email].filter((email) => email !== null);
}

/** With the same e-mail, how it compares with other rows stays. */
function withComparisons(checked: CheckedRow, issues: readonly RowIssue[]): CheckedRow {
  const found = new Set(checked.issues.map((issue) => issue.code));
  const kept = issues.filter((issue) => comparing.has(issue.code) && !found.has(issue.code));
  return kept.length === 0 ? checked : { ...checked, issues: [...checked.issues, ...kept] };
}
