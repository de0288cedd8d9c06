import { afterEach, beforeEach, expect, it } from 'vitest';
import { assignToMany } from '../../../main/allocation/assign-to-many.ts';
import { makeAllDue } from '../../../main/cache/outbox.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';
import { fakeClock } from '../../builders/fake-clock.ts';
import { changesAnswer, scriptedServer, scriptedUser } from '../../builders/scripted-server.ts';

const ITEMS = 3_000;

let test: TestDatabase;
let engine: SyncEngine | null = null;
beforeEach(() => {
  test = openTestDatabase();
  pulled(test.database, { members: Array.from({ length: ITEMS }, (_, n) => member(n + 1)) });
  const everybody = { by: 'filter' as const, filter: { search: '', status: null, credits: null } };
  assignToMany(
    test.database,
    everybody,
    { credits: 1, validityDays: 9, note: null },
    Date.parse('2026-05-01T12:00:00Z'),
  );
});
afterEach(async () => {
  await engine?.close();
  engine = null;
  test.remove();
});

const count = (condition: string): number =>
  test.database.get<{ n: number }>(`select count(*) as n from outbox where ${condition}`)?.n ?? 0;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const until = async (isSo: () => boolean): Promise<number> => {
  let turns = 0;
  for (; !isSo() && turns < 10_000; turns += 1) await turn();
  return turns;
};

function start(): SyncEngine {
  const clock = fakeClock();
  return createSyncEngine({
    database: test.database,
    partnerId: scriptedUser.id,
    functions: createPartnerFunctions(
      { url: 'https://project.example', publishableKey: 'key' },
      scriptedServer(({ path }) => (path.endsWith('partner_changes') ? changesAnswer() : { fault: 'ECONNREFUSED' }))
        .fetch,
      { token: () => Promise.resolve({ ok: true, value: 'token' }), rejected: () => undefined },
      () => clock.now(),
    ),
    clock,
    log: () => undefined,
    announce: () => undefined,
    onPullProgress: () => undefined,
    random: () => 0.5,
  });
}

it('changes thousands of items in pieces: everything else has its turn in between', async () => {
  engine = start();
  engine.signedOut();
  expect(count(`state = 'held'`)).toBeLessThan(ITEMS);
  await until(() => count(`state = 'held'`) === ITEMS);
  expect(count(`held_reason = 'signed_out'`)).toBe(ITEMS);

  engine.signedIn();
  expect(count(`state = 'held'`)).toBeGreaterThan(0);
  // Signed out again before all were let go: what was is held again, and nothing goes on being let go.
  await turn();
  engine.signedOut();
  await until(() => count(`state = 'queued'`) === 0);
  for (let more = 0; more < 20; more += 1) await turn();
  expect(count(`held_reason = 'signed_out'`) + count(`state in ('checking', 'sending')`)).toBe(ITEMS);
});

it('does one piece of them at a time', () => {
  test.database.run(`update outbox set next_attempt_at = '2026-05-05T00:00:00.000Z'`);
  const changed = makeAllDue(test.database);
  expect(changed).toBeGreaterThan(0);
  expect(changed).toBeLessThanOrEqual(200);
  let rest = 0;
  for (let some = makeAllDue(test.database); some > 0; some = makeAllDue(test.database)) rest += some;
  expect(changed + rest).toBe(ITEMS);
});

it('looks at all of them before any is changed: a change would seal what a fault of the disk has made of it', async () => {
  const last = test.database.get<{ id: string }>('select item_id as id from outbox order by sequence desc limit 1')?.id;
  const trigger = test.database.get<{ sql: string }>(
    `select sql from sqlite_schema where name = 'outbox_standing_guarded'`,
  );
  test.database.execute('drop trigger outbox_standing_guarded');
  test.database.run(`update outbox set state = 'sending', attempts = 99 where item_id = ?`, last ?? '');
  test.database.execute(trigger?.sql ?? '');
  engine = start();
  engine.signedIn();
  const state = () => test.database.get('select state, held_reason from outbox where item_id = ?', last ?? '');
  await until(() => count(`held_reason = 'recovered'`) === 1);
  expect(state()).toEqual({ state: 'held', held_reason: 'recovered' });
});
