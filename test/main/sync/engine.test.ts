import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { listItems } from '../../../main/cache/outbox-list.ts';
import { setSendingPaused } from '../../../main/cache/outbox.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { idOf, member, openTestDatabase, pulled, submitted, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  answerAssignments,
  assignmentsIn,
  changesAnswer,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
  scriptedUser,
  type SentAssignment,
} from '../../builders/scripted-server.ts';

const receipt = (command: SentAssignment): object => ({
  outcome: 'assigned',
  allocation_id: idOf(77),
  member_id: command['p_member_id'],
  credits: command['p_credits'],
  expires_at: '2026-08-01T00:00:00Z',
  credits_assigned: 1,
  balance: 900,
  replayed: false,
});
const assigned = (command: SentAssignment): ScriptedAnswer => ({ body: receipt(command) });

describe('the engine', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let server: ScriptedServer;
  let engine: SyncEngine;
  let tables: string[];

  const start = (): SyncEngine =>
    createSyncEngine({
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
      announce: (...changed) => tables.push(...changed),
      onPullProgress: () => undefined,
      random: () => 0.999,
    });

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1), member(2), member(3)] });
    clock = fakeClock();
    tables = [];
    server = scriptedServer(({ path, body }) => (path.endsWith('partner_changes') ? changesAnswer() : assigned(body)));
    engine = start();
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  const queue = (number: number): string => {
    const payload = {
      memberId: idOf(number),
      memberName: '',
      memberEmail: '',
      credits: 1,
      validityDays: 9,
      note: null,
    };
    const itemId = queueAssignment(test.database, payload, clock.now());
    engine.wake();
    return itemId;
  };
  const states = (): Record<string, string> =>
    Object.fromEntries(
      listItems(test.database, { show: 'all', offset: 0, limit: 99 }).items.map((item) => [item.itemId, item.state]),
    );

  it('sends nothing before there is a session', async () => {
    const item = queue(1);
    await clock.advance(600_000);
    expect(server.requests).toEqual([]);
    expect(states()[item]).toBe('held');
    engine.signedIn();
    await settled();
    expect(states()[item]).toBe('confirmed');
    expect(engine.state().connection).toBe('online');
  });

  it('risks no command where there was no network: the feed finds out whether there is one again', async () => {
    engine.signedIn();
    await settled();
    const answering = server.answer;
    server.answer = () => ({ fault: 'ERR_INTERNET_DISCONNECTED' });
    await clock.advance(61_000);
    const item = queue(1);
    await clock.advance(120_000);
    expect(states()[item]).toBe('queued');
    expect(server.count('assign_member_credits')).toBe(0);
    server.answer = answering;
    await clock.advance(15_000);
    expect(states()[item]).toBe('confirmed');
  });

  it('looks for a lost server at growing distances, never further apart than 15 seconds, never in a loop', async () => {
    engine.signedIn();
    await settled();
    server.answer = () => ({ fault: 'ECONNREFUSED' });
    const item = queue(1);
    await settled();
    expect(engine.state()).toMatchObject({ connection: 'offline', fault: 'refused' });
    const before = server.requests.length;
    const times: number[] = [];
    const begin = clock.now();
    while (clock.now() - begin < 120_000) {
      const count = server.requests.length;
      await clock.advance(100);
      if (server.requests.length > count) times.push(clock.now());
    }
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15_100);
    expect(gaps.at(-1)).toBeGreaterThan(10_000);
    expect(server.requests.length - before).toBeLessThan(15);
    expect(states()[item]).toBe('queued');

    server.answer = ({ path, body }) => (path.endsWith('partner_changes') ? changesAnswer() : assigned(body));
    await clock.advance(15_000);
    expect(states()[item]).toBe('confirmed');
  });

  it('makes one call at a time, with commands on one member in order', async () => {
    engine.signedIn();
    await settled();
    let underway = 0;
    let most = 0;
    server.answer = async (request) => {
      if (request.path.endsWith('partner_changes')) return changesAnswer();
      underway += 1;
      most = Math.max(most, underway);
      await new Promise((resolve) => setImmediate(resolve));
      underway -= 1;
      return answerAssignments(request, receipt);
    };
    const [one, two, oneAgain, three] = [queue(1), queue(2), queue(1), queue(3)];
    await clock.advance(0);
    await settled();
    expect(most).toBe(1);
    const sent = server.requests.flatMap(assignmentsIn).map((command) => command['p_request_id']);
    expect(sent).toEqual([one, two, oneAgain, three]);
  });

  it('lets others pass an item that the server cannot do now, and keeps its id', async () => {
    engine.signedIn();
    await settled();
    server.answer = (request) => {
      if (request.path.endsWith('partner_changes')) return changesAnswer();
      return assignmentsIn(request).some((command) => command['p_member_id'] === idOf(1))
        ? { status: 500, body: { code: '40P01', message: '' } }
        : answerAssignments(request, receipt);
    };
    const stuck = queue(1);
    const behind = queue(1);
    const other = queue(2);
    await clock.advance(10_000);
    expect(states()).toMatchObject({ [stuck]: 'queued', [behind]: 'queued', [other]: 'confirmed' });
    await clock.advance(600_000);
    const attempts = server.requests.flatMap(assignmentsIn).filter((command) => command['p_member_id'] === idOf(1));
    expect(new Set(attempts.map((command) => command['p_request_id']))).toEqual(new Set([stuck]));
    expect(attempts.length).toBeGreaterThan(8);
    expect(attempts.length).toBeLessThan(25);
  });

  it('keeps an item in doubt while the server cannot be reached, and asks under its id again', async () => {
    engine.signedIn();
    await settled();
    server.answer = () => ({ fault: 'ECONNRESET' });
    const item = queue(1);
    await settled();
    expect(states()[item]).toBe('checking');
    // The connection does not even stand now: that attempt had no effect, but the one before may have had.
    server.answer = () => ({ fault: 'ECONNREFUSED' });
    await clock.advance(30_000);
    expect(states()[item]).toBe('checking');
    server.answer = ({ path, body }) => (path.endsWith('partner_changes') ? changesAnswer() : assigned(body));
    await clock.advance(15_000);
    expect(states()[item]).toBe('confirmed');
    const attempts = server.requests.filter((request) => request.path.endsWith('assign_member_credits'));
    expect(new Set(attempts.map((request) => request.body['p_request_id']))).toEqual(new Set([item]));
  });

  it('does not send while the person has paused it, but goes on reading', async () => {
    setSendingPaused(test.database, true);
    engine.signedIn();
    const item = queue(1);
    await clock.advance(130_000);
    expect(server.count('assign_member_credits')).toBe(0);
    expect(server.count('partner_changes')).toBeGreaterThanOrEqual(2);
    setSendingPaused(test.database, false);
    engine.wake();
    await settled();
    expect(states()[item]).toBe('confirmed');
  });

  it('pulls every minute, and at once after a receipt', async () => {
    engine.signedIn();
    await settled();
    expect(server.count('partner_changes')).toBe(1);
    await clock.advance(59_000);
    expect(server.count('partner_changes')).toBe(1);
    await clock.advance(2_000);
    expect(server.count('partner_changes')).toBe(2);
    queue(1);
    await settled();
    expect(server.count('partner_changes')).toBe(3);
  });

  it('reads everything by the feed where the server fails at digests again and again, and not before', async () => {
    engine.signedIn();
    await settled();
    const answering = server.answer;
    server.answer = (request) =>
      request.path.endsWith('partner_digests') ? { status: 503, body: { message: 'busy' } } : answering(request);
    const compared = engine.compareNow();
    const fromTheStart = () =>
      server.requests.filter(
        ({ path, body }) => path.endsWith('partner_changes') && (body['p_cursor'] ?? null) === null,
      ).length;
    for (let second = 0; second < 600 && fromTheStart() === 0; second += 1) {
      expect(server.count('partner_digests')).toBeLessThanOrEqual(4);
      await clock.advance(1_000);
    }
    await compared;
    await clock.advance(1_000);
    expect(server.count('partner_digests')).toBe(4);
    expect(fromTheStart()).toBe(1);
    expect(engine.state().connection).toBe('online');
    // What the server does not have is gone from here.
    expect(test.database.get('select count(*) as members from members')).toEqual({ members: 0 });
  });

  it('goes on comparing after a time in which the server answered nothing at all', async () => {
    engine.signedIn();
    await settled();
    const answering = server.answer;
    server.answer = () => ({ status: 503, body: { message: 'busy' } });
    void engine.compareNow();
    await clock.advance(120_000);
    expect(test.database.get('select count(*) as members from members')).toEqual({ members: 3 });
    const { length } = server.requests;
    server.answer = (request) =>
      request.path.endsWith('partner_digests') ? { status: 404, body: { code: 'PGRST202' } } : answering(request);
    await clock.advance(60_000);
    // Asked for once more, not given up: that this server has no digests is what ends it.
    expect(server.requests.slice(length).some(({ path }) => path.endsWith('partner_digests'))).toBe(true);
  });

  it('is not put to sleep by a clock that jumps a day ahead and back', async () => {
    engine.signedIn();
    await settled();
    server.answer = () => ({ fault: 'ENOTFOUND' });
    clock.jump(86_400_000);
    const item = queue(1);
    await settled();
    clock.jump(-86_400_000);
    server.answer = ({ path, body }) => (path.endsWith('partner_changes') ? changesAnswer() : assigned(body));
    await clock.advance(15_000);
    expect(states()[item]).toBe('confirmed');
  });

  it('closes while an answer is out, and finds the item in doubt on the next start', async () => {
    engine.signedIn();
    await settled();
    let release = (): void => undefined;
    server.answer = ({ body }) =>
      new Promise((resolve) => {
        release = () => resolve(assigned(body));
      });
    const item = queue(1);
    await settled();
    const closed = engine.close();
    await clock.advance(5_000);
    await closed;
    test.database.close();
    release();
    await settled();
    test = openTestDatabase(test.folder);
    engine = start();
    expect(states()[item]).toBe('checking');
  });

  it('does not turn in circles when the feed never moves on', async () => {
    const page = changesAnswer();
    const stuck = 'body' in page ? { body: { ...(page.body as object), has_more: true } } : page;
    server.answer = () => stuck;
    engine.signedIn();
    await settled();
    await clock.advance(10_000);
    expect(server.requests.length).toBeLessThan(8);
    expect(engine.state()).toMatchObject({ isPulling: false, fault: 'wrong_shape' });
  });

  it('sends an item that a later version left, once it can be read again', async () => {
    const item = queue(1);
    test.database.run(
      'update outbox set payload_version = 99, checksum = outbox_checksum(item_id, kind, 99, payload) where item_id = ?',
      item,
    );
    engine.signedIn();
    await settled();
    expect(states()[item]).toBe('held');
    await engine.close();
    test.database.run(
      'update outbox set payload_version = 1, checksum = outbox_checksum(item_id, kind, 1, payload) where item_id = ?',
      item,
    );
    engine = start();
    // The later version may have sent it: until its fate is known nobody may discard it or send it under a new id.
    expect(states()[item]).toBe('checking');
    engine.signedIn();
    await settled();
    expect(states()[item]).toBe('confirmed');
  });

  it('lets an upload go on by itself when the balance has grown', async () => {
    test.database.execute(
      `insert into drafts (draft_id, file_name, stage, created_at, changed_at) values ('${idOf(500)}', 'a.csv', 'fix', '', '');
       insert into draft_rows (draft_id, row_no, cells, email_key, credits)
         values ('${idOf(500)}', 1, '[]', 'a@company.example', 5), ('${idOf(500)}', 2, '[]', 'b@company.example', 5);`,
    );
    let balance = 0;
    const row = (number: number, outcome: string): Record<string, unknown> => ({
      row: number,
      outcome,
      reason: outcome === 'refused' ? 'insufficient_credits' : null,
      field: null,
      shortfall: outcome === 'refused' ? 5 : null,
      member_id: outcome === 'created' ? idOf(50) : null,
      allocation_id: outcome === 'created' ? idOf(51) : null,
      credits: outcome === 'created' ? 5 : null,
      expires_at: outcome === 'created' ? '2026-08-01T00:00:00Z' : null,
      credits_assigned: outcome === 'created' ? 5 : null,
      replayed: false,
    });
    server.answer = ({ path, body }) => {
      if (path.endsWith('partner_changes')) return changesAnswer(scriptedUser.id, balance);
      const asked = (body['p_rows'] as { row: number }[]).map((it) => it.row);
      const rows = balance > 0 ? asked.map((it) => row(it, 'created')) : [row(1, 'refused'), row(2, 'not_attempted')];
      return { body: { rows, balance: Math.max(balance - 5, 0), server_time: '2026-05-01T12:00:00Z' } };
    };
    const item = submitted(test.database, idOf(500), clock.now());
    engine.signedIn();
    await settled();
    await clock.advance(120_000);
    expect(states()[item]).toBe('held');
    expect(server.count('upload_members')).toBe(1);
    balance = 5;
    await clock.advance(61_000);
    expect(states()[item]).toBe('confirmed');
    expect(server.count('upload_members')).toBe(2);
  });

  it('holds an item of a later version and sends the next one', async () => {
    const later = queue(1);
    test.database.run(
      'update outbox set payload_version = 99, checksum = outbox_checksum(item_id, kind, 99, payload) where item_id = ?',
      later,
    );
    engine.signedIn();
    const next = queue(2);
    await settled();
    expect(states()).toMatchObject({ [later]: 'held', [next]: 'confirmed' });
  });
});
