import { afterEach, beforeEach, expect, it } from 'vitest';
import { beginComparison, readComparison } from '../../../main/cache/compare-members.ts';
import { fillSearch, searchThrough } from '../../../main/cache/fill-search.ts';
import { readMemberPage } from '../../../main/cache/member-pages.ts';
import type { MemberState } from '../../../main/cache/member-rows.ts';
import { queueAssignment, readItem } from '../../../main/cache/outbox.ts';
import {
  allocation,
  available,
  idOf,
  member,
  openTestDatabase,
  pulled,
  type TestDatabase,
} from '../../builders/database.ts';

const now = Date.parse('2026-05-01T12:00:00Z');
let test: TestDatabase;
beforeEach(() => {
  test = openTestDatabase();
});
afterEach(() => test.remove());

const everybody: MemberState[] = Array.from({ length: 300 }, (_, index) =>
  member(index + 1, {
    firstName: index % 3 === 0 ? 'Zoë' : `Member ${index + 1}`,
    // In no order, and one of them past its expiry.
    credits: [available('2026-12-31T00:00:00.000Z', 2), available('2026-04-01T00:00:00.000Z', 1)],
    sessions: [{ id: idOf(700_000 - index), status: 'completed', scheduledAt: null }],
  }),
);
const ledger = [allocation(1), allocation(2)];

const found = (search: string): number =>
  readMemberPage(
    test.database,
    {
      filter: { search, status: null, credits: null },
      sort: { by: 'name', direction: 'ascending' },
      offset: 0,
      limit: 50,
    },
    now,
  ).total;

const indexed = (text: string): number =>
  test.database.all('select rowid from member_search where member_search match ?', text).length;

/** Everything that is shown of members, without the marks of the comparison. */
const content = (): unknown => [
  test.database
    .all(`select member_id, first_name, name_key, email, email_key, status, credits_assigned, available, used,
    next_expiry, created_at from members order by member_id`),
  test.database.all('select * from member_credits order by member_id, expires_at'),
  test.database.all('select * from member_sessions order by session_id'),
  test.database.all('select allocation_id, credits from allocations order by allocation_id'),
];

it('mends exactly what is unlike the server, and takes away what it does not have', async () => {
  const { database } = test;
  pulled(database, { members: everybody, allocations: ledger });
  const asItWas = content();
  database.run(`update members set first_name = 'Wrong' where member_id = ?`, idOf(5));
  database.run(`update members set name_key = 'wrong' where member_id = ?`, idOf(6));
  database.run('update members set available = 99 where member_id = ?', idOf(7));
  database.run('update member_credits set used = 3 where member_id = ?', idOf(8));
  database.run('delete from member_sessions where member_id = ?', idOf(9));
  database.run('delete from members where member_id = ?', idOf(10));
  pulled(database, { members: [member(900)], allocations: [allocation(9)] });
  const kept = queueAssignment(
    database,
    { memberId: idOf(900), memberName: '', memberEmail: '', credits: 1, validityDays: 90, note: null },
    now,
  );

  beginComparison(database, 'feed');
  pulled(database, { members: everybody.slice(0, 150), allocations: ledger, hasMore: true });
  // What is still to come stays visible until then.
  expect(found('member900@')).toBe(1);
  pulled(database, { members: everybody.slice(150) });
  await fillSearch(database);

  expect(readComparison(database)).toEqual({ isComparing: false, way: null, mended: 6, removed: 1 });
  expect(content()).toEqual(asItWas);
  expect([found('member900@'), found('wrong'), found('zoe')]).toEqual([0, 0, 100]);
  expect([indexed('zoe'), indexed('wro')]).toEqual([100, 0]);
  expect(readItem(database, kept)?.state).toBe('queued');
});

it('finds nothing to mend where everything is as the server has it', () => {
  pulled(test.database, { members: everybody, allocations: ledger });
  beginComparison(test.database, 'feed');
  pulled(test.database, { members: everybody, allocations: ledger });
  expect(readComparison(test.database)).toEqual({ isComparing: false, way: null, mended: 0, removed: 0 });
});

it('keeps what a receipt brought while the comparison was at work', () => {
  const { database } = test;
  pulled(database, { members: everybody.slice(0, 2) });
  beginComparison(database, 'feed');
  pulled(database, { members: everybody.slice(0, 1), hasMore: true });
  // Written with the number of the comparison, as every new member is.
  pulled(database, { members: everybody.slice(2, 3), hasMore: true });
  pulled(database, { members: everybody.slice(1, 2) });
  expect(found('')).toBe(3);
});

it('fills the search at the end of a first pull, goes on where it was left, and finds everybody meanwhile', async () => {
  const { database } = test;
  pulled(database, { members: everybody.slice(0, 200), hasMore: true });
  expect([indexed('zoe'), found('zoe')]).toEqual([0, 67]);
  pulled(database, { members: everybody.slice(200) });
  expect([searchThrough(database), found('zoe')]).toEqual([0, 100]);
  // As a console leaves it that is killed after the first step.
  database.run(`insert into member_search (rowid, name, email)
    select rowid, name_key, folded(email) from members where rowid <= 100`);
  database.run('update pull_state set search_through = 100');
  pulled(database, { members: [member(1, { firstName: 'Anna' }), member(298, { firstName: 'Anna' })] });
  await fillSearch(database);
  expect(searchThrough(database)).toBeNull();
  expect([indexed('zoe'), indexed('ann'), found('anna')]).toEqual([98, 2, 2]);
});
