import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { insertDraft } from '../../../main/cache/drafts.ts';
import { hold, nextDueItem, queueAssignment, readItem } from '../../../main/cache/outbox.ts';
import { connect, openDatabase, tables } from '../../../main/cache/open.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';
import { rebuiltFile } from '../../../main/cache/set-aside.ts';
import { markReadyRows, queueUpload } from '../../../main/cache/upload-items.ts';
import { verifyOutbox } from '../../../main/cache/verify-outbox.ts';

const NOW = Date.parse('2026-05-04T09:00:00.123Z');
const PAGE = 4_096;

describe('a damaged database', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-recover-'));
    file = path.join(folder, 'console.db');
    const database = whole(openDatabase(file));
    database.transaction(() => fill(database));
    database.execute('pragma wal_checkpoint(truncate)');
    database.close();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function whole<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
    if (!result.ok) throw new Error(JSON.stringify(result.error));
    return result.value;
  }

  /** Three assignments, one of them paused; a draft; an upload of 300 rows; members that can be pulled again. */
  function fill(database: OpenDatabase): void {
    for (let number = 1; number <= 3; number += 1) {
      const memberId = `00000000-0000-4000-8000-00000000000${number}`;
      const terms = { credits: number, validityDays: 90, note: null, seen: null };
      const itemId = queueAssignment(
        database,
        { memberId, memberName: `M ${number}`, memberEmail: `m${number}@firma.example`, ...terms },
        NOW,
      );
      if (number === 3) hold(database, itemId, 'paused', NOW);
    }
    for (const draftId of ['d', 'u']) {
      insertDraft(database, { draftId, fileName: `${draftId}.csv`, stage: 'fix' }, NOW);
      for (let row = 1; row <= 300; row += 1) {
        database.run(
          `insert into draft_rows (draft_id, row_no, cells, email_key, credits, severity) values (?, ?, ?, ?, 1, 0)`,
          draftId,
          row,
          JSON.stringify([`${draftId}${row}@firma.example`, 'x'.repeat(60)]),
          `${draftId}${row}@firma.example`,
        );
      }
      database.run(
        `insert into draft_tallies (draft_id, severity, skipped, result, block, rows, credits) values (?, 0, 0, '', 0, 300, 300)`,
        draftId,
      );
    }
    markReadyRows(database, 'u', { after: 0, through: 300 }, 'first');
    queueUpload(database, 'u', NOW, 'valid_only', 'first');
  }

  const pagesOf = (name: string): number[] => {
    const database = new Database(file, { readonly: true });
    const pages = database.prepare<[string], { pageno: number }>('select pageno from dbstat where name = ?').all(name);
    database.close();
    return pages.map(({ pageno }) => pageno);
  };
  const spoilPage = (page: number): void => {
    const bytes = readFileSync(file);
    bytes.fill(0xa5, (page - 1) * PAGE, page * PAGE);
    writeFileSync(file, bytes);
  };
  const states = (database: OpenDatabase) =>
    database.all('select kind, state, held_reason as reason from outbox order by sequence');
  const allHeld = [
    { kind: 'assign_member_credits', state: 'held', reason: 'recovered' },
    { kind: 'assign_member_credits', state: 'held', reason: 'recovered' },
    { kind: 'assign_member_credits', state: 'held', reason: 'paused' },
    { kind: 'upload_members', state: 'held', reason: 'recovered' },
  ];

  it('is set aside; the outbox and the drafts come back, and wait for a look', () => {
    const before = readFileSync(file);
    for (const page of pagesOf('members_by_name')) spoilPage(page);
    const { database, recovery } = whole(openOrRecover(file, NOW));
    expect(recovery).toEqual({ items: 4, drafts: 2, lost: 0 });
    expect(states(database)).toEqual(allHeld);
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 0, recovered: 0 });
    expect(nextDueItem(database, NOW)).toBeUndefined();
    expect(database.get('select count(*) as rows from draft_rows')).toEqual({ rows: 600 });
    expect(database.get(`select sum(rows) as rows from draft_tallies where draft_id = 'd'`)).toEqual({ rows: 300 });
    expect(database.get('select happened_at, items, drafts, lost, set_aside, seen from cache_recovered')).toEqual({
      happened_at: '2026-05-04T09:00:00.123Z',
      items: 4,
      drafts: 2,
      lost: 0,
      set_aside: 'console.db.corrupt-2026-05-04T09-00-00-123Z',
      seen: 0,
    });
    database.close();
    const aside = readFileSync(path.join(folder, 'console.db.corrupt-2026-05-04T09-00-00-123Z'));
    expect(aside.length).toBe(before.length);
    // Once, not again and again.
    const again = whole(openOrRecover(file, NOW));
    expect(again.recovery).toBeNull();
    again.database.close();
  });

  it('takes every row of an upload to be in doubt, and holds its draft, though some pages may be older than others', () => {
    edit(`update drafts set item_id = null, stage = 'fix' where draft_id = 'u'`);
    for (const page of pagesOf('members_by_name')) spoilPage(page);
    const { database } = whole(openOrRecover(file, NOW));
    const upload = database.get<{ id: string; through: number }>(
      `select item_id as id, in_doubt_through as through from outbox where draft_id = 'u'`,
    );
    expect(upload?.through).toBe(300);
    expect(database.get(`select item_id, stage from drafts where draft_id = 'u'`)).toEqual({
      item_id: upload?.id,
      stage: 'paused',
    });
    database.close();
  });

  it('gives back every row outside of the damaged page', () => {
    const pages = pagesOf('draft_rows');
    spoilPage(pages[Math.floor(pages.length / 2)] ?? 0);
    const { database, recovery } = whole(openOrRecover(file, NOW));
    expect(recovery).toMatchObject({ items: 4, drafts: 2, lost: 1 });
    expect(states(database)).toEqual(allHeld);
    const found = database.get<{ rows: number }>('select count(*) as rows from draft_rows')?.rows ?? 0;
    expect(found).toBeGreaterThan(500);
    expect(found).toBeLessThan(600);
    database.close();
  });

  it('never lets an item go that is not what was queued', () => {
    const bytes = readFileSync(file);
    const place = bytes.indexOf('"credits":1,"validityDays"');
    expect(place).toBeGreaterThan(0);
    bytes.write('"credits":9', place);
    writeFileSync(file, bytes);
    for (const page of pagesOf('members_by_name')) spoilPage(page);
    const { database } = whole(openOrRecover(file, NOW));
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 1, recovered: 0 });
    expect(states(database)[0]).toMatchObject({ state: 'held', reason: 'unreadable' });
    database.close();
  });

  it.each([
    ['is no database', () => writeFileSync(file, Buffer.alloc(3 * PAGE, 'x'))],
    ['has lost a table', () => edit('drop table sync_history')],
    ['has lost the outbox', () => edit('drop table outbox')],
    ['says that it is of an older version', () => edit('pragma user_version = 2')],
    ['says that it is of no version', () => edit('pragma user_version = 0')],
    ['says that it is of a negative version', () => edit('pragma user_version = -5')],
  ])('that %s is made anew, and kept', (_name, spoil) => {
    spoil();
    const { database, recovery } = whole(openOrRecover(file, NOW));
    expect(recovery).not.toBeNull();
    expect(database.get('select count(*) as rows from cache_recovered')).toEqual({ rows: 1 });
    database.close();
    expect(readdirSync(folder).some((name) => name.startsWith('console.db.corrupt-'))).toBe(true);
  });

  function edit(sql: string): void {
    const database = new Database(file);
    database.pragma('foreign_keys = off');
    database.exec(sql);
    database.close();
  }

  it('of a later version is refused, and left where it is', () => {
    edit('pragma user_version = 999');
    const before = readFileSync(file);
    expect(openOrRecover(file, NOW)).toEqual({ ok: false, error: { code: 'cache_unavailable', reason: 'newer' } });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('corrupt'))).toEqual([]);
  });

  it('of a later version is refused also where it is damaged: this one would lose what it does not know', () => {
    edit('pragma user_version = 999');
    for (const page of pagesOf('members_by_name')) spoilPage(page);
    const before = readFileSync(file);
    expect(openOrRecover(file, NOW)).toEqual({ ok: false, error: { code: 'cache_unavailable', reason: 'newer' } });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('cut off at any length opens, with whatever could be read', { timeout: 60_000 }, () => {
    const bytes = readFileSync(file);
    const lengths = Array.from({ length: 20 }, (_, step) => Math.floor((bytes.length * step) / 20) + (step % 3));
    for (const length of lengths) {
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
      writeFileSync(file, bytes);
      truncateSync(file, length);
      const { database, recovery } = whole(openOrRecover(file, NOW));
      // Nothing at all is what a new computer has; everything else is noticed.
      expect([length, recovery === null]).toEqual([length, length === 0]);
      expect(nextDueItem(database, NOW)).toBeUndefined();
      expect(database.get('pragma integrity_check')).toEqual({ integrity_check: 'ok' });
      database.close();
    }
  });

  it('is made anew wherever the last steps were cut off', () => {
    for (const page of pagesOf('members_by_name')) spoilPage(page);
    whole(openOrRecover(file, NOW)).database.close();
    const aside = path.join(folder, 'console.db.corrupt-2026-05-04T09-00-00-123Z');
    // Before anything was renamed; and with the damaged one set aside already.
    renameSync(file, rebuiltFile(file));
    renameSync(aside, file);
    whole(openOrRecover(file, NOW)).database.close();
    expect(existsSync(aside)).toBe(true);
    renameSync(file, rebuiltFile(file));
    const { database } = whole(openOrRecover(file, NOW));
    expect(states(database)).toEqual(allHeld);
    expect(
      readItem(database, database.get<{ id: string }>('select item_id as id from outbox')?.id ?? ''),
    ).toBeDefined();
    database.close();
  });
});

it('knows every table that the migrations make', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-tables-'));
  const file = path.join(folder, 'console.db');
  const opened = openDatabase(file);
  if (opened.ok) opened.value.close();
  const database = connect(file);
  const made = database.all<{ name: string }>(
    `select name from sqlite_schema where type = 'table' and name not like 'sqlite~_%' escape '~' and name not like 'member_search~_%' escape '~'`,
  );
  database.close();
  rmSync(folder, { recursive: true, force: true });
  expect(made.map(({ name }) => name).toSorted()).toEqual([...tables].toSorted());
});
