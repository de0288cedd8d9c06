import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { AppError } from '../../../../shared/app-error.ts';
import type { FileAnalysis, ReadingOptions, UploadField } from '../../../../shared/contract/uploads.ts';
import { isHeaderRow, linesAboveTable } from '../../../../shared/csv/match-columns.ts';
import type { WriteDatabase } from '../../../../main/cache/database.ts';
import { deleteDraft, insertDraft } from '../../../../main/cache/drafts.ts';
import { analyseSource } from '../../../../main/uploads/analyse-source.ts';
import { importRows } from '../../../../main/uploads/import-rows.ts';
import { readSourceFacts } from '../../../../main/uploads/source-facts.ts';
import { openTestDatabase } from '../../../builders/database.ts';
import { storedRows, withEmail, type StoredRow } from './file-reader.ts';
import { mutatedFile, randomFile, writtenTable } from './random-files.ts';
import { readSecond } from './second-parser.ts';

/**
 * How many files, and which: `BAD_INPUT_RUNS=10000 BAD_INPUT_SEED=1 npx vitest run --project unit test/main/uploads/bad-input`. Without
 * being told it is a share that takes some ten seconds, the same for every change.
 */
const runs = Number(process.env['BAD_INPUT_RUNS'] ?? 2_000);
const seed = Number(process.env['BAD_INPUT_SEED'] ?? 1);
/** Of the processor, for one file of at most a few thousand bytes: a hang, however busy the computer is. */
const HANG_MICROSECONDS = 2_000_000;
const TIMEOUT = 60_000 + runs * 200;

const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-random-'));
const { database, remove } = openTestDatabase(folder);
afterAll(remove);
// Nothing here is about power loss: without waiting for the disk there is time for many more files.
database.execute('pragma synchronous = off');
const hasty: WriteDatabase = {
  ...database,
  execute: (sql) => {
    if (!sql.startsWith('pragma synchronous')) database.execute(sql);
  },
};
process.stdout.write(`random files: ${runs} runs, seed ${seed}\n`);

type Outcome =
  | { readonly error: AppError }
  | { readonly analysis: FileAnalysis; readonly error: AppError | null; readonly rows: readonly StoredRow[] };

/** The whole way of a file as the worker thread goes it, within this process. `options`: null to recognise them. */
async function read(content: Uint8Array, options: ReadingOptions | null): Promise<Outcome> {
  const file = path.join(folder, 'members.csv');
  writeFileSync(file, content);
  const draftId = crypto.randomUUID();
  const before = process.cpuUsage();
  try {
    insertDraft(database, { draftId, fileName: 'members.csv', stage: 'columns' }, 0);
    const stopWhenCancelled = (): void => undefined;
    const facts = () => readSourceFacts(file, stopWhenCancelled);
    const look = { file, options, earlier: new Map<string, UploadField>(), facts, stopWhenCancelled };
    const found = await analyseSource(look);
    if (!found.ok) return { error: found.error };
    const analysis = found.value;
    const { encoding, separator, sheet } = analysis;
    const job = {
      databaseFile: database.file,
      writers: new Int32Array(new SharedArrayBuffer(4)),
      sourceFile: file,
      draftId,
      options: { encoding, separator, sheet },
      mapping: [...withEmail(analysis.mapping)],
      clearBlank: [],
      hasRows: false,
      analysis: JSON.stringify(analysis),
      now: Date.parse('2026-05-01T12:00:00Z'),
      cancelled: new Int32Array(new SharedArrayBuffer(4)),
    };
    const imported = await importRows(hasty, job, () => undefined);
    return { analysis, error: imported.ok ? null : imported.error, rows: storedRows(database, draftId) };
  } finally {
    const { user, system } = process.cpuUsage(before);
    expect(user + system).toBeLessThan(HANG_MICROSECONDS);
    database.run('delete from draft_rows where draft_id = ?', draftId);
    deleteDraft(database, draftId);
  }
}

/** The rows of records: those behind the header that are not blank, by how many records they stand below it. */
function numbered(records: readonly (readonly string[])[]): (readonly [number, readonly string[]])[] {
  const isBlank = (record: readonly string[]): boolean => record.every((cell) => cell.trim() === '');
  const filled = records.filter((record) => !isBlank(record));
  const top = filled[linesAboveTable(filled)];
  if (top === undefined) return [];
  const first = records.indexOf(top);
  const above = isHeaderRow(records[first] ?? []) ? first : first - 1;
  return records
    .map((record, index) => [index - above, record] as const)
    .filter(([row, record]) => row > 0 && !isBlank(record));
}

const withoutCodes = (rows: readonly StoredRow[]) => rows.map(([row, cells]) => [row, cells]);

/** What became of a file, next to what the second parser reads in it. */
function judged(content: Buffer, outcome: Outcome): [found: unknown, wanted: unknown] {
  if (!('analysis' in outcome)) return [isRightlyRefused(content, outcome.error) ? null : outcome.error, null];
  const { encoding, separator } = outcome.analysis;
  const found = outcome.error ?? withoutCodes(outcome.rows);
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return [outcome.error?.code === 'unreadable_file' && outcome.error.reason, 'encoding'];
  }
  const second = readSecond(text, separator);
  if ('brokenAt' in second) return [found, { code: 'unreadable_file', reason: second.reason, line: second.brokenAt }];
  const wanted = numbered(second.records);
  return [found, wanted.length === 0 ? { code: 'unreadable_file', reason: 'header_only' } : wanted];
}

/** Whether a file that was refused before it was read has no row to lose. */
function isRightlyRefused(content: Buffer, error: AppError): boolean {
  if (error.code !== 'unreadable_file') return false;
  const start = content.subarray(0, 4).toString('latin1');
  if (error.reason === 'binary') {
    return content.some((byte) => byte < 32 && ![9, 10, 13].includes(byte)) || /^(?:%PDF|GIF8|\{\\rt)/.test(start);
  }
  if (error.reason === 'encoding') return ['\u00FF\u00FE\0\0', '\0\0\u00FE\u00FF'].includes(start);
  if (!['empty', 'header_only', 'broken_quote', 'misplaced_quote'].includes(error.reason)) {
    return ['PK\u0003\u0004', '\u00D0\u00CF\u0011\u00E0'].includes(start);
  }
  // No encoding has been told: it has to be so in one that the file may have.
  return (['utf-8', 'utf-16le', 'utf-16be'] as const).some((encoding) =>
    (['\t', ',', ';', '|'] as const).some((mark) => {
      const second = readSecond(new TextDecoder(encoding).decode(content), mark);
      return 'brokenAt' in second ? second.brokenAt === error.line : numbered(second.records).length === 0;
    }),
  );
}

const settings = (share: number) => ({ numRuns: Math.ceil(runs * share), seed });

describe('a random file', () => {
  test(
    'that a table was written to gives exactly this table',
    async () => {
      await fc.assert(
        fc.asyncProperty(writtenTable, async ({ records, encoding, separator, content }) => {
          const outcome = await read(content, { encoding, separator, sheet: null });
          if (!('analysis' in outcome)) throw new Error(`refused: ${JSON.stringify(outcome.error)}`);
          expect(outcome.error).toBeNull();
          expect(withoutCodes(outcome.rows)).toEqual(numbered(records));
        }),
        settings(0.4),
      );
    },
    TIMEOUT,
  );

  test(
    'that was right until bytes of it were changed gives what a second parser reads',
    async () => {
      await fc.assert(
        fc.asyncProperty(mutatedFile, async (content) => {
          const [found, wanted] = judged(content, await read(content, null));
          expect(found).toEqual(wanted);
        }),
        settings(0.4),
      );
    },
    TIMEOUT,
  );

  test(
    'of any bytes gives what a second parser reads, or says why not',
    async () => {
      await fc.assert(
        fc.asyncProperty(randomFile, async (content) => {
          const [found, wanted] = judged(content, await read(content, null));
          expect(found).toEqual(wanted);
        }),
        settings(0.2),
      );
    },
    TIMEOUT,
  );
});
