import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyChangePage, clearCache, readPullState } from '../../../main/cache/pull-state.ts';
import { readMemberDetail } from '../../../main/cache/member-pages.ts';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { rollExpiry } from '../../../main/cache/roll-expiry.ts';
import {
  allocation,
  available,
  changePage,
  idOf,
  member,
  openTestDatabase,
  pulled,
  type TestDatabase,
} from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');

describe('pages of the feed', () => {
  let test: TestDatabase;
  beforeEach(() => {
    test = openTestDatabase();
  });
  afterEach(() => test.remove());

  const find = (trigram: string): number =>
    test.database.all('select rowid from member_search where member_search match ?', `"${trigram}"`).length;

  it('write members, ledger, balance and position together, or nothing', () => {
    const { database } = test;
    const broken = changePage({ members: [member(1), member(2, { status: 'active', createdAt: null as never })] });
    expect(() => applyChangePage(database, broken, now)).toThrow(/not null/i);
    expect(database.all('select * from members')).toEqual([]);
    expect(readPullState(database)).toEqual({ cursor: null, completedAt: null });

    applyChangePage(database, changePage({ members: [member(1)], allocations: [allocation(1)], hasMore: true }), now);
    expect(readPullState(database)).toEqual({ cursor: 'cursor', completedAt: null });
    applyChangePage(database, changePage({ cursor: 'next' }), now);
    expect(readPullState(database)).toEqual({ cursor: 'next', completedAt: '2026-05-01T12:00:00.000Z' });
    expect(database.get('select balance, as_of from partner')).toEqual({
      balance: 1_000,
      as_of: '2026-05-01T12:00:00.000Z',
    });
  });

  it('replace a member whole, and keep the search in step with it', () => {
    pulled(test.database, {
      members: [member(1, { firstName: 'Élodie', credits: [available('2026-06-01T00:00:00.000Z', 3)] })],
    });
    expect(find('lod')).toBe(1);
    expect(find('elo')).toBe(1);
    pulled(test.database, {
      members: [member(1, { firstName: 'Agnes', email: 'agnes@company.example', credits: [] })],
    });
    expect(find('lod')).toBe(0);
    expect(find('agn')).toBe(1);
    expect(test.database.all('select * from member_credits')).toEqual([]);
    pulled(test.database, { removedMembers: [idOf(1)] });
    expect(find('agn')).toBe(0);
    expect(test.database.all('select * from members')).toEqual([]);
  });

  it('let two members swap their addresses', () => {
    pulled(test.database, { members: [member(1), member(2)] });
    const swapped = [member(1, { email: 'member2@company.example' }), member(2, { email: 'member1@company.example' })];
    pulled(test.database, { members: swapped });
    expect(test.database.all('select email from members order by member_id')).toEqual([
      { email: 'member2@company.example' },
      { email: 'member1@company.example' },
    ]);
  });

  it('tell allocations, revocations and extensions apart, newest first', () => {
    const { database } = test;
    pulled(database, {
      members: [member(1)],
      allocations: [
        allocation(1),
        allocation(2, { memberId: idOf(1), kind: 'extension', createdAt: '2026-04-02T00:00:00.000Z' }),
        allocation(3, { memberId: idOf(1), kind: 'revocation', credits: -2, createdAt: '2026-04-03T00:00:00.000Z' }),
      ],
    });
    const history = () =>
      readMemberDetail(database, idOf(1), now)?.allocations.map(({ kind, credits }) => [kind, credits]);
    const whole = [
      ['revocation', -2],
      ['extension', 5],
      ['allocation', 5],
    ];
    expect(history()).toEqual(whole);
    // A page that comes again changes nothing.
    pulled(database, {
      allocations: [allocation(2, { memberId: idOf(1), kind: 'extension', createdAt: '2026-04-02T00:00:00.000Z' })],
    });
    expect(history()).toEqual(whole);
  });

  it('can be forgotten without touching what waits', () => {
    const { database } = test;
    pulled(database, { members: [member(1)], allocations: [allocation(1)] });
    queueAssignment(
      database,
      { memberId: idOf(1), memberName: 'A', memberEmail: 'a@b.example', credits: 2, validityDays: 9, note: null },
      now,
    );
    clearCache(database);
    for (const table of ['members', 'member_credits', 'allocations', 'partner', 'pull_state']) {
      expect(database.all(`select * from ${table}`)).toEqual([]);
    }
    expect(find('mem')).toBe(0);
    expect(database.all('select planned_credits from outbox')).toEqual([{ planned_credits: 2 }]);
    pulled(database, { members: [member(1)] });
    expect(find('mem')).toBe(1);
  });

  it('count credits as expired from their expiry on, and give them back when the clock is set back', () => {
    const { database } = test;
    const credits = [available('2026-05-10T00:00:00.000Z', 3), available('2026-06-10T00:00:00.000Z', 4)];
    pulled(database, { members: [member(1, { credits })] });
    const figures = () => database.get('select available, next_expiry from members');
    expect(figures()).toEqual({ available: 7, next_expiry: '2026-05-10T00:00:00.000Z' });
    rollExpiry(database, Date.parse('2026-05-10T00:00:00Z'));
    expect(figures()).toEqual({ available: 4, next_expiry: '2026-06-10T00:00:00.000Z' });
    rollExpiry(database, Date.parse('2027-01-01T00:00:00Z'));
    expect(figures()).toEqual({ available: 0, next_expiry: null });
    rollExpiry(database, now);
    expect(figures()).toEqual({ available: 7, next_expiry: '2026-05-10T00:00:00.000Z' });
  });
});
