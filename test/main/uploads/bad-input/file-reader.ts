import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { ReadingOptions, RowIssue, UploadField } from '../../../../shared/contract/uploads.ts';
import { openDatabase } from '../../../../main/cache/open.ts';
import type { OpenDatabase } from '../../../../main/cache/database.ts';
import { openConsole, type TestConsole } from '../../../builders/console.ts';
import { fakeClock } from '../../../builders/fake-clock.ts';
import { changesAnswer, scriptedServer, scriptedUser, tokenAnswer } from '../../../builders/scripted-server.ts';

/** A row as it is stored: its number, its cells as they stand in the file, the codes of what the rules found. */
export type StoredRow = readonly [row: number, cells: readonly string[], ...codes: string[]];

/** What became of a file: its rows, or why it was refused. */
export type FileOutcome =
  | { readonly reason: string; readonly line?: number }
  | {
      readonly encoding: string;
      readonly encodingCertain: boolean;
      readonly separator: string;
      readonly warnings: readonly string[];
      readonly rows: readonly StoredRow[];
    };

/** How a file is to be read; what is left out is recognised. */
export interface Reading {
  readonly options?: Partial<ReadingOptions>;
  /** Left out: as recognised, or the first column as e-mail when none was. */
  readonly mapping?: readonly UploadField[];
  readonly fileName?: string;
}

/** A console somebody is signed in to, that reads one file after the other. */
export interface FileReader {
  readonly partnerConsole: TestConsole;
  /** The whole way of a file: taken in pieces, recognised, read in the worker thread, stored. The draft goes afterwards. */
  read(content: Uint8Array, reading?: Reading): Promise<FileOutcome>;
  close(): Promise<void>;
}

const PIECE_BYTES = 262_144;

/** Opens a console of its own folder and signs in at a server that has no members. */
export async function openFileReader(): Promise<FileReader> {
  const server = scriptedServer(({ path: requested }) =>
    requested.endsWith('/token') ? tokenAnswer(1, 86_400) : changesAnswer(),
  );
  const partnerConsole = await openConsole({ clock: fakeClock(), fetch: server.fetch });
  await partnerConsole.value('session.signIn', {
    serverUrl: 'https://project.example/',
    publishableKey: 'key',
    email: scriptedUser.email,
    password: 'secret-password',
  });
  const database = openAccount(partnerConsole.dataFolder);
  return {
    partnerConsole,
    read: (content, reading = {}) => readFile(partnerConsole, database, content, reading),
    async close() {
      database.close();
      await partnerConsole.close();
    },
  };
}

/** A connection of its own to the database of the one account in a data folder. */
export function openAccount(dataFolder: string): OpenDatabase {
  const accounts = path.join(dataFolder, 'accounts');
  const opened = openDatabase(path.join(accounts, readdirSync(accounts)[0] ?? '', 'console.db'));
  if (!opened.ok) throw new Error(`the database does not open: ${JSON.stringify(opened.error)}`);
  return opened.value;
}

async function readFile(
  partnerConsole: TestConsole,
  database: OpenDatabase,
  content: Uint8Array,
  { options, mapping, fileName = 'members.csv' }: Reading,
): Promise<FileOutcome> {
  const begun = await partnerConsole.call('uploads.begin', { fileName, size: content.length });
  if (!begun.ok) return refusal(begun.error);
  const { draftId } = begun.value;
  try {
    for (let start = 0; start < content.length; start += PIECE_BYTES) {
      await partnerConsole.value('uploads.append', { draftId, bytes: content.subarray(start, start + PIECE_BYTES) });
    }
    let analysed = await partnerConsole.call('uploads.analyse', { draftId, options: null });
    if (options !== undefined) {
      const found = analysed.ok ? analysed.value.analysis : null;
      const { encoding = found?.encoding ?? 'utf-8', separator = found?.separator ?? ',', sheet = null } = options;
      analysed = await partnerConsole.call('uploads.analyse', { draftId, options: { encoding, separator, sheet } });
    }
    if (!analysed.ok) return refusal(analysed.error);
    const { analysis } = analysed.value;
    if (analysis === null) throw new Error('a file that was looked at has an analysis');
    const { encoding, encodingCertain, separator, sheet } = analysis;
    const imported = await partnerConsole.call('uploads.importRows', {
      draftId,
      options: { encoding, separator, sheet },
      mapping: [...(mapping ?? withEmail(analysis.mapping))],
    });
    if (!imported.ok) return refusal(imported.error);
    const rows = storedRows(database, draftId);
    if (rows.length !== imported.value.rows) throw new Error('the draft counts other rows than it has');
    const warnings = imported.value.analysis?.warnings.map(({ code }) => code) ?? [];
    return { encoding, encodingCertain, separator, warnings, rows };
  } finally {
    await partnerConsole.value('uploads.discard', { draftId });
    // What was chosen for this file is not to be remembered for the next one.
    database.run('delete from remembered_columns');
  }
}

/** The rows of a draft, in order. */
export function storedRows(database: OpenDatabase, draftId: string): StoredRow[] {
  const rows = database.all<{ row_no: number; cells: string; issues: string | null }>(
    'select row_no, cells, issues from draft_rows where draft_id = ? order by row_no',
    draftId,
  );
  return rows.map(({ row_no, cells, issues }): StoredRow => {
    const found = issues === null ? [] : (JSON.parse(issues) as RowIssue[]);
    return [row_no, JSON.parse(cells) as string[], ...found.map(({ code }) => code)];
  });
}

/** A mapping that has an e-mail column: the first one when none was recognised. */
export function withEmail(mapping: readonly UploadField[]): readonly UploadField[] {
  return mapping.includes('email') ? mapping : ['email', ...mapping.slice(1)];
}

function refusal(error: object): FileOutcome {
  if ('reason' in error && typeof error.reason === 'string') {
    return { reason: error.reason, ...('line' in error && typeof error.line === 'number' ? { line: error.line } : {}) };
  }
  throw new Error(`a file ended with ${JSON.stringify(error)}`);
}
