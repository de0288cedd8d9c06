import type { AppError } from '../../shared/app-error.ts';
import type { RowIssue } from '../../shared/contract/uploads.ts';
import { ruleCodes, type RuleCode } from '../../shared/csv/rule-code.ts';

type Data = RowIssue['data'];

const words: Readonly<Record<RuleCode, (data: Data) => string>> = {
  email_missing: () => 'no e-mail address',
  email_invalid: ({ value, suggestion }) =>
    `"${value}" is no e-mail address${suggestion === undefined ? '' : `; is ${suggestion} meant?`}`,
  email_domain_typo: ({ suggestion }) => `is ${suggestion} meant?`,
  email_duplicate: ({ first }) => `the same e-mail address as in row ${first}`,
  name_missing: () => 'no first name',
  name_control_characters: () => 'a line break or another control character in the name',
  name_too_long: ({ length, max }) => `a name of ${length} letters; ${max} are allowed`,
  name_unreadable: ({ value }) => `"${value}" looks read in the wrong encoding`,
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
  row_short: ({ cells, columns }) => `${cells} of ${columns} cells; the others count as empty`,
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

const unreadable: Readonly<Record<Extract<AppError, { code: 'unreadable_file' }>['reason'], string>> = {
  empty: 'the file is empty',
  header_only: 'the file has a header and no rows',
  binary: 'the file is no text; export it as CSV',
  password: 'the workbook has a password; remove it first',
  old_spreadsheet: 'the file is an old workbook (.xls); save it as .xlsx first',
  binary_spreadsheet: 'the file is a binary workbook (.xlsb); save it as .xlsx first',
  open_document: 'the file is an OpenDocument spreadsheet (.ods); save it as .xlsx or CSV first',
  damaged: 'the workbook is damaged or incomplete; save or download it again',
  too_many_rows: 'the sheet has more than 1,048,576 rows; export it as CSV',
  no_email_column: 'no column holds e-mail addresses; name one "Email"',
  broken_quote: 'a quotation mark is not closed, or something stands behind a closed one',
  encoding: 'the file is in an encoding that is not known; save it as UTF-8',
  too_large: 'the file is too large',
};

/** A fault as the terminal names it, with what to do next. */
export function faultWords(error: AppError): string {
  switch (error.code) {
    case 'offline':
      return `${error.host} cannot be reached (${error.fault}: ${error.detail}). Check the network and the address.`;
    case 'timeout':
      return `${error.host} did not answer within ${error.seconds} seconds. Try again later.`;
    case 'signed_out':
      return error.reason === 'wrong_password'
        ? 'The sign-in was refused. Check PARTNER_CONSOLE_EMAIL and PARTNER_CONSOLE_PASSWORD.'
        : 'The session has ended. Run the command again.';
    case 'forbidden':
      return error.reason === 'not_a_partner'
        ? 'This account is no partner admin.'
        : 'The server does not accept the key of the project. Check SUPABASE_PUBLISHABLE_KEY.';
    case 'unreadable_file':
      return `The file cannot be read: ${unreadable[error.reason]}${error.line === undefined ? '' : ` (line ${error.line})`}.`;
    case 'refused':
      return `The server refused: ${refusalWords(error.reason, error.shortfall ?? null)}.`;
    case 'cache_unavailable':
      return `The data folder cannot be used (${error.reason}). Set PARTNER_CONSOLE_DATA to another folder.`;
    case 'outdated_client':
      return 'The server wants a newer version of this console. Update it.';
    case 'not_found':
      return error.what === 'project'
        ? 'There is no such project, or it lacks the functions of Partner Console. Check SUPABASE_URL.'
        : `Not found: ${error.what}.`;
    case 'conflict':
      return `Busy: ${error.what}. Try again in a moment.`;
    case 'invalid_input':
      return `Not accepted: ${error.field} (${error.reason}).`;
    case 'cancelled':
      return 'Cancelled.';
    case 'unexpected':
      return `Something went wrong that should not (incident ${error.incident}, see console.log in the data folder).`;
  }
}
