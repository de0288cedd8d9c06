import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { insertStep, stepAtWork } from '../../../main/cache/draft-steps.ts';
import { beginChunk, landChunk } from '../../../main/cache/land-upload.ts';
import { readItem } from '../../../main/cache/outbox.ts';
import { discardItem, retryItem } from '../../../main/cache/outbox-decisions.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';
import { markReadyRows, queueUpload, stopUpload } from '../../../main/cache/upload-items.ts';
import { draftOfRows, idOf, pulled } from '../../builders/database.ts';
import { UploadServer } from '../../builders/upload-server.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const draftId = idOf(500);
const ROWS = 6;

describe('an upload that was found again after a fault of the disk', () => {
  let folder: string;
  let database: OpenDatabase;
  let itemId: string;
  let server: UploadServer;

  const open = (): OpenDatabase => {
    const opened = openOrRecover(path.join(folder, 'console.db'), NOW, () => true);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value.database;
  };
  const queue = (mode: 'valid_only' | 'all_or_nothing'): void => {
    draftOfRows(database, draftId, ROWS);
    markReadyRows(database, draftId, { after: 0, through: ROWS }, 'first');
    itemId = queueUpload(database, draftId, NOW, mode, 'first');
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-recovered-'));
    database = open();
    pulled(database, {});
    server = new UploadServer();
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const item = () => {
    const row = readItem(database, itemId);
    if (row === undefined) throw new Error('no item');
    return { ...row, draft_id: draftId };
  };
  const results = () =>
    database
      .all<{ result: string | null }>('select result from draft_rows order by row_no')
      .map(({ result }) => result ?? '-')
      .join(' ');
  const draft = () => database.get<{ stage: string; item_id: string | null }>('select stage, item_id from drafts');
  /** Two rows have their answers here, two more on the server alone; then the disk changes a byte of what was queued. */
  function sendHalfAndDamage(): void {
    queue('valid_only');
    for (const isAnswered of [true, false]) {
      const chunk = beginChunk(database, itemId, { rows: 2, credits: 1_000 }, NOW);
      for (const { row } of chunk) server.rowsOf(itemId).add(row);
      if (!isAnswered) continue;
      const rows = chunk.map(({ row }) => ({
        row,
        outcome: 'created' as const,
        reason: null,
        shortfall: null,
        memberId: idOf(100 + row),
        allocationId: idOf(200 + row),
        credits: 2,
        expiresAt: '2026-08-01T00:00:00.000Z',
        creditsAssigned: 2,
        replayed: false,
      }));
      landChunk(database, itemId, chunk, { rows, balance: 990 }, NOW);
    }
    damageAndOpen();
  }
  function damageAndOpen(): void {
    database.run(`update outbox set payload = replace(payload, 'a.csv', 'b.csv')`);
    database.close();
    database = open();
  }

  const sync = (): Promise<void> => server.sync(database);

  it('knows the answers beside its rows, and takes every other row to be in doubt', () => {
    sendHalfAndDamage();
    expect(item()).toMatchObject({
      state: 'held',
      held_reason: 'recovered',
      in_doubt_through: ROWS,
      planned_credits: 8,
    });
    expect(JSON.parse(item().receipt ?? '')).toMatchObject({ confirmed: 2, refused: 0 });
  });

  it('never goes back to its draft, and is ended without sending when nobody wants it', async () => {
    sendHalfAndDamage();
    expect(discardItem(database, itemId, NOW)).toEqual({ itemId });
    expect(draft()).toMatchObject({ item_id: itemId });
    expect(results()).toBe('confirmed confirmed queued queued queued queued');
    await sync();
    expect(server.sent).toEqual([]);
    expect(results()).toBe('confirmed confirmed confirmed confirmed waiting waiting');
    expect(item()).toMatchObject({ state: 'confirmed', planned_credits: 0 });
    expect(draft()).toEqual({ stage: 'stopped', item_id: itemId });
  });

  it('gives no row back as not sent while it is stopped, until the server has been asked', () => {
    sendHalfAndDamage();
    stopUpload(database, itemId, NOW);
    expect(item()).toMatchObject({ state: 'checking', stopping: 1, sent_through: null });
    expect(results()).not.toContain('waiting');
  });

  it('asks before it sends, once a person lets it go on', async () => {
    sendHalfAndDamage();
    expect(retryItem(database, itemId, NOW)).toEqual({ itemId });
    await sync();
    expect(server.sent).toEqual([5, 6]);
    expect(results()).toBe(Array.from({ length: ROWS }, () => 'confirmed').join(' '));
  });

  it('holds its draft too, where only the commit of its submission was cut off', () => {
    queue('valid_only');
    // The journal has it; the database is as before the submission.
    database.run(`update drafts set item_id = null, mode = null, stage = 'fix'`);
    for (const name of ['journal_item_removed', 'journal_draft_changed']) database.execute(`drop trigger ${name}`);
    database.run('delete from outbox');
    insertStep(database, draftId, '{}', ROWS);
    database.close();
    database = open();
    expect(item()).toMatchObject({ held_reason: 'recovered', in_doubt_through: ROWS });
    // A change over its rows that was cut off does not go on.
    expect(stepAtWork(database, draftId)).toBeUndefined();
    // The draft's own latest entry says that it is free; the item's is what counts.
    expect(draft()).toEqual({ stage: 'paused', item_id: itemId });
  });

  it.each(['valid_only', 'all_or_nothing'] as const)(
    'marks its rows again where their marks were cut off with it (%s)',
    async (mode) => {
      queue(mode);
      database.run(`update drafts set item_id = null, mode = null, stage = 'fix'`);
      database.run('update draft_rows set result = null, seal = null where row_no > 2');
      for (const name of ['journal_item_removed', 'journal_draft_changed']) database.execute(`drop trigger ${name}`);
      database.run('delete from outbox');
      database.close();
      database = open();
      expect(item()).toMatchObject({ held_reason: 'recovered', in_doubt_through: ROWS, receipt: null });
      expect(retryItem(database, itemId, NOW)).toEqual({ itemId });
      await sync();
      expect(server.sent).toEqual([1, 2, 3, 4, 5, 6]);
      expect(results()).toBe(Array.from({ length: ROWS }, () => 'confirmed').join(' '));
    },
  );

  it.each([true, false])('is no second upload of a draft that was submitted again (database gone: %s)', (isGone) => {
    queue('valid_only');
    const first = itemId;
    const resubmit = (): void => {
      for (const name of ['journal_item_removed', 'journal_draft_changed']) database.execute(`drop trigger ${name}`);
      database.run('delete from outbox');
      database.run(`update drafts set item_id = null, mode = null, stage = 'fix'`);
      itemId = queueUpload(database, draftId, NOW, 'valid_only', 'first');
    };
    resubmit();
    if (isGone) {
      database.execute('drop trigger if exists journal_draft_removed');
      database.run('delete from outbox');
    }
    database.close();
    database = open();
    expect(readItem(database, first)).toBeUndefined();
    expect(item()).toMatchObject({ state: isGone ? 'held' : 'queued' });
  });

  it.each([
    ['valid_only', false],
    ['valid_only', true],
    ['all_or_nothing', false],
    ['all_or_nothing', true],
  ] as const)(
    'that had ended before the log was lost is asked for, and nothing is sent again (%s, submitted before: %s)',
    async (mode, isSecond) => {
      queue(mode);
      const first = itemId;
      if (!isSecond) discardItem(database, first, NOW);
      database.execute('pragma wal_checkpoint(truncate)');
      const earlier = readFileSync(database.file);
      if (isSecond) discardItem(database, first, NOW);
      markReadyRows(database, draftId, { after: 0, through: ROWS }, 'second');
      itemId = queueUpload(database, draftId, NOW, mode, 'second');
      await sync();
      expect(item()).toMatchObject({ state: 'confirmed' });
      const { file } = database;
      database.close();
      for (const side of ['-wal', '-shm']) rmSync(`${file}${side}`, { force: true });
      writeFileSync(file, earlier);
      database = open();
      expect(results()).not.toContain('confirmed');
      await sync();
      expect(server.sent).toEqual([1, 2, 3, 4, 5, 6]);
      expect([server.rowsOf(first).size, server.rowsOf(itemId).size]).toEqual([0, ROWS]);
      expect(results()).toBe(Array.from({ length: ROWS }, () => 'confirmed').join(' '));
      expect(draft()).toEqual({ stage: 'stopped', item_id: itemId });
    },
  );

  it('that has lost its rows is never offered again when it is discarded', () => {
    queue('valid_only');
    database.run('delete from draft_rows');
    damageAndOpen();
    expect(item()).toMatchObject({ state: 'held', held_reason: 'unreadable' });
    expect(discardItem(database, itemId, NOW)).toEqual({ itemId });
    expect(readItem(database, itemId)).toBeUndefined();
    expect(draft()).toEqual({ stage: 'stopped', item_id: itemId });
  });

  it.each([true, false])('that is sent as a whole is asked for first (applied: %s)', async (isApplied) => {
    queue('all_or_nothing');
    damageAndOpen();
    if (isApplied) for (let row = 1; row <= ROWS; row += 1) server.rowsOf(itemId).add(row);
    retryItem(database, itemId, NOW);
    await sync();
    expect(server.calls.filter((name) => name === 'upload_outcomes')).toHaveLength(1);
    expect(server.sent).toEqual(isApplied ? [] : [1, 2, 3, 4, 5, 6]);
    expect(results()).toBe(Array.from({ length: ROWS }, () => 'confirmed').join(' '));
  });

  it('counts the rows of a whole as forgotten that the server once applied and does not know any more', async () => {
    queue('all_or_nothing');
    database.run(`update outbox set state = 'checking', committed = 1, in_doubt_through = ?`, ROWS);
    await sync();
    expect(item()).toMatchObject({ state: 'confirmed' });
    expect(results()).toBe(Array.from({ length: ROWS }, () => 'refused').join(' '));
    expect(database.get(`select distinct outcome ->> '$.reason' as reason from draft_rows`)).toEqual({
      reason: 'forgotten',
    });
  });
});

it('never marks a row again that was confirmed', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-marked-'));
  const opened = openOrRecover(path.join(folder, 'console.db'), NOW);
  if (!opened.ok) throw new Error(opened.error.code);
  const { database } = opened.value;
  database.execute(`
    insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('d', 'a.csv', 'fix', '', '');
    insert into draft_rows (draft_id, row_no, cells, result) values ('d', 1, '[]', 'confirmed'), ('d', 2, '[]', 'waiting'), ('d', 3, '[]', null);`);
  markReadyRows(database, 'd', { after: 0, through: 9 }, 'first');
  expect(database.all('select result from draft_rows order by row_no').map((row) => JSON.stringify(row))).toEqual(
    ['confirmed', 'queued', 'queued'].map((result) => JSON.stringify({ result })),
  );
  database.close();
  rmSync(folder, { recursive: true, force: true });
});
