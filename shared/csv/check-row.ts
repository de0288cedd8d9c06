import type { ColumnMapping, RowIssue, Separator, UploadField } from '../contract/uploads.ts';
import { readCredits, type DecimalMark } from './credits-rule.ts';
import { readEmail } from './email-rule.ts';
import { readExpiresOn } from './expiry-rule.ts';
import type { Issue } from './finding.ts';
import { unguard } from './formula-guard.ts';
import { joinedRows } from './joined-rows.ts';
import { readFirstName } from './name-rule.ts';
import { ownDomainSlip, type OwnDomain } from './own-domain.ts';
import { statusIssue } from './status-rule.ts';
import { readValidityDays } from './validity-rule.ts';

/** The fields that carry data, without `ignore`. */
export type DataField = Exclude<UploadField, 'ignore'>;
export const dataFields: readonly DataField[] = [
  'email',
  'first_name',
  'credits',
  'validity_days',
  'expires_on',
  'status',
];

/** Texts a person typed over the cells of a row. */
export type RowEdits = Readonly<Partial<Record<DataField, string>>>;

/** What the rules need to know beside the row itself. */
export interface RuleContext {
  /** Where each field stands among the cells; absent for a field the file does not have. */
  readonly columns: ReadonlyMap<DataField, number>;
  /** How many cells a row should have. */
  readonly columnCount: number;
  /** What parts the cells of the file; null for a workbook. */
  readonly separator: Separator | null;
  readonly decimal: DecimalMark;
  /** In UTC, `2026-05-01`. */
  readonly today: string;
  /** What most e-mails of the file have; null while that is not known. */
  readonly ownDomain: OwnDomain | null;
}

/** A row as the server would get it, and what is wrong with it. */
export interface CheckedRow {
  readonly email: string | null;
  readonly firstName: string | null;
  readonly credits: number | null;
  readonly validityDays: number | null;
  readonly expiresOn: string | null;
  readonly issues: RowIssue[];
}

/**
 * The rule context of a file. A field that stands twice in the mapping counts where it stands first.
 *
 * @param separator null for a workbook
 */
export function ruleContext(
  mapping: ColumnMapping,
  separator: Separator | null,
  today: string,
  ownDomain: OwnDomain | null = null,
): RuleContext {
  const columns = new Map<DataField, number>();
  for (const [index, field] of mapping.entries()) {
    if (field !== 'ignore' && !columns.has(field)) columns.set(field, index);
  }
  return { columns, columnCount: mapping.length, separator, decimal: decimalMark(separator), today, ownDomain };
}

/** A spreadsheet parts columns by semicolons where the comma is the decimal mark, and by commas where the point is; a workbook tells neither. */
function decimalMark(separator: Separator | null): DecimalMark {
  if (separator === ';') return 'comma';
  return separator === ',' ? 'point' : null;
}

/** The text of one field of a row: what was typed, else the cell without the guard against formulas, else empty. */
export function fieldText(
  cells: readonly string[],
  edits: RowEdits | null,
  field: DataField,
  context: RuleContext,
): string {
  const edited = edits?.[field];
  if (edited !== undefined) return edited;
  const column = context.columns.get(field);
  return column === undefined ? '' : unguard(cells[column] ?? '');
}

/**
 * Applies every rule that one row can be checked by alone. Duplicates are a matter of all rows: see
 * `duplicateIssue`.
 */
export function checkRow(cells: readonly string[], edits: RowEdits | null, context: RuleContext): CheckedRow {
  const issues: RowIssue[] = [];
  const report = (field: DataField | null, issue: Issue | null): void => {
    if (issue !== null) issues.push({ ...issue, field });
  };
  const text = (field: DataField): string => fieldText(cells, edits, field, context);

  const email = readEmail(text('email'));
  report('email', email.issue);
  const firstName = readFirstName(text('first_name'));
  // A file without names is a choice; an empty name among names is worth a question.
  if (firstName.issue?.code !== 'name_missing' || context.columns.has('first_name'))
    report('first_name', firstName.issue);
  const credits = readCredits(text('credits'), context.decimal);
  report('credits', credits.issue);
  const validityDays = readValidityDays(text('validity_days'));
  report('validity_days', validityDays.issue);
  const expiresOn = readExpiresOn(text('expires_on'), context.today);
  report('expires_on', expiresOn.issue);
  if (validityDays.value !== null && expiresOn.value !== null) {
    report('expires_on', { code: 'expiry_replaces_validity', severity: 'warning', data: {} });
  }
  report('status', statusIssue(text('status'), context.today));
  report(null, shapeIssue(cells, edits, context));
  report(null, joinedIssue(cells, edits, context));
  if (email.value !== null && email.issue === null && context.ownDomain !== null) {
    const slip = ownDomainSlip(email.value, context.ownDomain);
    if (slip !== null) issues.push(slip);
  }
  return {
    email: email.value,
    firstName: firstName.value,
    credits: credits.value,
    validityDays: validityDays.value,
    expiresOn: expiresOn.value,
    issues,
  };
}

/** A row that a person has edited has been looked at. */
function joinedIssue(cells: readonly string[], edits: RowEdits | null, context: RuleContext): Issue | null {
  const { separator, columnCount } = context;
  const issue = joinedRows(cells, { separator, columnCount, emailColumn: context.columns.get('email') });
  return issue === null || edits === null ? issue : { ...issue, severity: 'warning' };
}

function shapeIssue(cells: readonly string[], edits: RowEdits | null, context: RuleContext): Issue | null {
  if (cells.length === context.columnCount) return null;
  const data = { cells: cells.length, columns: context.columnCount };
  if (cells.length < context.columnCount) {
    // Without a word the row would go without the credits that may stand in the next line. What was typed is there.
    const missing = dataFields.find(
      (field) => (context.columns.get(field) ?? -1) >= cells.length && edits?.[field] === undefined,
    );
    if (missing === undefined) return { code: 'row_short', severity: 'warning', data };
    return { code: 'row_short', severity: 'error', data: { ...data, missing } };
  }
  if (cells.slice(context.columnCount).every((cell) => cell.trim() === '')) return null;
  // A row that a person has edited has been looked at: its values stand where they belong.
  return { code: 'row_long', severity: edits === null ? 'error' : 'warning', data };
}

/** The issue of a row with a broken quote, which only the reading of the file sees. A person who has edited the row has looked at it. */
export function brokenQuotes(edits: RowEdits | null): RowIssue {
  return { code: 'row_quotes', severity: edits === null ? 'error' : 'warning', field: null, data: {} };
}

/** The issue of a row whose e-mail an earlier row that is not skipped has too. */
export function duplicateIssue(email: string, firstRow: number): RowIssue {
  return { code: 'email_duplicate', severity: 'error', field: 'email', data: { value: email, first: firstRow } };
}

/** 2 with an error, 1 with a warning, 0 with neither. */
export function severityOf(issues: readonly RowIssue[]): 0 | 1 | 2 {
  if (issues.some((issue) => issue.severity === 'error')) return 2;
  return issues.length > 0 ? 1 : 0;
}
