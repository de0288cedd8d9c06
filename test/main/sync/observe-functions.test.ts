import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listRounds } from '../../../main/cache/sync-history.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { observeFunctions } from '../../../main/sync/observe-functions.ts';
import { createRoundRecorder, type RoundRecorder } from '../../../main/sync/round-recorder.ts';
import type { Log } from '../../../main/platform/platform.ts';
import { idOf, openTestDatabase, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock } from '../../builders/fake-clock.ts';
import { changesAnswer, scriptedServer } from '../../builders/scripted-server.ts';

describe('observed functions', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let rounds: RoundRecorder;
  let functions: PartnerFunctions;
  let lines: Parameters<Log>[];
  let tables: string[];
  const server = scriptedServer(() => changesAnswer());

  beforeEach(() => {
    test = openTestDatabase();
    clock = fakeClock();
    lines = [];
    tables = [];
    const log: Log = (...line) => lines.push(line);
    rounds = createRoundRecorder(test.database, clock, log, (...changed) => tables.push(...changed));
    const tokens = { token: () => Promise.resolve({ ok: true as const, value: 'token' }), rejected: () => undefined };
    const project = { url: 'https://a.example', publishableKey: 'key' };
    functions = observeFunctions(
      createPartnerFunctions(project, server.fetch, tokens, () => clock.now()),
      rounds,
      clock,
      log,
    );
  });
  afterEach(() => test.remove());

  const written = () => listRounds(test.database, { offset: 0, limit: 10 }).rounds;
  const command = { memberId: idOf(1), credits: 2, validityDays: 30, note: 'for anna@a.example' };

  it('count what a round did and write it down at its end, with a line in the log a call', async () => {
    server.answer = () => ({ body: { outcome: 'insufficient_credits', shortfall: 1, balance: 1, replayed: false } });
    rounds.begin('queued');
    clock.jump(250);
    await functions.assign(idOf(7), command);
    server.answer = () => changesAnswer();
    await functions.changes(null, 10);
    rounds.end(null);
    expect(written()).toMatchObject([
      { startedBy: 'queued', milliseconds: 250, sent: 1, confirmed: 0, refused: 1, pulledMembers: 0, fault: null },
    ]);
    expect(tables).toEqual(['sync']);
    expect(lines.map(([, event, data]) => [event, data?.['call'], data?.['item'], data?.['outcome']])).toEqual([
      ['server_call', 'assign', idOf(7), 'insufficient_credits'],
      ['server_call', 'changes', undefined, 'answered'],
      ['sync_round', undefined, undefined, undefined],
    ]);
    expect(JSON.stringify(lines)).not.toContain('anna');
  });

  it('name each command of a batch in the log', async () => {
    const receipt = {
      outcome: 'assigned',
      allocation_id: idOf(9),
      member_id: idOf(1),
      credits: 2,
      expires_at: '2026-08-01T00:00:00Z',
      credits_assigned: 2,
      balance: 8,
      replayed: false,
    };
    const answers = [
      { request_id: idOf(1), ...receipt },
      { request_id: idOf(2), outcome: 'member_inactive', balance: 8, replayed: false },
      { request_id: idOf(3), error: 'request_id_reused' },
    ];
    server.answer = () => ({ body: { answers, balance: 8, server_time: '2026-05-01T12:00:00Z' } });
    rounds.begin('queued');
    await functions.assignBatch([1, 2, 3].map((number) => ({ requestId: idOf(number), ...command })));
    rounds.end(null);
    expect(
      lines.slice(0, 3).map(([, event, data]) => [event, data?.['item'], data?.['outcome'] ?? data?.['fault']]),
    ).toEqual([
      ['command_answered', idOf(1), 'assigned'],
      ['command_answered', idOf(2), 'member_inactive'],
      ['command_answered', idOf(3), 'request_id_reused'],
    ]);
    expect(written()).toMatchObject([{ sent: 3, confirmed: 1, refused: 2 }]);
  });

  it('write the fault down that ended a round, and what was sent into the dark', async () => {
    server.answer = () => ({ fault: 'ECONNRESET' });
    rounds.begin('timer');
    await functions.assign(idOf(8), command);
    rounds.end('reset');
    expect(written()).toMatchObject([{ sent: 1, confirmed: 0, refused: 0, fault: 'reset' }]);
    expect(lines[0]).toEqual([
      'warn',
      'server_call',
      { call: 'assign', item: idOf(8), milliseconds: 0, outcome: 'unreachable', fault: 'reset' },
    ]);
  });

  it('write nothing for a round without a request, nor into a closed database', async () => {
    rounds.begin('timer');
    rounds.end(null);
    expect(written()).toEqual([]);
    rounds.begin('timer');
    await functions.changes(null, 10);
    test.database.close();
    expect(() => rounds.end(null)).not.toThrow();
  });
});
