import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { deleteDraft, insertDraft, readDraft, updateDraft } from '../../../main/cache/drafts.ts';
import { journalFile, openJournal, readJournal } from '../../../main/cache/journal.ts';
import { confirmItem } from '../../../main/cache/land-command.ts';
import { markSending, nextDueItem, readItem } from '../../../main/cache/outbox.ts';
import { discardItem, retryItem } from '../../../main/cache/outbox-decisions.ts';
import { verifyOutbox } from '../../../main/cache/verify-outbox.ts';
import { loseTheLog, openAtStart, queueFor } from '../../builders/older-database.ts';

const NOW = Date.parse('2026-05-04T09:00:00Z');

describe('the journal beside the database', () => {
  let folder: string;
  let file: string;
  let database: OpenDatabase;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-journal-'));
    file = path.join(folder, 'console.db');
    database = open().database;
  });
  afterEach(() => {
    if (database.isOpen) database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (hasSource = false) => openAtStart(file, NOW, hasSource);
  const queue = (number: number): string => queueFor(database, number, NOW);
  /** As if the power had gone now: what is in the files, without closing. */
  const loseAllButTheJournal = (): void => {
    database.close();
    for (const side of ['', '-wal', '-shm']) rmSync(`${file}${side}`, { force: true });
  };

  /** The database is as it was when it was last copied into its file. */
  const loseTheLogSince = (content: Buffer): void => loseTheLog(database, content);

  it('gives back commands that the database has lost with its log, under their ids, to be looked at first', () => {
    database.execute('pragma wal_checkpoint(truncate)');
    const lasting = readFileSync(file);
    const [one, two] = [queue(1), queue(2)];
    const stored = readItem(database, two);
    loseTheLogSince(lasting);
    const opened = open();
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 2, drafts: 0, lost: 0 });
    expect(readItem(database, one)).toMatchObject({ state: 'held', held_reason: 'recovered' });
    expect(readItem(database, two)?.payload).toBe(stored?.payload);
    expect(nextDueItem(database, NOW)).toBeUndefined();
    // The person sends it: the server is asked for it first, under the same id.
    expect(retryItem(database, two, NOW)).toEqual({ itemId: two });
    expect(nextDueItem(database, NOW)).toMatchObject({ item_id: two, state: 'checking' });
    database.close();
    const again = open();
    database = again.database;
    expect(again.recovery).toBeNull();
  });

  it('gives back neither what has its receipt nor what was taken back', () => {
    const [confirmed, discarded, open1] = [queue(1), queue(2), queue(3)];
    confirmItem(database, confirmed, { allocationId: null, balance: 1, expiresAt: null, replayed: false }, NOW);
    discardItem(database, discarded, NOW);
    loseAllButTheJournal();
    const opened = open();
    database = opened.database;
    expect(database.all('select item_id as id from outbox')).toEqual([{ id: open1 }]);
    expect(opened.recovery).toEqual({ items: 1, drafts: 0, lost: 0 });
    expect(readItem(database, open1)).toMatchObject({ held_reason: 'recovered', last_error: 'journal' });
    expect(database.get('select reason, items from cache_recovered')).toEqual({ reason: 'journal', items: 1 });
  });

  it('keeps an item that is still open although the journal had it ended: its commit did not come to pass', () => {
    const itemId = queue(1);
    markSending(database, [itemId], NOW);
    database.close();
    const journal = openJournal(journalFile(file));
    journal.note(JSON.stringify({ entry: 'item_ended', id: itemId }), true);
    journal.flush();
    journal.close();
    database = open().database;
    expect(readItem(database, itemId)).toMatchObject({ state: 'sending' });
    loseAllButTheJournal();
    database = open().database;
    expect(readItem(database, itemId)).toMatchObject({ state: 'held', held_reason: 'recovered' });
  });

  it('gives back drafts whose file is kept, to be read again; not those that were removed', () => {
    for (const draftId of ['kept', 'removed', 'unfinished']) {
      insertDraft(database, { draftId, fileName: `${draftId}.csv`, stage: 'receiving' }, NOW);
    }
    updateDraft(database, 'kept', { stage: 'fix', fingerprint: 'f', encoding: 'utf-8', separator: ';' }, NOW);
    updateDraft(database, 'removed', { fingerprint: 'g' }, NOW);
    deleteDraft(database, 'removed');
    loseAllButTheJournal();
    const opened = open(true);
    database = opened.database;
    expect(opened.recovery).toEqual({ items: 0, drafts: 1, lost: 0 });
    expect(readDraft(database, 'kept')).toMatchObject({ stage: 'columns', encoding: 'utf-8', separator: ';' });
    expect(database.all('select draft_id from drafts')).toHaveLength(1);
  });

  it('keeps what only a later version knows for that version, says so once, and opens', () => {
    const known = queue(1);
    database.close();
    const later = [
      { entry: 'item', item: { item_id: 'later', kind: 'move_credits', payload_version: 9, payload: '{}' } },
      { entry: 'item', item: { item_id: 'ended', kind: 'move_credits' } },
      { entry: 'item_ended', id: 'ended' },
      { entry: 'plan', plan: 1 },
    ];
    const journal = openJournal(journalFile(file));
    for (const entry of later) journal.note(JSON.stringify(entry), true);
    journal.flush();
    journal.close();
    // A damaged line: the journal is written anew.
    writeFileSync(journalFile(file), `${readFileSync(journalFile(file), 'utf8')}\nspoiled\n`);
    const opened = open();
    expect(opened.recovery).toEqual({ items: 0, drafts: 0, lost: 2 });
    opened.database.close();
    const content = readJournal(journalFile(file));
    expect(content).toMatchObject({ broken: 0 });
    expect([...(content?.items.keys() ?? [])]).toEqual([known]);
    expect([...(content?.unknown.values() ?? [])].map((text) => JSON.parse(text))).toEqual([later[0], later[3]]);
    const again = open();
    database = again.database;
    expect(again.recovery).toBeNull();
  });

  it('puts a damaged item back as it was queued', () => {
    const itemId = queue(5);
    const stored = readItem(database, itemId);
    database.run(`update outbox set payload = replace(payload, '"credits":5', '"credits":9')`);
    database.close();
    database = open().database;
    expect(verifyOutbox(database, NOW)).toEqual({ unreadable: 0, recovered: 0 });
    expect(readItem(database, itemId)).toMatchObject({ payload: stored?.payload, held_reason: 'recovered' });
  });

  it('is written before the commit: without it nothing is queued, within a transaction or outside', () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    database.close();
    database = open().database;
    const failing = {
      note: () => undefined,
      flush: () => {
        throw full;
      },
      takeBack: () => undefined,
      discard: () => undefined,
      close: () => undefined,
    };
    const triggers = database.all<{ name: string }>(`select name from sqlite_temp_schema where name like 'journal_%'`);
    for (const { name } of triggers) database.execute(`drop trigger ${name}`);
    database.journalTo(failing);
    expect(() => queue(1)).toThrow(full);
    expect(() => database.transaction(() => queue(2))).toThrow(full);
    expect(database.get('select count(*) as items from outbox')).toEqual({ items: 0 });
  });

  it('forgets what was undone', () => {
    expect(() =>
      database.transaction(() => {
        queue(1);
        throw new Error('undone');
      }),
    ).toThrow('undone');
    queue(2);
    expect(readJournal(journalFile(file))?.items.size).toBe(1);
  });

  it('forgets what was written for a commit that failed: it would come back beside what was queued instead', () => {
    const first = queue(1);
    const before = readFileSync(journalFile(file));
    const failAtCommit = (): void => {
      database.execute('pragma defer_foreign_keys = on');
      queue(2);
      database.run(`insert into draft_rows (draft_id, row_no, cells) values ('no draft', 1, '[]')`);
    };
    expect(() => database.transaction(failAtCommit)).toThrow('FOREIGN KEY');
    expect(readFileSync(journalFile(file)).equals(before)).toBe(true);
    const third = queue(3);
    expect([...(readJournal(journalFile(file))?.items.keys() ?? [])]).toEqual([first, third]);
    database.close();
    const opened = open();
    database = opened.database;
    expect(opened.recovery).toBeNull();
    expect(database.get('select count(*) as items from outbox')).toEqual({ items: 2 });
  });

  it('loses only the last entry when its end is torn off, at any length', () => {
    const ids = [queue(1), queue(2), queue(3)];
    const bytes = readFileSync(journalFile(file));
    const ends = [...bytes.keys()].filter((at) => at > 0 && bytes[at] === 10 && bytes[at - 1] !== 10);
    for (let length = 0; length <= bytes.length; length += 7) {
      writeFileSync(journalFile(file), bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      const found = [...(readJournal(journalFile(file))?.items.keys() ?? [])];
      expect(found).toEqual(ids.slice(0, Math.min(whole, 3)));
    }
  });

  it('notices every flipped bit; a damaged entry takes no other with it', () => {
    for (let number = 1; number <= 4; number += 1) queue(number);
    const bytes = readFileSync(journalFile(file));
    const whole = JSON.stringify([...(readJournal(journalFile(file))?.items ?? [])]);
    const missed: number[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const spoiled = Buffer.from(bytes);
      spoiled.writeUInt8(spoiled.readUInt8(at) ^ (1 << (at % 8)), at);
      writeFileSync(journalFile(file), spoiled);
      const read = readJournal(journalFile(file));
      const isSame = JSON.stringify([...(read?.items ?? [])]) === whole;
      if (read === null || (read.broken === 0 && !isSame) || read.items.size < 3) missed.push(at);
    }
    expect(bytes.length).toBeGreaterThan(2_000);
    expect(missed).toEqual([]);
  });

  it('is written anew once most of it has ended', () => {
    database.transaction(() => {
      for (let number = 1; number <= 600; number += 1) queue(number);
    });
    database.run(`update outbox set state = 'confirmed' where sequence > 10`);
    const before = readFileSync(journalFile(file)).length;
    database.close();
    database = open().database;
    expect(readFileSync(journalFile(file)).length).toBeLessThan(before / 10);
    expect(readJournal(journalFile(file))?.items.size).toBe(10);
  });
});
