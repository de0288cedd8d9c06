import type { Words } from './words.ts';

const reasons: Readonly<Record<string, Words>> = {
  not_an_address: {
    title: 'The organisation address is no web address',
    next: 'It looks like https://project.supabase.co. Your IT knows it.',
  },
  insecure: {
    title: 'The organisation address must begin with https://',
    next: 'Over plain http your password could be read on the way.',
  },
  wrong_key: {
    title: 'The server does not know this publishable key',
    next: 'Copy it again from the project’s settings, or ask your IT.',
  },
  rows_with_errors: { title: 'Some rows still have errors', next: 'Correct or skip them, then send.' },
  rows_changed: {
    title: 'Members or other uploads have changed meanwhile, and with them what can be sent',
    next: 'Nothing was sent. Look at the rows and figures as they are now, then send.',
  },
  too_many_rows_at_once: {
    title: 'All or nothing works for up to 50,000 rows',
    next: 'Send the valid rows only, or split the file.',
  },
  too_many_credits_at_once: {
    title: 'All or nothing works for up to 100,000 credits',
    next: 'Send the valid rows only, or split the file.',
  },
  no_ready_row: { title: 'No row can be sent', next: 'Correct at least one row, or take one back in.' },
  nothing_to_retry: {
    title: 'No row is left to correct',
    next: 'All of them were confirmed, here or in a later upload.',
  },
  rows_of_an_earlier_upload: {
    title: 'These rows come from an earlier upload and have no file to read again',
    next: 'Correct them as they are, or choose the file again as a new upload.',
  },
  other_columns: {
    title: 'Read like this, the file has other columns',
    next: 'Choose the separator again and check the columns.',
  },
  too_many_rows: {
    title: 'These are more rows than an Excel sheet can hold',
    next: 'Choose CSV instead: it holds any number of rows.',
  },
  cell_too_long: {
    title: 'A cell is longer than an Excel cell can be',
    next: 'Choose CSV instead: it holds texts of any length.',
  },
  too_many_columns: {
    title: 'This file has more columns than an Excel sheet can hold',
    next: 'Choose CSV instead: it holds any number of columns.',
  },
  too_large: {
    title: 'These rows are more than an Excel workbook can hold',
    next: 'Choose CSV instead: it can be of any size.',
  },
  no_receipts: {
    title: 'No row of this file belongs to that upload',
    next: 'Keep the column “receipt” as it is when you correct the file, or treat it as a new upload.',
  },
  less_than_announced: { title: 'The file did not arrive whole', next: 'Choose the file again.' },
  more_than_announced: { title: 'The file has grown while it was read', next: 'Choose the file again.' },
};

/** Why an input was not accepted, and what to do. A field the person knows is named where the reason has no words of its own. */
export function inputWords(field: string, reason: string): Words {
  if (reason.startsWith('repeated_')) {
    return { title: 'Two columns are read as the same', next: 'Choose one of them and ignore the other.' };
  }
  const known = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  return known ?? { title: `“${fieldName(field)}” cannot be used as it is`, next: 'Correct it and try again.' };
}

const fieldNames: Readonly<Record<string, string>> = {
  serverUrl: 'Organisation address',
  publishableKey: 'Publishable key',
  email: 'E-mail',
  password: 'Password',
  credits: 'Credits',
  validityDays: 'Valid for (days)',
  note: 'Note',
  mapping: 'Columns',
  fileName: 'File name',
};

function fieldName(path: string): string {
  return fieldNames[path] ?? path;
}
