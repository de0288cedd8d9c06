import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { insertDraft } from '../../../main/cache/drafts.ts';
import { DraftTable } from '../../../main/uploads/draft-table.ts';
import type { ImportJob } from '../../../main/uploads/import-job.ts';
import { runImport } from '../../../main/uploads/run-import.ts';
import { yieldingWriter, type YieldingWriter } from '../../../main/uploads/yielding-writer.ts';
import { ruleContext } from '../../../shared/csv/check-row.ts';
import { openTestDatabase } from '../../builders/database.ts';

const { database, remove } = openTestDatabase(mkdtempSync(path.join(tmpdir(), 'partner-console-table-')));
afterAll(remove);

const cancelled = new Int32Array(new SharedArrayBuffer(4));
const writers = new Int32Array(new SharedArrayBuffer(4));
let transactions: number;
let draftId: string;
let table: DraftTable;
beforeEach(() => {
  transactions = 0;
  draftId = crypto.randomUUID();
  insertDraft(database, { draftId, fileName: 'members.csv', stage: 'columns' }, 0);
  const writer = yieldingWriter(database, { cancelled, writers }, () => undefined);
  const counting: YieldingWriter = {
    ...writer,
    writeOn(work) {
      transactions += 1;
      return writer.writeOn(work);
    },
  };
  table = new DraftTable(counting, draftId, ruleContext(['email', 'ignore'], ',', '2026-05-01'));
});

const rowsOf = (): number =>
  database.get<{ rows: number }>('select count(*) as rows from draft_rows where draft_id = ?', draftId)?.rows ?? 0;
const store = (rows: number): void => {
  const records = Array.from({ length: rows }, (_, row) => [`a${row}@firma.example`, '']);
  table.store({ records, lines: null, broken: null, facts: null, bytesRead: 0 });
};

test('a piece is one transaction, until somebody else waits to write', () => {
  store(300);
  expect(transactions).toBe(1);
  Atomics.store(writers, 0, 1);
  store(300);
  Atomics.store(writers, 0, 0);
  expect(transactions).toBe(4);
  expect(rowsOf()).toBe(600);
});

test('the connection of the console says while it writes', () => {
  const [before, within] = [database.writers[0], database.transaction(() => database.writers[0])];
  expect([before, within, database.writers[0]]).toEqual([0, 1, 0]);
});

test('a thread that runs out of memory says that the file is too large', async () => {
  const hungry = new URL('data:text/javascript,const all = []; for (;;) all.push(new Array(100000).fill(1.5));');
  const job: Omit<ImportJob, 'cancelled'> = {
    databaseFile: '',
    writers,
    sourceFile: '',
    draftId,
    options: { encoding: 'utf-8', separator: ',', sheet: null },
    mapping: [],
    clearBlank: [],
    hasRows: false,
    analysis: '{}',
    now: 0,
  };
  const running = runImport(hungry, job, () => undefined);
  expect(await running.ended).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'too_large' } });
  await running.gone;
});
