import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { beginChunk, landChunk } from '../../../main/cache/land-upload.ts';
import { readItem } from '../../../main/cache/outbox.ts';
import { discardItem, retryItem } from '../../../main/cache/outbox-decisions.ts';
import { openOrRecover } from '../../../main/cache/recover.ts';
import { endStopped, markReadyRows, pauseUpload, queueUpload, stopUpload } from '../../../main/cache/upload-items.ts';
import type { Failure } from '../../../main/remote/failure.ts';
import { settleFailure } from '../../../main/sync/settle-failure.ts';
import { draftOfRows, idOf, pulled } from '../../builders/database.ts';
import { UploadServer } from '../../builders/upload-server.ts';

const NOW = Date.parse('2026-05-01T12:00:00Z');
const draftId = idOf(500);

describe('an upload that was found again and let go on', () => {
  let folder: string;
  let database: OpenDatabase;
  let itemId: string;
  let server: UploadServer;

  const open = (): OpenDatabase => {
    const opened = openOrRecover(path.join(folder, 'console.db'), NOW, () => true);
    if (!opened.ok) throw new Error(JSON.stringify(opened.error));
    return opened.value.database;
  };
  /** Queued; then the disk changes a byte of it, and the person says that it may go on. */
  function resume(rows: number, mode: 'valid_only' | 'all_or_nothing'): void {
    draftOfRows(database, draftId, rows);
    markReadyRows(database, draftId, { after: 0, through: rows }, 'first');
    itemId = queueUpload(database, draftId, NOW, mode, 'first');
    database.run(`update outbox set payload = replace(payload, 'a.csv', 'b.csv')`);
    database.close();
    database = open();
    expect(item()).toMatchObject({ held_reason: 'recovered', in_doubt_through: rows });
    expect(retryItem(database, itemId, NOW)).toEqual({ itemId });
  }
  const stop = (): void => {
    expect(stopUpload(database, itemId, NOW)).toBe(true);
    while (endStopped(database, itemId, NOW));
  };
  /** Does it once, while the first call of this name is on its way. */
  const during = (name: string, act: () => void): void => {
    let isDone = false;
    server.onCall = (called) => {
      if (called === name && !isDone) {
        isDone = true;
        act();
      }
      return null;
    };
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-stopped-'));
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
    return row;
  };
  const rowsThatAre = (result: string): number =>
    database.get<{ rows: number }>('select count(*) as rows from draft_rows where result = ?', result)?.rows ?? 0;

  it('sends no row behind the chunk that was on its way when it was stopped', async () => {
    resume(1_000, 'valid_only');
    during('upload_members', stop);
    await server.sync(database);
    const sent = server.rowsOf(itemId).size;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(1_000);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([sent, 1_000 - sent]);
    expect(item()).toMatchObject({ state: 'confirmed', planned_credits: 0 });
  });

  it('sends again only the chunk whose answer was lost before it was stopped', async () => {
    resume(1_000, 'valid_only');
    let isLost = false;
    server.onCall = (name) => {
      if (name !== 'upload_members' || isLost) return null;
      isLost = true;
      stop();
      return { fault: 'ECONNRESET' };
    };
    await server.sync(database);
    const sent = server.rowsOf(itemId).size;
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(1_000);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([sent, 1_000 - sent]);
  });

  it.each(['valid_only', 'all_or_nothing'] as const)(
    'sends nothing where nothing had left before (%s)',
    async (mode) => {
      resume(50, mode);
      pauseUpload(database, itemId, NOW);
      expect(discardItem(database, itemId, NOW)).toEqual({ fault: 'item_sending' });
      stop();
      await server.sync(database);
      expect(server.sent).toEqual([]);
      expect(rowsThatAre('waiting')).toBe(50);
      expect(item()).toMatchObject({ state: 'confirmed' });
    },
  );

  it.each(['stopped', 'paused'])('applies nothing as a whole where it is %s while it is asked for', async (how) => {
    resume(50, 'all_or_nothing');
    during('upload_outcomes', how === 'stopped' ? stop : () => void pauseUpload(database, itemId, NOW));
    await server.sync(database);
    expect(server.sent).toEqual([]);
    expect(item()).toMatchObject(how === 'stopped' ? { state: 'confirmed' } : { state: 'held', held_reason: 'paused' });
  });

  it('writes down what the server knew before, and gives back the rest, where rows in between are on their way', async () => {
    resume(10, 'valid_only');
    for (const row of [9, 10]) server.rowsOf(itemId).add(row);
    beginChunk(database, itemId, { rows: 3, credits: 1_000 }, NOW);
    const lost: Failure = { kind: 'unreachable', fault: 'timeout', mayHaveActed: true, detail: '' };
    settleFailure(database, item(), 10, lost, NOW, () => 0.5);
    stop();
    await server.sync(database);
    // Rows 1 to 3 may still have been on their way: they are sent again under the same id.
    expect(server.sent).toEqual([1, 2, 3]);
    expect([...server.rowsOf(itemId)].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 9, 10]);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([5, 5]);
  });

  it('gives back rows that the balance could not pay', async () => {
    resume(10, 'valid_only');
    const chunk = beginChunk(database, itemId, { rows: 4, credits: 1_000 }, NOW);
    const nothing = { reason: null, shortfall: null, memberId: null, allocationId: null, credits: null };
    const rows = chunk.map(({ row }) => ({
      row,
      ...nothing,
      outcome: row <= 2 ? ('unchanged' as const) : ('not_attempted' as const),
      expiresAt: null,
      creditsAssigned: null,
      replayed: false,
    }));
    landChunk(database, itemId, chunk, { rows, balance: 0 }, NOW);
    stop();
    await server.sync(database);
    expect(server.sent).toEqual([]);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([2, 8]);
  });

  it('gives nothing back that the server has not been asked for, where its answers have no end', async () => {
    resume(7_000, 'valid_only');
    pauseUpload(database, itemId, NOW);
    // All had their effect; this computer knows it of those in the middle alone.
    for (let row = 1; row <= 7_000; row += 1) server.rowsOf(itemId).add(row);
    database.run(`update draft_rows set result = 'confirmed' where row_no between 101 and 6900`);
    database.run(`update outbox set receipt = '{"confirmed":6800,"refused":0,"lost":0,"balance":1}'`);
    stop();
    await server.sync(database);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([7_000, 0]);
  });

  it('only asks for a row whose result a fault of the disk has changed, once it is stopped', async () => {
    resume(10, 'valid_only');
    database.run(`update draft_rows set result = 'pueued' where row_no = 5`);
    let isAsked = false;
    server.onCall = (name) => {
      if (name === 'upload_outcomes' && server.sent.length > 0 && !isAsked) {
        isAsked = true;
        stop();
      }
      return null;
    };
    await server.sync(database);
    expect(isAsked).toBe(true);
    expect(server.sent).not.toContain(5);
    expect([rowsThatAre('confirmed'), rowsThatAre('waiting')]).toEqual([9, 1]);
  });

  it('is not asked for so soon after a start that a request from before could still be at work', async () => {
    resume(10, 'valid_only');
    stop();
    const asked: number[] = [];
    server.onCall = (name, at) => {
      if (name === 'upload_outcomes') asked.push(at);
      return null;
    };
    await server.sync(database);
    expect(asked).toEqual([30_000]);
  });

  it('is not asked without end to apply rows that the server says are not there', async () => {
    resume(6, 'all_or_nothing');
    server.onCall = (name) =>
      name === 'commit_member_upload'
        ? { body: { outcome: 'upload_not_staged', balance: 950, replayed: false } }
        : null;
    await server.sync(database);
    expect(server.calls.filter((name) => name === 'commit_member_upload').length).toBeLessThan(6);
    expect(item()).toMatchObject({ state: 'queued', in_doubt_through: null });
  });
});
