import type { AppError } from '../../shared/app-error.ts';
import { refusalWords } from '../../shared/csv/row-words.ts';

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
  broken_quote: 'a quotation mark is opened and never closed',
  misplaced_quote: 'something stands behind a closing quotation mark in the first row',
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
