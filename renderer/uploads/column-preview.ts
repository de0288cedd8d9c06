import type { RowIssue, Separator, UploadField } from '../../shared/contract/uploads.ts';
import { checkRow, ruleContext } from '../../shared/csv/check-row.ts';
import { formatCount, formatDay, plural } from '../design/format.ts';
import { issueWords } from '../messages/rule-words.ts';

/** What one value of a column would become, in words, and whether a rule objects. */
export interface Preview {
  readonly text: string;
  readonly severity: 'error' | 'warning' | null;
}

/**
 * What a value of the file becomes when its column is used as a field, by the very rules that check the rows.
 *
 * @param separator null for a workbook
 * @param today in UTC, `2026-05-01`
 */
export function previewValue(
  value: string,
  field: UploadField,
  separator: Separator | null,
  today: string,
): Preview | null {
  if (field === 'ignore' || value.trim() === '') return null;
  const row = checkRow([value], null, ruleContext([field], separator, today));
  const issues = row.issues.filter((issue) => issue.field === field);
  const worst = issues.find((issue) => issue.severity === 'error') ?? issues[0];
  if (worst?.severity === 'error') return { text: issueWords(worst).title, severity: 'error' };
  if (field === 'status') return statusPreview(issues);
  const text = wordsOf(field, row);
  return text === null ? null : { text, severity: worst ? 'warning' : null };
}

/** A status is looked at and never sent: what it becomes is a warning, or nothing. */
function statusPreview(issues: readonly RowIssue[]): Preview {
  const [warning] = issues;
  return warning
    ? { text: `warns: ${issueWords(warning).title}`, severity: 'warning' }
    : { text: 'fine', severity: null };
}

function wordsOf(field: Exclude<UploadField, 'ignore' | 'status'>, row: ReturnType<typeof checkRow>): string | null {
  switch (field) {
    case 'email':
      return row.email;
    case 'first_name':
      return row.firstName;
    case 'credits':
      return row.credits === null ? null : plural(row.credits, 'credit');
    case 'validity_days':
      return row.validityDays === null ? null : `${formatCount(row.validityDays)} days`;
    case 'expires_on':
      return row.expiresOn === null ? null : `until ${formatDay(`${row.expiresOn}T12:00:00`)}`;
  }
}
