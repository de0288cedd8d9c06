import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { idOf, member, openTestDatabase, pulled, submitted, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  changesAnswer,
  type ScriptedAnswer,
  scriptedServer,
  type ScriptedServer,
  scriptedUser,
} from '../../builders/scripted-server.ts';

const HOUR_MS = 3_600_000;

/** The same sequence each time, evenly spread. */
function fixedRandom(): () => number {
  let seed = 1;
  return () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
}

describe('a server that never does it', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let server: ScriptedServer;
  let engine: SyncEngine;

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1), member(2), member(3)] });
    clock = fakeClock();
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  /** How many requests leave in so many hours, with commands and an upload in the queue. */
  async function requestsIn(
    hours: number,
    answer: (path: string) => ScriptedAnswer,
    before: () => void = () => undefined,
  ): Promise<number> {
    server = scriptedServer(({ path }) => answer(path));
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
      random: fixedRandom(),
    });
    for (const number of [1, 1, 2, 3]) {
      const payload = {
        memberId: idOf(number),
        memberName: '',
        memberEmail: '',
        credits: 1,
        validityDays: 9,
        note: null,
      };
      queueAssignment(test.database, payload, clock.now());
    }
    test.database.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('${idOf(500)}', 'a.csv', 'fix', '', '');
       insert into draft_rows (draft_id, row_no, cells, email_key, credits)
         values ('${idOf(500)}', 1, '[]', 'one@company.example', 2), ('${idOf(500)}', 2, '[]', 'two@company.example', 3);`,
    );
    submitted(test.database, idOf(500), clock.now());
    before();
    engine.signedIn();
    await settled();
    await clock.advance(hours * HOUR_MS);
    return server.requests.length;
  }
  const fault = (body: ScriptedAnswer) => () => body;
  const feedWorks = (body: ScriptedAnswer) => (path: string) =>
    path.endsWith('partner_changes') ? changesAnswer() : body;

  it.each([
    // In trouble: on the average one request in 30 seconds.
    ['answers 500', 6, fault({ status: 500, body: {} }), 500, 850],
    ['has too many requests', 1, fault({ status: 429, body: {} }), 90, 180],
    ['answers another shape', 1, fault({ body: { no: 'answer' } }), 90, 280],
    // Not there: it is looked for every 15 seconds at most, so that its return is noticed.
    ['cannot be reached', 1, fault({ fault: 'ECONNREFUSED' }), 240, 560],
    ['is behind a login page', 1, fault({ status: 403, body: { message: 'Sign in' } }), 240, 560],
    ['refuses the token', 1, fault({ status: 401, body: { code: 'PGRST301', message: 'JWT expired' } }), 240, 560],
    // Lasting matters: once a minute.
    ['knows no such partner', 1, fault({ status: 403, body: { code: 'PT403', message: 'not_a_partner' } }), 50, 70],
    ['lacks the functions', 1, fault({ status: 404, body: { code: 'PGRST202', message: '' } }), 50, 90],
    // The feed works, the commands do not: each waits for its own next attempt, on the average 30 seconds.
    ['fails at commands', 1, feedWorks({ status: 500, body: { code: 'XX000', message: '' } }), 300, 900],
  ])('%s for %d hours', async (_name, hours, answer, least, most) => {
    const requests = await requestsIn(hours, answer);
    expect(requests).toBeLessThan(most);
    // It does not give up either.
    expect(requests).toBeGreaterThan(least);
  });

  it('is asked ever less often for what is in doubt while it cannot answer that', async () => {
    await requestsIn(2, feedWorks({ status: 500, body: { code: 'XX000', message: '' } }), () => {
      test.database.run(`update outbox set state = 'checking', in_doubt_through = iif(draft_id is null, null, 2)`);
    });
    // Commands in one question, the rows of an upload in another: each at most twice a minute on the average.
    expect(server.count('command_outcomes')).toBeLessThan(2 * 3 * 120);
    expect(server.count('upload_outcomes')).toBeLessThan(2 * 150);
    expect(server.count('upload_outcomes')).toBeGreaterThan(60);
  });

  it.each([
    ['', { status: 503, body: {}, headers: { 'retry-after': '3600' } }],
    [
      ' on a page of a gateway',
      {
        status: 503,
        body: '<html>Maintenance</html>',
        headers: { 'retry-after': '3600', 'content-type': 'text/html' },
      },
    ],
  ])('waits as long as the server wishes%s', async (_name, answer: ScriptedAnswer) => {
    const wish = (): ScriptedAnswer => answer;
    const requests = await requestsIn(24, wish);
    expect(requests).toBeLessThan(30);
    expect(requests).toBeGreaterThan(20);
  });
});
