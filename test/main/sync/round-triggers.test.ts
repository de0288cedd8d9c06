import { afterEach, beforeEach, expect, it } from 'vitest';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { listRounds } from '../../../main/cache/sync-history.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { observeFunctions } from '../../../main/sync/observe-functions.ts';
import { createRoundRecorder } from '../../../main/sync/round-recorder.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  changesAnswer,
  type ScriptedAnswer,
  scriptedServer,
  type ScriptedServer,
  scriptedUser,
} from '../../builders/scripted-server.ts';

let test: TestDatabase;
let clock: FakeClock;
let engine: SyncEngine;
let server: ScriptedServer;
/** Of everything that is asked. */
let answer: ScriptedAnswer;

beforeEach(() => {
  test = openTestDatabase();
  pulled(test.database, { members: [member(1)] });
  clock = fakeClock();
  answer = changesAnswer();
  server = scriptedServer(() => answer);
  const log = (): void => undefined;
  const rounds = createRoundRecorder(test.database, clock, log, () => undefined);
  const tokens = { token: () => Promise.resolve({ ok: true as const, value: 'token' }), rejected: () => undefined };
  const functions = createPartnerFunctions(
    { url: 'https://project.example', publishableKey: 'key' },
    server.fetch,
    tokens,
    () => clock.now(),
  );
  engine = createSyncEngine({
    database: test.database,
    partnerId: scriptedUser.id,
    functions: observeFunctions(functions, rounds, clock, log),
    clock,
    log,
    announce: () => undefined,
    onPullProgress: () => undefined,
    random: () => 0.5,
    rounds,
  });
});
afterEach(async () => {
  await engine.close();
  test.remove();
});

const startedBy = (): string[] =>
  listRounds(test.database, { offset: 0, limit: 20 })
    .rounds.map((round) => round.startedBy)
    .toReversed();

it('the history says who or what began each round', async () => {
  engine.signedIn();
  await settled();
  await clock.advance(60_000);
  await engine.syncNow();
  const payload = {
    memberId: idOf(1),
    memberName: '',
    memberEmail: 'a@a.example',
    credits: 1,
    validityDays: 9,
    note: null,
  };
  queueAssignment(test.database, payload, clock.now());
  engine.wake();
  await settled();
  expect(startedBy()).toEqual(['sign_in', 'timer', 'person', 'queued']);
});

it('a timer that comes hours late means that the computer has slept', async () => {
  engine.signedIn();
  await settled();
  clock.jump(3 * 3_600_000);
  await clock.advance(60_000);
  await clock.advance(60_000);
  expect(startedBy().slice(0, 3)).toEqual(['sign_in', 'wake', 'timer']);
});

it('another network, or waking up, ends the wait for a server that could not be reached', async () => {
  answer = { fault: 'ENETUNREACH' };
  engine.signedIn();
  await settled();
  for (let minute = 0; minute < 5; minute += 1) await clock.advance(60_000);
  expect(engine.state().connection).toBe('offline');
  answer = changesAnswer();
  engine.tryAgain('network');
  await settled();
  expect(engine.state()).toMatchObject({ connection: 'online', fault: null });
  engine.tryAgain('wake');
  await settled();
  expect(startedBy().slice(-2)).toEqual(['network', 'wake']);
});

it('another network does not overrule a server that asked for patience, nor work without a session', async () => {
  answer = { status: 503, body: {}, headers: { 'retry-after': '600' } };
  engine.signedIn();
  await settled();
  const asked = server.requests.length;
  engine.tryAgain('network');
  await settled();
  expect(server.requests.length).toBe(asked);
  engine.signedOut();
  answer = changesAnswer();
  await clock.advance(600_000);
  engine.tryAgain('network');
  await settled();
  expect(server.requests.length).toBe(asked);
});
