import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBalance } from '../../../main/cache/balance.ts';
import { landAssigned, landRefused } from '../../../main/cache/land-command.ts';
import {
  hold,
  holdForSignIn,
  markInterrupted,
  markSending,
  nextDueItem,
  postpone,
  queueAssignment,
  readItem,
  releaseAfterSignIn,
  releaseNewerVersion,
} from '../../../main/cache/outbox.ts';
import { discardItem, editItem, retryItem } from '../../../main/cache/outbox-decisions.ts';
import { countItems, listItems } from '../../../main/cache/outbox-list.ts';
import { settleFailure } from '../../../main/sync/settle-failure.ts';
import { available, idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
const payload = (number: number, credits: number) => ({
  memberId: idOf(number),
  memberName: `Member ${number}`,
  memberEmail: `member${number}@company.example`,
  credits,
  validityDays: 90,
  note: null,
});

describe('the outbox', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1), member(2)] });
  });
  afterEach(() => test.remove());

  const queue = (number: number, credits: number): string =>
    queueAssignment(test.database, payload(number, credits), now);
  const refuse = (itemId: string): void =>
    landRefused(test.database, itemId, { reason: 'insufficient_credits', shortfall: 3 }, null, now);
  const fault = { isInDoubt: false, inDoubtThrough: null, sentThrough: null, nextAttemptAt: null, error: 'refused' };

  it('plans what waits, is on its way, in doubt or held, and nothing that was decided', () => {
    const [a, b, c, d, e, f] = [1, 2, 4, 8, 16, 32].map((credits) => queue(1, credits)) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    markSending(test.database, [b], now);
    postpone(test.database, c, { ...fault, isInDoubt: true }, now);
    hold(test.database, d, 'signed_out', now);
    refuse(e);
    const assigned = {
      allocationId: idOf(9),
      memberId: idOf(1),
      credits: 32,
      creditsAssigned: 32,
      expiresAt: '2026-08-01T00:00:00.000Z',
      balance: 968,
      replayed: false,
    };
    landAssigned(test.database, f, payload(1, 32), assigned, now);
    expect(readItem(test.database, a)?.state).toBe('queued');
    expect(readBalance(test.database)).toEqual({
      confirmed: 968,
      confirmedAt: '2026-05-01T12:00:00.000Z',
      planned: 15,
      left: 953,
    });
    expect(countItems(test.database)).toEqual({ waiting: 3, checking: 1, attention: 1 });
  });

  it('knows no confirmed balance before the first pull', () => {
    const empty = openTestDatabase();
    expect(readBalance(empty.database)).toEqual({ confirmed: null, confirmedAt: null, planned: 0, left: null });
    empty.remove();
  });

  it('keeps commands on one member in order, and lets others pass one that waits', () => {
    const first = queue(1, 1);
    const second = queue(1, 2);
    const other = queue(2, 3);
    postpone(test.database, first, { ...fault, nextAttemptAt: now + 5_000 }, now);
    expect(nextDueItem(test.database, now)?.item_id).toBe(other);
    refuse(other);
    expect(nextDueItem(test.database, now)).toBeUndefined();
    expect(nextDueItem(test.database, now + 5_000)?.item_id).toBe(first);
    refuse(first);
    expect(nextDueItem(test.database, now)?.item_id).toBe(second);
  });

  it('does not wait for a time that only a clock set forward can have written', () => {
    const item = queue(1, 1);
    postpone(test.database, item, { ...fault, nextAttemptAt: now + 86_400_000 }, now);
    expect(nextDueItem(test.database, now)?.item_id).toBe(item);
  });

  it('takes what was on its way at a crash for in doubt', () => {
    const sent = queue(1, 1);
    const waiting = queue(2, 1);
    markSending(test.database, [sent], now);
    markInterrupted(test.database, now);
    expect(readItem(test.database, sent)?.state).toBe('checking');
    expect(readItem(test.database, waiting)?.state).toBe('queued');
  });

  it('holds what waits for a sign-in, but never what is in doubt', () => {
    const waiting = queue(1, 1);
    const doubtful = queue(2, 1);
    postpone(test.database, doubtful, { ...fault, isInDoubt: true }, now);
    holdForSignIn(test.database, now);
    expect(readItem(test.database, waiting)).toMatchObject({ state: 'held', held_reason: 'signed_out' });
    expect(readItem(test.database, doubtful)?.state).toBe('checking');
    releaseAfterSignIn(test.database, now);
    expect(readItem(test.database, waiting)).toMatchObject({ state: 'queued', held_reason: null });
  });

  it('sends a refused assignment again under a new id only, and keeps the refusal on record', () => {
    const refused = queue(1, 5);
    refuse(refused);
    const again = retryItem(test.database, refused, now);
    expect(again).toEqual({ itemId: expect.not.stringMatching(refused) });
    expect(listItems(test.database, { show: 'attention', offset: 0, limit: 9 }).total).toBe(0);
    expect(listItems(test.database, { show: 'all', offset: 0, limit: 9 }).total).toBe(2);
    expect(retryItem(test.database, refused, now)).toEqual({ fault: 'not_found' });
  });

  it('keeps the id of an item that waits when it is retried', () => {
    const item = queue(1, 5);
    postpone(test.database, item, { ...fault, nextAttemptAt: now + 60_000 }, now);
    expect(retryItem(test.database, item, now)).toEqual({ itemId: item });
    expect(nextDueItem(test.database, now)?.item_id).toBe(item);
  });

  it('lets nobody edit or discard what may have had an effect', () => {
    const doubtful = queue(1, 5);
    postpone(test.database, doubtful, { ...fault, isInDoubt: true }, now);
    const change = { credits: 1, validityDays: 1, note: null };
    expect(editItem(test.database, doubtful, change, now)).toEqual({ fault: 'item_sending' });
    expect(discardItem(test.database, doubtful, now)).toEqual({ fault: 'item_sending' });
    markSending(test.database, [doubtful], now);
    expect(editItem(test.database, doubtful, change, now)).toEqual({ fault: 'item_sending' });
    expect(readItem(test.database, doubtful)?.planned_credits).toBe(5);
  });

  it('lets nobody edit what was found again after a fault, unless the server itself has forgotten it', () => {
    const item = queue(1, 5);
    hold(test.database, item, 'recovered', now);
    const change = { credits: 6, validityDays: 1, note: null };
    expect(editItem(test.database, item, change, now)).toEqual({ fault: 'item_sending' });
    test.database.run(`update outbox set last_error = 'forgotten'`);
    const edited = editItem(test.database, item, change, now);
    expect(edited).toEqual({ itemId: expect.not.stringMatching(item) });
    // On its way again, it is known no more to be forgotten.
    const again = 'itemId' in edited ? edited.itemId : '';
    test.database.run(`update outbox set state = 'held', held_reason = 'recovered', last_error = 'forgotten'`);
    expect(retryItem(test.database, again, now)).toEqual({ itemId: again });
    expect(readItem(test.database, again)).toMatchObject({ state: 'checking', last_error: null });
  });

  it('keeps in doubt what was sent and cannot be read here: a later version’s is asked for by that version', () => {
    const [newer, spoiled] = [queue(1, 5), queue(2, 5)];
    markSending(test.database, [newer, spoiled], now);
    markInterrupted(test.database, now);
    hold(test.database, newer, 'newer_version', now);
    hold(test.database, spoiled, 'unreadable', now);
    expect(discardItem(test.database, newer, now)).toEqual({ fault: 'item_sending' });
    const shown = listItems(test.database, { show: 'held', offset: 0, limit: 9 }).items;
    expect(shown.map(({ mayBeDone }) => mayBeDone)).toEqual([true, true]);
    releaseNewerVersion(test.database, now);
    expect(readItem(test.database, newer)).toMatchObject({ state: 'checking', in_doubt_through: null });
    // Nobody can ever ask for this one: it goes, with true words.
    expect(discardItem(test.database, spoiled, now)).toEqual({ itemId: spoiled });
  });

  it('replaces a waiting assignment by the corrected one', () => {
    const item = queue(1, 50);
    const edited = editItem(test.database, item, { credits: 5, validityDays: 30, note: 'less' }, now);
    expect(edited).not.toEqual({ itemId: item });
    expect(readBalance(test.database).planned).toBe(5);
    expect(discardItem(test.database, 'itemId' in edited ? edited.itemId : '', now)).toEqual(edited);
    expect(readBalance(test.database).planned).toBe(0);
  });

  it('shows an item of a later version, and leaves it alone', () => {
    const item = queue(1, 5);
    test.database.run(
      `update outbox set payload = '{"target":"somebody"}', payload_version = 99 where item_id = ?`,
      item,
    );
    hold(test.database, item, 'newer_version', now);
    const { items } = listItems(test.database, { show: 'attention', offset: 0, limit: 9 });
    expect(items).toMatchObject([
      { state: 'held', heldReason: 'newer_version', command: { memberId: idOf(1), credits: 5 } },
    ]);
    expect(retryItem(test.database, item, now)).toEqual({ fault: 'newer_version' });
  });

  it('counts the credits of a receipt once, whether the feed or the receipt comes first', () => {
    const expiresAt = '2026-08-01T00:00:00.000Z';
    const assigned = {
      allocationId: idOf(9),
      memberId: idOf(1),
      credits: 4,
      creditsAssigned: 4,
      expiresAt,
      balance: 996,
      replayed: true,
    };
    const entry = {
      kind: 'allocation' as const,
      allocationId: idOf(9),
      memberId: idOf(1),
      email: 'x',
      credits: 4,
      expiresAt,
      source: 'console',
      note: null,
      actor: null,
      createdAt: expiresAt,
    };
    const figures = () =>
      test.database.get('select available, credits_assigned from members where member_id = ?', idOf(1));
    const item = queue(1, 4);
    pulled(test.database, {
      members: [member(1, { creditsAssigned: 4, credits: [available(expiresAt, 4)] })],
      allocations: [entry],
    });
    landAssigned(test.database, item, payload(1, 4), assigned, now);
    expect(figures()).toEqual({ available: 4, credits_assigned: 4 });
    // A replayed receipt carries the balance of then: the one at hand stays.
    expect(readBalance(test.database).confirmed).toBe(1_000);

    const second = queue(1, 2);
    landAssigned(
      test.database,
      second,
      payload(1, 2),
      { ...assigned, allocationId: idOf(10), credits: 2, creditsAssigned: 6, replayed: false },
      now,
    );
    expect(figures()).toEqual({ available: 6, credits_assigned: 6 });
    expect(readBalance(test.database).confirmed).toBe(996);
  });

  it('does not count a replayed receipt again when the feed brought the member before the ledger', () => {
    const expiresAt = '2026-08-01T00:00:00.000Z';
    const item = queue(1, 4);
    pulled(test.database, {
      members: [member(1, { creditsAssigned: 4, credits: [available(expiresAt, 4)] })],
      hasMore: true,
    });
    landAssigned(
      test.database,
      item,
      payload(1, 4),
      {
        allocationId: idOf(9),
        memberId: idOf(1),
        credits: 4,
        creditsAssigned: 4,
        expiresAt,
        balance: 996,
        replayed: true,
      },
      now,
    );
    expect(test.database.get('select available from members where member_id = ?', idOf(1))).toEqual({ available: 4 });
  });

  it('keeps with each command what was known when it was decided, and shows it beside what is known now', () => {
    const first = queue(1, 5);
    refuse(first);
    pulled(test.database, { members: [member(1, { creditsAssigned: 77 })] });
    const again = retryItem(test.database, first, now);
    if (!('itemId' in again)) throw new Error('not sent again');
    pulled(test.database, { members: [member(1, { creditsAssigned: 78, status: 'inactive' })] });
    const [item] = listItems(test.database, { show: 'open', offset: 0, limit: 9 }).items;
    expect(item?.itemId).toBe(again.itemId);
    expect(item?.seen).toMatchObject({ creditsAssigned: 77, status: 'active' });
    expect(item?.now).toMatchObject({ creditsAssigned: 78, status: 'inactive' });
  });

  it('does not take a refusal for the fate of an assignment whose answer was lost', () => {
    const item = queue(1, 5);
    const attempt = (failure: Parameters<typeof settleFailure>[3]) => {
      const before = readItem(test.database, item);
      if (before === undefined) throw new Error('no item');
      markSending(test.database, [item], now);
      return settleFailure(test.database, before, null, failure, now, () => 0);
    };
    attempt({ kind: 'unreachable', fault: 'reset', detail: '', mayHaveActed: true });
    // Something on the way refuses the question: a retry under a new id could give the credits twice.
    expect(attempt({ kind: 'refused', reason: 'http_403' })).toBeNull();
    expect(readItem(test.database, item)).toMatchObject({ state: 'checking', last_error: 'http_403' });
    expect(retryItem(test.database, item, now)).toEqual({ itemId: item });
    expect(nextDueItem(test.database, now)?.item_id).toBe(item);
  });
});
