import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { landRefused } from '../../../main/cache/land-command.ts';
import { queueAssignment } from '../../../main/cache/outbox.ts';
import { countReasons, refusedItems } from '../../../main/cache/outbox-filter.ts';
import { listItems } from '../../../main/cache/outbox-list.ts';
import type { ItemFilter } from '../../../shared/contract/sync-filter.ts';
import { idOf, member, openTestDatabase, pulled, type TestDatabase } from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');

describe('the filter of the outbox', () => {
  let test: TestDatabase;
  let zoe: string;
  let anna: string;
  let late: string;

  const queue = (number: number, memberName: string): string =>
    queueAssignment(
      test.database,
      {
        memberId: idOf(number),
        memberName,
        memberEmail: `member${number}@company.example`,
        credits: 2,
        validityDays: 30,
        note: null,
      },
      now,
    );
  const refuse = (itemId: string, reason: string): void =>
    landRefused(test.database, itemId, { reason, shortfall: null }, null, now);
  const ids = (filter: Partial<ItemFilter>): string[] =>
    listItems(test.database, { show: 'all', ...filter, offset: 0, limit: 200 }).items.map(({ itemId }) => itemId);

  beforeEach(() => {
    test = openTestDatabase();
    pulled(test.database, { members: [member(1), member(2), member(3)] });
    zoe = queue(1, 'Zoë');
    anna = queue(2, 'Anna');
    late = queue(3, 'Anna-Lena');
  });
  afterEach(() => test.remove());

  it('finds by name without accents, by e-mail and by number', () => {
    expect(ids({ search: 'ZOE' })).toEqual([zoe]);
    expect(ids({ search: 'anna' })).toEqual([late, anna]);
    expect(ids({ search: 'member2@' })).toEqual([anna]);
    expect(ids({ search: late.slice(0, 13) })).toEqual([late]);
    expect(ids({ search: '%' })).toEqual([]);
  });

  it('filters by state, kind and reason, and counts what it leaves', () => {
    refuse(zoe, 'member_inactive');
    refuse(anna, 'insufficient_credits');
    refuse(late, 'insufficient_credits');
    expect(ids({ show: 'refused' })).toEqual([late, anna, zoe]);
    expect(ids({ show: 'refused', reason: 'insufficient_credits' })).toEqual([late, anna]);
    expect(ids({ show: 'refused', reason: 'insufficient_credits', search: 'lena' })).toEqual([late]);
    expect(ids({ show: 'waiting' })).toEqual([]);
    expect(ids({ kind: 'upload_members' })).toEqual([]);
    expect(listItems(test.database, { show: 'attention', offset: 0, limit: 1 }).total).toBe(3);
    expect(countReasons(test.database)).toEqual([
      { reason: 'insufficient_credits', items: 2 },
      { reason: 'member_inactive', items: 1 },
    ]);
    const all = { kind: null, search: '', reason: 'insufficient_credits' } as const;
    expect(refusedItems(test.database, all)).toEqual([anna, late]);
  });

  it('still lists what it can when the disk has changed a payload', () => {
    test.database.run(`update outbox set payload = '{"memberName' where item_id = ?`, zoe);
    expect(ids({ search: 'anna' })).toEqual([late, anna]);
  });
});
