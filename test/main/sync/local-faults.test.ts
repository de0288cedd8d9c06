import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseDamaged } from '../../../main/cache/classify-cache-fault.ts';
import type { OpenDatabase, SqlParameters } from '../../../main/cache/database.ts';
import { queueAssignment, queueCommand } from '../../../main/cache/outbox.ts';
import { listItems } from '../../../main/cache/outbox-list.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  answerAssignments,
  assignmentsIn,
  changesAnswer,
  type ScriptedServer,
  scriptedServer,
  scriptedUser,
} from '../../builders/scripted-server.ts';

const MEMBERS = 100;

describe('a fault of this computer while it syncs', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let server: ScriptedServer;
  let engine: SyncEngine;
  let damages: number;

  const start = (functions: Partial<PartnerFunctions> = {}): SyncEngine =>
    createSyncEngine({
      database: test.database,
      partnerId: scriptedUser.id,
      functions: {
        ...createPartnerFunctions(
          { url: 'https://project.example', publishableKey: 'key' },
          server.fetch,
          { token: () => Promise.resolve({ ok: true, value: 'token' }), rejected: () => undefined },
          () => clock.now(),
        ),
        ...functions,
      },
      clock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      onDamage: () => (damages += 1),
      random: () => 0.999,
    });

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: Array.from({ length: MEMBERS }, (_, number) => member(number + 1)) });
    clock = fakeClock();
    damages = 0;
    server = scriptedServer((request) => {
      if (request.path.endsWith('partner_changes')) return changesAnswer();
      if (assignmentsIn(request).length === 0)
        return { body: { answers: [], balance: 900, server_time: '2026-05-01T12:00:00Z' } };
      return answerAssignments(request, (command) => ({
        outcome: 'assigned',
        allocation_id: String(command['p_member_id']).replace(/^0/, '9'),
        member_id: command['p_member_id'],
        credits: 1,
        expires_at: '2026-08-01T00:00:00Z',
        credits_assigned: 1,
        balance: 900,
        replayed: false,
      }));
    });
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  const assignment = { memberName: '', memberEmail: '', credits: 1, validityDays: 9, note: null };
  const queue = (number: number): string =>
    queueAssignment(test.database, { ...assignment, memberId: idOf(number) }, clock.now());
  const states = (): Record<string, string> =>
    Object.fromEntries(
      listItems(test.database, { show: 'all', offset: 0, limit: 200 }).items.map((item) => [item.itemId, item.state]),
    );

  it('is said as long as it lasts, and what waited goes on by itself', async () => {
    engine = start();
    engine.signedIn();
    await settled();
    const count = test.database.get<{ pages: number }>('select page_count as pages from pragma_page_count');
    test.database.execute(`pragma max_page_count = ${count?.pages ?? 0}`);
    const partner = {
      id: scriptedUser.id,
      full_name: 'x'.repeat(2_000_000),
      email: '',
      balance: 1,
      low_balance: false,
    };
    const nothing = { members: [], allocations: [], removed_members: [], cursor: 'c', has_more: false };
    server.answer = () => ({ body: { ...nothing, server_time: '2026-05-01T12:00:00Z', partner } });
    await expect(engine.syncNow()).rejects.toThrow('full');
    expect(engine.state()).toMatchObject({ connection: 'online', fault: 'local_full' });
    test.database.execute('pragma max_page_count = 1000000');
    await clock.advance(6_000);
    expect(engine.state()).toMatchObject({ connection: 'online', fault: null });
    expect(damages).toBe(0);
  });

  it('never lets "sync now" call itself done', async () => {
    engine = start();
    engine.signedIn();
    await settled();
    queue(1);
    test.database.run(`update outbox set next_attempt_at = '2026-05-01T12:59:00.000Z'`);
    test.database.execute(
      `create trigger full before update of next_attempt_at on outbox begin select raise(abort, 'no room'); end`,
    );
    await expect(engine.syncNow()).rejects.toThrow('no room');
    test.database.execute('drop trigger full');
  });

  it('with one item lets all others pass', async () => {
    engine = start({ revoke: () => Promise.reject(new TypeError('a bug')) });
    const payload = { memberId: idOf(1), memberName: '', memberEmail: '', credits: 1, reason: null };
    const faulty = queueCommand(test.database, { kind: 'revoke_member_credits', payload }, clock.now());
    const other = queue(2);
    engine.signedIn();
    await settled();
    expect(states()).toMatchObject({ [faulty]: 'checking', [other]: 'queued' });
    expect(engine.state().fault).toBe('local_unexpected');
    await clock.advance(12_000);
    expect(states()).toMatchObject({ [faulty]: 'checking', [other]: 'confirmed' });
    expect(damages).toBe(0);
  });

  it(`with one of ${MEMBERS} assignments that go together lets all others pass, alone`, async () => {
    engine = start();
    const items = Array.from({ length: MEMBERS }, (_, number) => queue(number + 1));
    const faulty = items[MEMBERS / 2] ?? '';
    test.database
      .execute(`create trigger bug before update on outbox when new.item_id = '${faulty}' and new.state = 'confirmed'
      begin select raise(abort, 'a bug'); end`);
    engine.signedIn();
    await settled();
    await clock.advance(120_000);
    const open = Object.entries(states()).filter(([, state]) => state !== 'confirmed');
    expect(open).toEqual([[faulty, 'checking']]);
  });

  it('is nobody’s business once the engine is closed', async () => {
    let fail: (error: unknown) => void = () => undefined;
    engine = start({ changes: () => new Promise((_, reject) => (fail = reject)) });
    engine.signedIn();
    await settled();
    const closing = engine.close();
    fail(new DatabaseDamaged('found late'));
    await closing;
    await settled();
    expect(damages).toBe(0);
  });

  it('that says that the database is damaged is told, and nothing is tried meanwhile', async () => {
    engine = start({ changes: () => Promise.reject(new DatabaseDamaged('an index')) });
    engine.signedIn();
    await settled();
    expect(damages).toBe(1);
    expect(engine.state().fault).toBe('local_corrupt');
  });
});

describe('the engine over a database that fails', () => {
  it('tries again after a while, and lets no fault escape', async () => {
    const test = openTestDatabase();
    const clock = fakeClock();
    const server = scriptedServer(() => changesAnswer());
    let isBroken = false;
    const database: OpenDatabase = {
      ...test.database,
      isOpen: true,
      get: <Row>(sql: string, ...values: SqlParameters) => {
        if (isBroken) throw new Error('disk I/O error');
        return test.database.get<Row>(sql, ...values);
      },
    };
    const engine = createSyncEngine({
      database,
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
      random: () => 0,
    });
    engine.signedIn();
    await settled();
    isBroken = true;
    await clock.advance(60_000);
    expect(clock.waiting()).toBe(1);
    isBroken = false;
    const before = server.requests.length;
    // At the latest a minute after the last attempt.
    await clock.advance(60_000);
    expect(server.requests.length).toBeGreaterThan(before);
    await engine.close();
    expect(clock.waiting()).toBe(0);
    test.remove();
  });
});
