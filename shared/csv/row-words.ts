import type { RowIssue } from '../contract/uploads.ts';
import { ruleCodes, type RuleCode } from './rule-code.ts';

type Data = RowIssue['data'];

const words: Readonly<Record<RuleCode, (data: Data) => string>> = {
  email_missing: () => 'no e-mail address',
  email_invalid: ({ value, suggestion }) =>
    `"${value}" is no e-mail address${suggestion === undefined ? '' : `; is ${suggestion} meant?`}`,
  email_domain_typo: ({ suggestion }) => `is ${suggestion} meant?`,
  email_lookalike: ({ suggestion }) => `letters of another script in the domain; is ${suggestion} meant?`,
  email_duplicate: ({ first }) => `the same e-mail address as in row ${first}`,
  name_missing: () => 'no first name',
  name_control_characters: () => 'a line break or another control character in the name',
  name_too_long: ({ length, max }) => `a name of ${length} letters; ${max} are allowed`,
  name_unreadable: ({ value }) => `"${value}" looks read in the wrong encoding`,
  name_mixed_script: ({ value, suggestion }) =>
    `"${value}" mixes scripts${suggestion === undefined ? '' : `; is ${suggestion} meant?`}`,
  credits_not_a_number: ({ value }) => `"${value}" is no number of credits`,
  credits_fractional: ({ value }) => `${value} is not a whole number of credits`,
  credits_negative: ({ value }) => `${value} credits: fewer than none`,
  credits_too_many: ({ value, max }) => `${value} credits; at most ${max} at once`,
  credits_ambiguous: ({ value }) => `"${value}": thousands or decimals? Write it without separators`,
  credits_grouped: ({ value, credits }) => `"${value}" was read as ${credits}`,
  validity_not_a_number: ({ value }) => `"${value}" is no number of days`,
  validity_out_of_range: ({ value, min, max }) => `${value} days; ${min} to ${max} are allowed`,
  expiry_not_a_date: ({ value }) => `"${value}" is no date; write it as 2026-12-31`,
  expiry_ambiguous: ({ value }) => `"${value}": day or month first? Write it as 2026-12-31`,
  expiry_past: ({ value }) => `${value} is in the past`,
  expiry_too_far: ({ value, max }) => `${value} is more than ${max} days away`,
  expiry_replaces_validity: () => 'both days and a date are given; the date counts',
  status_leaver: ({ value }) => `"${value}": has left, and would get the credits`,
  status_unknown: ({ value }) => `"${value}": it is not known whether the person has left`,
  member_inactive: () => 'the member is inactive; reactivate them first',
  member_waiting: ({ where, name }) =>
    where === 'outbox'
      ? `the same e-mail address waits to be sent: ${name}`
      : `the same e-mail address is in the draft ${name}`,
  row_short: ({ cells, columns, missing }) =>
    missing === undefined
      ? `${cells} of ${columns} cells; the others count as empty`
      : `${cells} of ${columns} cells: the row ends before the column used as ${missing}`,
  row_joined: ({ value }) =>
    value === undefined
      ? 'a line break of another kind stands in a cell: two rows may have become one'
      : `a cell holds "${value}", which looks like a row of its own: close the quotation mark before it`,
  row_quotes: () => 'a quotation mark stands where none can: the cells are as they stand in the file',
  row_damaged: () => 'what was kept of the row was damaged: compare it with the file',
  refused_before: ({ reason }) => `refused when it was sent before (${reason})`,
  row_long: ({ cells, columns }) => `${cells} cells for ${columns} columns; values may stand in the wrong one`,
};

/** One finding about a row, in words. */
export function issueWords(issue: RowIssue): string {
  const code = ruleCodes.find((it) => it === issue.code);
  return code === undefined ? issue.code : words[code](issue.data);
}

const refusals: Readonly<Record<string, string>> = {
  insufficient_credits: 'the balance does not reach',
  member_inactive: 'the member is inactive; reactivate them first',
  invalid_email: 'the server does not accept the e-mail address',
  invalid_name: 'the server does not accept the name',
  invalid_credits: 'the server does not accept the number of credits',
  invalid_validity: 'the server does not accept the validity',
  invalid_row: 'the server does not accept the row',
};

/** Why the server refused a row, in words. */
export function refusalWords(reason: string | null, shortfall: number | null): string {
  const why = refusals[reason ?? ''] ?? `refused (${reason ?? 'no reason given'})`;
  return shortfall === null ? why : `${why}: ${shortfall} credits short`;
}
