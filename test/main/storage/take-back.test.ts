import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { insertDraft } from '../../../main/cache/drafts.ts';
import { journalFile } from '../../../main/cache/journal.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';

/** As on Windows: a file that was opened for appending cannot be cut off by that handle. */
vi.mock('node:fs', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs')>();
  const appending = new Set<number>();
  return {
    ...original,
    openSync(...opening: Parameters<typeof original.openSync>): number {
      const handle = original.openSync(...opening);
      if (opening[1] === 'a') appending.add(handle);
      else appending.delete(handle);
      return handle;
    },
    ftruncateSync(handle: number, length: number): void {
      if (appending.has(handle)) throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
      original.ftruncateSync(handle, length);
    },
  };
});

const NOW = Date.parse('2026-05-04T09:00:00Z');
let folder: string;
let database: OpenDatabase;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'partner-console-take-back-'));
  const opened = openOrRecover(path.join(folder, 'console.db'), NOW);
  if (!opened.ok) throw new Error(opened.error.code);
  ({ database } = opened.value);
  insertDraft(database, { draftId: 'first', fileName: 'a.csv', stage: 'fix' }, NOW);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

const failAtCommit = (): void => {
  database.transaction(() => {
    database.execute('pragma defer_foreign_keys = on');
    insertDraft(database, { draftId: 'second', fileName: 'b.csv', stage: 'fix' }, NOW);
    database.run(`insert into draft_rows (draft_id, row_no, cells) values ('no draft', 1, '[]')`);
  });
};

it('takes what a failed commit had written out of the journal on Windows too', () => {
  const before = readFileSync(journalFile(database.file));
  expect(failAtCommit).toThrow('FOREIGN KEY');
  expect(readFileSync(journalFile(database.file)).equals(before)).toBe(true);
  insertDraft(database, { draftId: 'third', fileName: 'c.csv', stage: 'fix' }, NOW);
  expect(database.all('select draft_id from drafts')).toEqual([{ draft_id: 'first' }, { draft_id: 'third' }]);
});

it('takes it out while nobody else can write behind it', () => {
  const triggers = database.all<{ name: string }>(`select name from sqlite_temp_schema where name like 'journal_%'`);
  for (const { name } of triggers) database.execute(`drop trigger ${name}`);
  const other = new Database(database.file, { timeout: 0 });
  const refused: unknown[] = [];
  const nothing = (): void => undefined;
  database.journalTo({
    note: nothing,
    flush: nothing,
    takeBack() {
      try {
        other.exec('begin immediate');
      } catch (error) {
        refused.push(error);
      }
    },
    discard: nothing,
    close: nothing,
  });
  expect(failAtCommit).toThrow('FOREIGN KEY');
  expect(refused).toMatchObject([{ code: 'SQLITE_BUSY' }]);
  other.close();
});
