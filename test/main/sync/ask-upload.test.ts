import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readItem } from '../../../main/cache/outbox.ts';
import { stopUpload } from '../../../main/cache/upload-items.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { idOf, openTestDatabase, pulled, submitted, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  changesAnswer,
  type ScriptedAnswer,
  scriptedServer,
  type ScriptedServer,
  scriptedUser,
} from '../../builders/scripted-server.ts';

const draftId = idOf(500);
const ROWS = 6;

const rowAnswer = (row: number, change: object = {}): object => ({
  row,
  outcome: 'created',
  reason: null,
  field: null,
  shortfall: null,
  member_id: idOf(100 + row),
  allocation_id: idOf(200 + row),
  credits: 2,
  expires_at: '2026-08-01T00:00:00Z',
  credits_assigned: 2,
  replayed: true,
  ...change,
});
const rowsAnswer = (rows: readonly object[], balance = 950): ScriptedAnswer => ({
  body: { rows, balance, server_time: '2026-05-01T12:00:00Z' },
});

describe('an upload whose answer was lost', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let server: ScriptedServer;
  let engine: SyncEngine;
  let itemId: string;
  let recorded: () => ScriptedAnswer;
  /** Row numbers of each call that sent rows, and of each question. */
  let sent: number[][];
  let asked: [unknown, unknown][];

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, {});
    clock = fakeClock();
    [sent, asked] = [[], []];
    recorded = () => rowsAnswer([]);
    server = scriptedServer(({ path, body }) => {
      if (path.endsWith('partner_changes')) return changesAnswer(scriptedUser.id, 950);
      if (path.endsWith('upload_outcomes')) {
        asked.push([body['p_first_row'], body['p_last_row']]);
        return recorded();
      }
      const rows = (body['p_rows'] as { row: number }[]).map(({ row }) => row);
      sent.push(rows);
      return sent.length === 1 ? { fault: 'ECONNRESET' } : rowsAnswer(rows.map((row) => rowAnswer(row)));
    });
    const values = Array.from({ length: ROWS }, (_, n) => `('${draftId}', ${n + 1}, '[]', 'm${n}@company.example', 2)`);
    test.database.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('${draftId}', 'a.csv', 'fix', '', '');
       insert into draft_rows (draft_id, row_no, cells, email_key, credits) values ${values.join(',')};`,
    );
    itemId = submitted(test.database, draftId, clock.now());
    engine = createSyncEngine({
      database: test.database,
      partnerId: scriptedUser.id,
      functions: createPartnerFunctions(
        { url: 'https://project.example', publishableKey: 'key' },
        server.fetch,
        { token: () => Promise.resolve({ ok: true, value: 'token' }), rejected: () => undefined },
        () => clock.now(),
      ),
      clock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      random: () => 0.999,
    });
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  async function loseTheAnswer(): Promise<void> {
    engine.signedIn();
    await settled();
    expect(readItem(test.database, itemId)).toMatchObject({ state: 'checking', in_doubt_through: ROWS });
  }
  const results = (): unknown[] =>
    test.database
      .all<{ result: string }>('select result from draft_rows where draft_id = ? order by row_no', draftId)
      .map((row) => row.result);

  it('is settled by asking for its rows: none is sent again', async () => {
    recorded = () => rowsAnswer([1, 2, 3, 4, 5, 6].map((row) => rowAnswer(row)));
    await loseTheAnswer();
    await clock.advance(10_000);
    expect(readItem(test.database, itemId)).toMatchObject({
      state: 'confirmed',
      in_doubt_through: null,
      planned_credits: 0,
      receipt: '{"confirmed":6,"refused":0,"lost":0,"balance":950}',
    });
    expect(sent).toHaveLength(1);
    expect(asked).toEqual([[1, 6]]);
  });

  it('sends only the rows again that the server does not know', async () => {
    recorded = () => rowsAnswer([1, 2, 4].map((row) => rowAnswer(row)));
    await loseTheAnswer();
    await clock.advance(10_000);
    expect(sent.slice(1)).toEqual([[3, 5, 6]]);
    expect(readItem(test.database, itemId)?.receipt).toBe('{"confirmed":6,"refused":0,"lost":0,"balance":950}');
  });

  it.each<[string, () => ScriptedAnswer]>([
    ['knows none of them', () => rowsAnswer([])],
    ['has no such function', () => ({ status: 404, body: { code: 'PGRST202', message: '' } })],
    ['answers another shape', () => ({ body: [] })],
  ])('sends all rows again under its id where the server %s', async (_name, answer) => {
    recorded = answer;
    await loseTheAnswer();
    await clock.advance(10_000);
    expect(sent.slice(1)).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(readItem(test.database, itemId)?.state).toBe('confirmed');
  });

  it('stays in doubt while the server cannot be asked', async () => {
    recorded = () => ({ status: 503, body: {} });
    await loseTheAnswer();
    await clock.advance(60_000);
    expect(sent).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(1);
    expect(readItem(test.database, itemId)).toMatchObject({ state: 'checking', in_doubt_through: ROWS });
  });

  it('waits for balance behind the row that could not be paid, as if the answer had come', async () => {
    const short = {
      outcome: 'refused',
      reason: 'insufficient_credits',
      shortfall: 1,
      member_id: null,
      allocation_id: null,
      credits: null,
      expires_at: null,
      credits_assigned: null,
    };
    recorded = () => rowsAnswer([rowAnswer(1), rowAnswer(2, short)], 950);
    await loseTheAnswer();
    await clock.advance(10_000);
    expect(sent).toHaveLength(1);
    expect(readItem(test.database, itemId)).toMatchObject({ state: 'held', held_reason: 'insufficient_credits' });
    expect(results()).toEqual(['confirmed', 'refused', 'queued', 'queued', 'queued', 'queued']);
  });

  it('sends none of the rows behind it once it is stopped', async () => {
    const short = {
      outcome: 'refused',
      reason: 'insufficient_credits',
      shortfall: 1,
      member_id: null,
      allocation_id: null,
    };
    const nothing = { credits: null, expires_at: null, credits_assigned: null };
    recorded = () => rowsAnswer([rowAnswer(1), rowAnswer(2, { ...short, ...nothing })], 950);
    await loseTheAnswer();
    await clock.advance(10_000);
    stopUpload(test.database, itemId, clock.now());
    engine.wake();
    await clock.advance(60_000);
    expect(sent).toHaveLength(1);
    expect(results()).toEqual(['confirmed', 'refused', 'waiting', 'waiting', 'waiting', 'waiting']);
  });

  it('ends as stopped only when the fate of its rows is known', async () => {
    await loseTheAnswer();
    recorded = () => rowsAnswer([1, 2, 3, 4, 5, 6].map((row) => rowAnswer(row)));
    stopUpload(test.database, itemId, clock.now());
    engine.wake();
    await clock.advance(10_000);
    expect(results()).toEqual(Array.from({ length: ROWS }, () => 'confirmed'));
    expect(readItem(test.database, itemId)?.state).toBe('confirmed');
    expect(sent).toHaveLength(1);
  });
});
