import { type AppError, networkFault, type NetworkFault } from '../../shared/app-error.ts';
import { inputWords } from './input-words.ts';
import { refusalWords } from './refusal-words.ts';
import type { Words } from './words.ts';

/** Turns an error of the bridge into what happened and what to do. Exhaustive: a new code does not compile without words. */
export function errorWords(error: AppError): Words {
  switch (error.code) {
    case 'offline':
      return networkWords(error.fault, error.host);
    case 'timeout':
      return {
        title: `${error.host} did not answer within ${error.seconds} seconds`,
        next: 'The connection may be slow. Try again in a moment; nothing was lost.',
      };
    case 'signed_out':
      return signedOutWords(error.reason);
    case 'forbidden':
      return forbiddenWords(error.reason);
    case 'not_found':
      return notFoundWords(error.what);
    case 'conflict':
      return conflictWords(error.what);
    case 'invalid_input':
      return inputWords(error.field, error.reason);
    case 'unreadable_file':
      return fileWords(error);
    case 'refused':
      return refusalWords(error.reason, error.shortfall ?? null);
    case 'outdated_client':
      return {
        title: 'This version of Partner Console is too old for the server',
        next: 'Install the current version. What waits on this computer stays and is sent afterwards.',
      };
    case 'cache_unavailable':
      return cacheWords(error.reason);
    case 'cancelled':
      return { title: 'Cancelled', next: 'Nothing was changed.' };
    case 'unexpected':
      return {
        title: 'Something went wrong in Partner Console itself',
        next: `Try again. If it stays, give your IT the incident ${error.incident}.`,
      };
  }
}

function networkWords(fault: NetworkFault, host: string): Words {
  switch (fault) {
    case 'dns':
      return {
        title: `The address ${host} was not found`,
        next: 'Check the organisation address for a typing mistake, and that this computer is online.',
      };
    case 'refused':
      return {
        title: `${host} does not accept connections`,
        next: 'The server may be down. Try again later, or ask your IT whether a firewall blocks it.',
      };
    case 'tls':
      return {
        title: `The secure connection to ${host} could not be verified`,
        next: 'Your network may inspect traffic with its own certificate. Ask your IT to install it on this computer.',
      };
    case 'proxy':
      return {
        title: `Your network’s proxy stands between this computer and ${host}`,
        next: 'Sign in to the proxy in a browser, or ask your IT to allow this address.',
      };
    case 'timeout':
      return { title: `${host} did not answer in time`, next: 'Check the connection and try again.' };
    case 'reset':
      return {
        title: `The connection to ${host} was cut`,
        next: 'Try again. If it is cut every time, ask your IT whether a firewall blocks it.',
      };
    case 'server':
      return {
        title: `${host} answered with a fault of its own`,
        next: 'Try again in a few minutes. Nothing was lost.',
      };
    case 'unreachable':
      return {
        title: `${host} cannot be reached`,
        next: 'Check that this computer is online. Prepared work waits here and is sent later.',
      };
  }
}

const faultNames: Readonly<Record<NetworkFault, string>> = {
  dns: 'its address was not found',
  refused: 'it does not accept connections',
  tls: 'the secure connection could not be verified',
  proxy: 'the network’s proxy stands between',
  timeout: 'it did not answer in time',
  reset: 'the connection was cut',
  server: 'it answered with a fault of its own',
  unreachable: 'it cannot be reached',
};

/** What a server answers that is there and still did not do it, and what keeps this computer from it. */
const otherFaults: Readonly<Record<string, string>> = {
  rate_limited: 'it asked for a pause',
  wrong_shape: 'its answer could not be read',
  not_staged: 'it had put its rows away: they are sent there anew',
  no_answer: 'its answer could not be read',
  rows_too_large: 'that was too much at once',
  connection_lost: 'it lost its database in the middle',
  sign_in: 'the sign-in has ended',
  wrong_key: 'it does not accept the publishable key',
  not_a_partner: 'this account does not manage a partner’s members',
  outdated: 'it lacks functions that this version of the console needs',
  local_full: 'the disk of this computer is full',
  local_read_only: 'this computer’s data folder cannot be written to',
  local_locked: 'another program holds this computer’s data',
  local_corrupt: 'the data kept on this computer is damaged',
  local_newer: 'the data on this computer was written by a newer version',
  local_unexpected: 'something went wrong in Partner Console itself',
};

/** Why the last attempt failed, in a few words; a fault that this version does not know keeps its code. */
export function faultWords(fault: string): string {
  const known = networkFault.safeParse(fault);
  if (known.success) return faultNames[known.data];
  if (Object.hasOwn(otherFaults, fault)) return otherFaults[fault] ?? fault;
  return `${faultNames.server} (${fault.replace('http_', 'HTTP ')})`;
}

function signedOutWords(reason: Extract<AppError, { code: 'signed_out' }>['reason']): Words {
  switch (reason) {
    case 'wrong_password':
      return {
        title: 'E-mail and password do not match',
        next: 'Check both and try again. The server does not say which of the two is wrong.',
      };
    case 'expired':
      return {
        title: 'Your sign-in has ended',
        next: 'Sign in again. What waits on this computer goes on afterwards.',
      };
    case 'not_signed_in':
      return { title: 'You are not signed in', next: 'Sign in to go on.' };
  }
}

function forbiddenWords(reason: Extract<AppError, { code: 'forbidden' }>['reason']): Words {
  switch (reason) {
    case 'not_a_partner':
      return {
        title: 'This account does not manage a partner’s members',
        next: 'Sign in with the account of a partner admin, or ask whoever set up your organisation.',
      };
    case 'sender':
      return { title: 'This window may not do that', next: 'Close it and open Partner Console again.' };
    case 'server':
      return {
        title: 'The server does not allow this',
        next: 'Check the publishable key under Connection, or ask whoever set up your organisation.',
      };
  }
}

function notFoundWords(what: Extract<AppError, { code: 'not_found' }>['what']): Words {
  switch (what) {
    case 'member':
      return { title: 'This member is no longer there', next: 'The list shows who is there now.' };
    case 'draft':
      return { title: 'This upload is no longer there', next: 'Choose another from the list, or start a new one.' };
    case 'row':
      return { title: 'This row is no longer in the upload', next: 'The list shows the rows that are there now.' };
    case 'item':
      return { title: 'This item is no longer in the queue', next: 'The list shows what waits now.' };
    case 'operation':
      return {
        title: 'This window and the console behind it are of different versions',
        next: 'Close it and open Partner Console again.',
      };
    case 'project':
      return {
        title: 'There is no organisation at this address',
        next: 'Check the organisation address and the publishable key under Connection.',
      };
  }
}

function conflictWords(what: Extract<AppError, { code: 'conflict' }>['what']): Words {
  switch (what) {
    case 'draft_busy':
      return {
        title: 'Rows of this upload are being read or changed',
        next: 'Wait until that is done, or cancel it with Esc.',
      };
    case 'draft_submitted':
      return {
        title: 'This upload was already sent',
        next: 'Its rows can no longer be changed. Refused rows can be corrected as a new upload.',
      };
    case 'item_sending':
      return {
        title: 'This item is on its way to the server, or may have been done already',
        next: 'It can be changed only once the answer is here: wait a moment, or send it where it is held.',
      };
    case 'request_id_reused':
      return {
        title: 'The server knows this item with other content',
        next: 'Nothing was done twice. Discard it and enter it again.',
      };
  }
}

type FileError = Extract<AppError, { code: 'unreadable_file' }>;

/** Reasons after which no other encoding or separator helps: only another file does. */
const otherFileNeeded: ReadonlySet<FileError['reason']> = new Set([
  'empty',
  'header_only',
  'binary',
  'password',
  'old_spreadsheet',
  'binary_spreadsheet',
  'open_document',
  'damaged',
  'too_many_rows',
]);

/** True when the file itself is wrong, not the way it is read. */
export function needsOtherFile(error: AppError): boolean {
  return error.code === 'unreadable_file' && otherFileNeeded.has(error.reason);
}

function fileWords(error: FileError): Words {
  const line = error.line === undefined ? '' : ` (line ${error.line})`;
  switch (error.reason) {
    case 'empty':
      return { title: 'This file is empty', next: 'Choose the file that holds your members.' };
    case 'header_only':
      return {
        title: 'This file has a header but no rows below it',
        next: 'Add at least one member below the header, or choose another file.',
      };
    case 'binary':
      return {
        title: 'This file is not a table of text',
        next: 'Export your list as CSV and choose that file.',
      };
    case 'password':
      return {
        title: 'This workbook is protected by a password',
        next: 'In Excel choose File › Info › Protect Workbook, remove the password, save it and choose it again.',
      };
    case 'old_spreadsheet':
      return {
        title: 'This is a workbook of an old version of Excel (.xls)',
        next: 'Open it, choose File › Save as › “Excel Workbook (.xlsx)”, then choose the saved file here.',
      };
    case 'binary_spreadsheet':
      return {
        title: 'This is a binary workbook (.xlsb)',
        next: 'In Excel choose File › Save as › “Excel Workbook (.xlsx)”, then choose the saved file here.',
      };
    case 'open_document':
      return {
        title: 'This is an OpenDocument spreadsheet (.ods)',
        next: 'Choose File › Save as › “Excel (.xlsx)” or “Text CSV”, then choose the saved file here.',
      };
    case 'damaged':
      return {
        title: 'This workbook is damaged or only half there',
        next: 'Open it in Excel, save it again and choose it here; if it came by e-mail, download it again.',
      };
    case 'too_many_rows':
      return {
        title: 'This sheet has more rows than a sheet can have (1,048,576)',
        next: 'Export your list as CSV, or split it into several files.',
      };
    case 'no_email_column':
      return {
        title: 'No column of this file holds e-mail addresses',
        next: 'Each member needs an e-mail address. Choose which column it is, or another file.',
      };
    case 'broken_quote':
      return {
        title: `A quotation mark is opened and never closed${line}`,
        next: 'Correct that line in the file, or choose another separator under File.',
      };
    case 'misplaced_quote':
      return {
        title: `A quotation mark stands in the wrong place in the first row${line}`,
        next: 'Correct that line in the file, or choose another separator above.',
      };
    case 'encoding':
      return {
        title: `This file cannot be read in the chosen encoding${line}`,
        next: 'Choose another encoding above and look at the samples.',
      };
    case 'too_large':
      return {
        title: `A part of this file is larger than a table of members can be${line}`,
        next: 'Check the separator, or split the file.',
      };
  }
}

function cacheWords(reason: Extract<AppError, { code: 'cache_unavailable' }>['reason']): Words {
  switch (reason) {
    case 'locked':
      return {
        title: 'Another program holds this console’s data',
        next: 'Close other windows of Partner Console, or wait for the virus scan or backup to end.',
      };
    case 'full':
      return { title: 'The disk is full', next: 'Free some space and try again. Prepared work is still there.' };
    case 'read_only':
      return {
        title: 'This console’s data folder cannot be written to',
        next: 'Ask your IT to give your user write access to it.',
      };
    case 'corrupt':
      return {
        title: 'The data kept on this computer is damaged',
        next: 'Partner Console makes it anew of what can be read, and says so. If this message stays, keep this computer as it is and ask your IT.',
      };
    case 'newer':
      return {
        title: 'The data on this computer was written by a newer Partner Console',
        next: 'Install the newer version again.',
      };
  }
}

/** What an IT person needs to find a fault: no name, e-mail address, token or key. */
export function errorForIt(error: AppError, version: string): string {
  const parts = Object.entries(error).map(([key, value]) => `${key}: ${String(value)}`);
  return [`Partner Console ${version}`, ...parts, `seen: ${new Date().toISOString()}`].join('\n');
}
