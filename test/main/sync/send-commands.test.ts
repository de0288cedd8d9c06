import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBalance } from '../../../main/cache/balance.ts';
import type { ReadDatabase } from '../../../main/cache/database.ts';
import {
  dueCommands,
  hold,
  markSending,
  nextDueItem,
  queueAssignment,
  queueCommand,
} from '../../../main/cache/outbox.ts';
import { discardItem } from '../../../main/cache/outbox-decisions.ts';
import { readMemberDetail } from '../../../main/cache/member-pages.ts';
import { listItems } from '../../../main/cache/outbox-list.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createSyncEngine, type SyncEngine } from '../../../main/sync/engine.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  answerAssignments,
  assignmentsIn,
  changesAnswer,
  nothingRecorded,
  type ScriptedAnswer,
  type ScriptedRequest,
  type ScriptedServer,
  scriptedServer,
  scriptedUser,
  type SentAssignment,
} from '../../builders/scripted-server.ts';

const receipt = (command: SentAssignment, changes: object = {}): object => ({
  outcome: 'assigned',
  allocation_id: `00000000-0000-4000-8000-${String(command['p_member_id']).slice(-12)}`,
  member_id: command['p_member_id'],
  credits: command['p_credits'],
  expires_at: '2026-08-01T00:00:00Z',
  credits_assigned: 10,
  balance: 900,
  replayed: false,
  ...changes,
});
const outcomes = (answers: readonly object[], balance = 990): ScriptedAnswer => ({
  body: { answers, balance, server_time: '2026-05-01T12:00:00Z' },
});

describe('sending commands on members', () => {
  let test: TestDatabase;
  let clock: FakeClock;
  let server: ScriptedServer;
  let engine: SyncEngine;
  /** What the commands are answered; the feed brings nothing. */
  let answer: (request: ScriptedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;
  let recorded: (request: ScriptedRequest) => ScriptedAnswer;

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
      announce: () => undefined,
      onPullProgress: () => undefined,
      random: () => 0.999,
    });

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: Array.from({ length: 30 }, (_, n) => member(n + 1)) });
    clock = fakeClock();
    answer = (request) => answerAssignments(request, (command) => receipt(command));
    recorded = () => nothingRecorded();
    server = scriptedServer((request) => {
      if (request.path.endsWith('partner_changes')) return changesAnswer();
      return request.path.endsWith('command_outcomes') ? recorded(request) : answer(request);
    });
    engine = start();
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  const queue = (number: number, credits = 1): string =>
    queueAssignment(
      test.database,
      { memberId: idOf(number), memberName: '', memberEmail: '', credits, validityDays: 9, note: null },
      clock.now(),
    );
  const queueStatus = (number: number): string =>
    queueCommand(
      test.database,
      {
        kind: 'set_member_status',
        payload: { memberId: idOf(number), memberName: '', memberEmail: '', status: 'inactive' },
      },
      clock.now(),
    );
  const states = (): Record<string, string> =>
    Object.fromEntries(
      listItems(test.database, { show: 'all', offset: 0, limit: 99 }).items.map((item) => [item.itemId, item.state]),
    );
  const calls = (): string[][] =>
    server.requests
      .map(assignmentsIn)
      .flatMap((commands) =>
        commands.length === 0 ? [] : [commands.map((command) => String(command['p_request_id']))],
      );
  async function run(): Promise<void> {
    engine.signedIn();
    await settled();
  }

  it('sends assignments of different members in one call, each under its own id, and lands every receipt', async () => {
    const ids = [queue(1, 3), queue(2, 4), queue(3, 5)];
    await run();
    expect(calls()).toEqual([ids]);
    expect(Object.values(states())).toEqual(['confirmed', 'confirmed', 'confirmed']);
    expect(readMemberDetail(test.database, idOf(2), clock.now())?.creditsByExpiry).toContainEqual({
      expiresAt: '2026-08-01T00:00:00.000Z',
      available: 4,
      used: 0,
      expired: 0,
    });
    expect(readBalance(test.database)).toMatchObject({ confirmed: 1_000, planned: 0 });
  });

  it('keeps the order of commands on one member, and of nothing else', async () => {
    const log: string[] = [];
    answer = (request) => {
      log.push(...assignmentsIn(request).map((command) => String(command['p_request_id'])));
      if (!request.path.endsWith('set_member_status')) return answerAssignments(request, (command) => receipt(command));
      log.push(String(request.body['p_request_id']));
      return {
        body: {
          outcome: 'updated',
          member_id: request.body['p_member_id'],
          status: 'inactive',
          unspent: 0,
          before: { status: 'active' },
          after: { status: 'inactive' },
          replayed: false,
        },
      };
    };
    const [one, status, oneAgain, two] = [queue(1), queueStatus(1), queue(1), queue(2)];
    await run();
    expect(log).toEqual([one, two, status, oneAgain]);
  });

  it('finds what is due in one look as in the other, also where a fault of the disk has taken the member away', async () => {
    const itemId = queue(1);
    test.database.run('update outbox set member_id = null');
    // Found by the one alone, it would be looked for again and again, in one turn.
    const due = dueCommands(test.database, 9, clock.now()).map((item) => item.item_id);
    expect(due).toEqual([nextDueItem(test.database, clock.now())?.item_id]);
    await run();
    expect(states()).toEqual({ [itemId]: 'confirmed' });
  });

  it('looks for what is due among what is open, not among all that was ever sent', () => {
    const plans: string[] = [];
    const { database } = test;
    const explained: ReadDatabase = {
      ...database,
      all: (sql, ...parameters) => {
        const steps = database.all<{ detail: string }>(`explain query plan ${sql}`, ...parameters);
        plans.push(...steps.map(({ detail }) => detail));
        return [];
      },
    };
    dueCommands(explained, 9, clock.now());
    expect(plans).toContain('SCAN item USING INDEX outbox_open');
    expect(plans.filter((step) => step === 'SCAN item')).toEqual([]);
  });

  it('lets a member’s later command go when the earlier one was refused or is held', async () => {
    const [refused, behind, held, free] = [queue(1, 7), queue(1), queue(2), queue(2)];
    hold(test.database, held, 'newer_version', clock.now());
    test.database.run(
      'update outbox set payload_version = 99, checksum = outbox_checksum(item_id, kind, 99, payload) where item_id = ?',
      held,
    );
    answer = (request) =>
      answerAssignments(request, (command) =>
        command['p_credits'] === 7 ? { outcome: 'member_inactive', balance: 900, replayed: false } : receipt(command),
      );
    await run();
    expect(states()).toEqual({ [refused]: 'refused', [behind]: 'confirmed', [held]: 'held', [free]: 'confirmed' });
  });

  it('lets one refusal in a call touch no other command', async () => {
    const [one, two, three] = [queue(1), queue(2), queue(3)];
    answer = (request) =>
      answerAssignments(request, (command) => {
        if (command['p_request_id'] === one)
          return { outcome: 'insufficient_credits', shortfall: 4, balance: 9, replayed: false };
        return command['p_request_id'] === two ? { error: 'note_too_long' } : receipt(command);
      });
    await run();
    expect(states()).toEqual({ [one]: 'refused', [two]: 'refused', [three]: 'confirmed' });
    const { items } = listItems(test.database, { show: 'refused', offset: 0, limit: 9 });
    expect(items.map((item) => item.refusal)).toEqual([
      { reason: 'note_too_long', shortfall: null },
      { reason: 'insufficient_credits', shortfall: 4 },
    ]);
  });

  it.each<[string, (request: ScriptedRequest) => ScriptedAnswer]>([
    [
      'leaves one out',
      (request) =>
        answerAssignments(request, (command) =>
          receipt(command, command['p_credits'] === 2 ? { request_id: idOf(99) } : {}),
        ),
    ],
    ['is cut off', () => ({ fault: 'ECONNRESET' })],
    ['is of another shape', () => ({ body: { anything: 'else' } })],
    ['comes from a gateway', () => ({ status: 502, body: {} })],
  ])(
    'keeps every command of a call in doubt whose answer %s, and asks by id before it sends again',
    async (_name, lost) => {
      const ids = [queue(1), queue(2, 2), queue(3)];
      let isLost = true;
      const asked: unknown[] = [];
      answer = (request) => {
        if (!isLost) return answerAssignments(request, (command) => receipt(command));
        isLost = false;
        return lost(request);
      };
      recorded = (request) => {
        asked.push(request.body['p_request_ids']);
        const [one = '', two = ''] = ids;
        return outcomes([
          {
            ...receipt({ p_member_id: idOf(1), p_credits: 1 }, { replayed: true, balance: 5 }),
            request_id: one,
            command: 'assign_member_credits',
          },
          { outcome: 'member_inactive', balance: 5, replayed: true, request_id: two, command: 'assign_member_credits' },
        ]);
      };
      engine.signedIn();
      await settled();
      expect(Object.values(states())).toEqual(['checking', 'checking', 'checking']);
      await clock.advance(20_000);
      expect(asked).toEqual([ids]);
      // What the server knew is not sent again; what it did not know goes under its own id.
      expect(calls()).toEqual([ids, [ids[2]]]);
      expect(states()).toEqual({ [ids[0] ?? '']: 'confirmed', [ids[1] ?? '']: 'refused', [ids[2] ?? '']: 'confirmed' });
    },
  );

  it('shows no more as left than there is after an answer was found by its number', async () => {
    const item = queue(1, 10);
    markSending(test.database, [item], clock.now());
    await engine.close();
    engine = start();
    let left: number | null = null;
    server.answer = (request) => {
      if (request.path.endsWith('command_outcomes')) {
        const found = receipt({ p_member_id: idOf(1), p_credits: 10 }, { replayed: true, balance: 1_990 });
        return outcomes([{ ...found, request_id: item, command: 'assign_member_credits' }], 990);
      }
      // The feed is out of order: what is shown until it comes has to be right.
      left = readBalance(test.database).left;
      return { fault: 'ECONNREFUSED' };
    };
    await run();
    expect(states()[item]).toBe('confirmed');
    expect(left).toBe(990);
  });

  it('sends again under its id when the server cannot be asked, and takes the balance of now with a replayed receipt', async () => {
    const item = queue(1, 10);
    markSending(test.database, [item], clock.now());
    await engine.close();
    engine = start();
    const asked: number[] = [];
    recorded = () => {
      asked.push(calls().length);
      return asked.length === 1 ? { status: 404, body: { code: 'PGRST202', message: '' } } : outcomes([], 985);
    };
    answer = (request) => answerAssignments(request, (command) => receipt(command, { replayed: true, balance: 1_990 }));
    const balances: (number | null)[] = [];
    const feed = server.answer;
    server.answer = (request) => {
      if (request.path.endsWith('partner_changes')) balances.push(readBalance(test.database).left);
      return feed(request);
    };
    await run();
    expect(asked).toEqual([0, 1]);
    expect(calls()).toEqual([[item]]);
    expect(balances.at(-1)).toBe(985);
  });

  it('finds the one command that cannot pass, and lets the others go', async () => {
    const ids = Array.from({ length: 12 }, (_, n) => queue(n + 1));
    const bad = ids[4] ?? '';
    answer = (request) =>
      assignmentsIn(request).some((command) => command['p_request_id'] === bad)
        ? { status: 403, body: { message: 'Request blocked' } }
        : answerAssignments(request, (command) => receipt(command));
    await run();
    await clock.advance(30 * 60_000);
    const open = Object.entries(states()).filter(([, state]) => state !== 'confirmed');
    expect(open).toEqual([[bad, 'checking']]);
  });

  it.each([
    ['there is no network', 'ECONNREFUSED', 1],
    ['the connection cannot be set up in time', 'UND_ERR_CONNECT_TIMEOUT', 1],
    // A cut connection may be about this very request: fewer go at first, and soon many again.
    ['connections are cut', 'ECONNRESET', 9],
  ])('sends as many together as before after two minutes in which %s', async (_name, code, mostCalls) => {
    await engine.close();
    pulled(test.database, { members: Array.from({ length: 180 }, (_, n) => member(n + 1)) });
    const ids = Array.from({ length: 180 }, (_, n) => queue(n + 1));
    const answering = server.answer;
    server.answer = () => ({ fault: code });
    engine = start();
    await run();
    await clock.advance(120_000);
    const before = calls().length;
    server.answer = answering;
    await clock.advance(20_000);
    const after = calls().slice(before);
    expect(after.flat().toSorted()).toEqual(ids.toSorted());
    expect(after.length).toBeLessThanOrEqual(mostCalls);
  });

  it('holds what the server has no function for, lets everything else go, and tries again by itself later', async () => {
    const [status, other] = [queueStatus(1), queue(2)];
    let isUpToDate = false;
    answer = (request) => {
      if (!request.path.endsWith('set_member_status')) return answerAssignments(request, (command) => receipt(command));
      if (!isUpToDate) return { status: 404, body: { code: 'PGRST202', message: 'no such function' } };
      const [before, after] = [{ status: 'active' }, { status: 'inactive' }];
      return {
        body: {
          outcome: 'updated',
          member_id: idOf(1),
          status: 'inactive',
          unspent: 0,
          before,
          after,
          replayed: false,
        },
      };
    };
    await run();
    const [held] = listItems(test.database, { show: 'held', offset: 0, limit: 9 }).items;
    expect(held).toMatchObject({ itemId: status, heldReason: 'outdated_client' });
    expect(states()[other]).toBe('confirmed');
    isUpToDate = true;
    await clock.advance(20 * 60_000);
    expect(states()[status]).toBe('held');
    await clock.advance(15 * 60_000);
    expect(states()[status]).toBe('confirmed');
  });

  it('never takes what the server has no function for to be in doubt, however often it is tried', async () => {
    const item = queue(1);
    answer = () => ({ status: 404, body: { code: 'PGRST202', message: 'no such function' } });
    await run();
    await engine.syncNow();
    await settled();
    await clock.advance(3_600_000);
    expect(listItems(test.database, { show: 'all', offset: 0, limit: 9 }).items).toMatchObject([
      { itemId: item, state: 'held', heldReason: 'outdated_client' },
    ]);
    expect(server.count('command_outcomes')).toBe(0);
    expect(discardItem(test.database, item, clock.now())).toEqual({ itemId: item });
  });

  it('lets go what was held by a clock ten years ahead', async () => {
    const item = queue(1);
    hold(test.database, item, 'outdated_client', clock.now() + 10 * 31_557_600_000);
    await run();
    expect(states()[item]).toBe('confirmed');
  });

  it('sends at most 100,000 credits in one call', async () => {
    const ids = [queue(1, 60_000), queue(2, 60_000), queue(3, 40_000)];
    await run();
    expect(calls()).toEqual([[ids[0], ids[2]], [ids[1]]]);
  });
});
