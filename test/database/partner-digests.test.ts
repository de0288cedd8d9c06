import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import {
  type BucketEntriesAnswer,
  bucketEntriesAnswer,
  type DigestsAnswer,
  digestsAnswer,
} from '../../main/remote/comparison-answers.ts';
import { changesAnswer, type ChangesAnswer } from '../../main/remote/wire.ts';
import { connect } from '../backend/start-postgres.ts';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();
const BUCKETS = 16;

async function digests(range: Readonly<Record<string, number>> = {}, userId = demoPartner): Promise<DigestsAnswer> {
  return digestsAnswer.parse(
    await callFunction(database.sql(), partner(userId), 'partner_digests', { p_buckets: BUCKETS, ...range }),
  );
}

interface Wanted {
  readonly p_members?: readonly number[] | null;
  readonly p_allocations?: readonly number[] | null;
  readonly p_after_member?: string;
  readonly p_after_allocation?: string;
  readonly p_limit?: number | null;
}

const listOf = (buckets: readonly number[] | null): string | null =>
  buckets === null ? null : `{${buckets.join(',')}}`;

async function entries(args: Wanted = {}): Promise<BucketEntriesAnswer> {
  const all = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
  return bucketEntriesAnswer.parse(
    await callFunction(database.sql(), partner(demoPartner), 'partner_bucket_entries', {
      p_buckets: BUCKETS,
      ...args,
      p_members: listOf(args.p_members === undefined ? all : args.p_members),
      p_allocations: listOf(args.p_allocations === undefined ? all : args.p_allocations),
    }),
  );
}

async function changes(cursor: string | null): Promise<ChangesAnswer> {
  return changesAnswer.parse(
    await callFunction(database.sql(), partner(demoPartner), 'partner_changes', { p_cursor: cursor, p_limit: 2_000 }),
  );
}

/** Changes something as nothing but a hand with the triggers off can. */
async function tamper(change: (sql: Sql) => Promise<unknown>): Promise<void> {
  const session = await database.sql().reserve();
  try {
    await session`set session_replication_role = replica`;
    await change(session);
    await session`reset session_replication_role`;
  } finally {
    session.release();
  }
}

/** Buckets in which the members, and those in which the ledger differs. */
function differing(before: DigestsAnswer, after: DigestsAnswer): { members: number; allocations: number } {
  const old = new Map(before.buckets.map((row) => [row[0], row]));
  return {
    members: after.buckets.filter((row) => old.get(row[0])?.[2] !== row[2]).length,
    allocations: after.buckets.filter((row) => old.get(row[0])?.[4] !== row[4]).length,
  };
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));

describe('partner_digests', () => {
  it('counts every member and every entry that the feed gives, and nobody else', async () => {
    const answer = await digests();
    const feed = await changes(null);
    expect(answer.partner_id).toBe(demoPartner);
    expect(answer.buckets.reduce((sum, [, members]) => sum + members, 0)).toBe(feed.members.length);
    expect(answer.buckets.reduce((sum, row) => sum + row[3], 0)).toBe(feed.allocations.length);
    const others = await digests({}, otherPartner);
    await database.sql()`update public.partner_members set first_name = 'Somebody else' where partner_id = ${otherPartner}`;
    await database.sql()`
      insert into public.credit_allocations (partner_id, kind, credits, employee_email, expires_at, source, balance_before, balance_after)
      values (${otherPartner}, 'allocation', 1, 'a@b.example', now(), 'console', 1, 0)`;
    expect(differing(answer, await digests())).toEqual({ members: 0, allocations: 0 });
    expect(differing(others, await digests({}, otherPartner))).not.toEqual({ members: 0, allocations: 0 });
  });

  it('is the same in parts as in one', async () => {
    const parts = [await digests({ p_first: 0, p_last: 4 }), await digests({ p_first: 5, p_last: 15 })];
    expect(parts.flatMap(({ buckets }) => buckets)).toEqual((await digests()).buckets);
  });

  const memberFacts: Readonly<Record<string, (sql: Sql, id: string) => Promise<unknown>>> = {
    name: (sql, id) => sql`update public.partner_members set first_name = first_name || 'x' where id = ${id}`,
    'e-mail': (sql, id) => sql`update public.partner_members set email = 'x' || email where id = ${id}`,
    status: (sql, id) => sql`update public.partner_members set status = 'inactive' where id = ${id}`,
    account: (sql, id) => sql`update public.partner_members set user_id = null where id = ${id}`,
    'sum of credits': (sql, id) =>
      sql`update public.partner_members set credits_assigned = credits_assigned + 1 where id = ${id}`,
    'time of creation': (sql, id) =>
      sql`update public.partner_members set created_at = created_at + interval '1 millisecond' where id = ${id}`,
    'a spent credit': (sql, id) =>
      sql`update public.partner_credits set status = 'used' where id = (
        select c.id from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
        where a.member_id = ${id} and c.status = 'available' limit 1)`,
    'an expiry': (sql, id) =>
      sql`update public.partner_credits set expires_at = expires_at + interval '1 millisecond' where id = (
        select c.id from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
        where a.member_id = ${id} limit 1)`,
    'status of a session': (sql, id) =>
      sql`update public.sessions set status = 'cancelled' where user_id = (select user_id from public.partner_members where id = ${id})`,
    'time of a session': (sql, id) =>
      sql`update public.sessions set scheduled_at = null where user_id = (select user_id from public.partner_members where id = ${id})`,
    'the member itself': (sql, id) => sql`delete from public.partner_members where id = ${id}`,
  };
  it.each(Object.entries(memberFacts))('changes in one bucket with a fact of a member: %s', async (_, change) => {
    const before = await digests();
    const [{ id } = { id: '' }] = await database.sql()<{ id: string }[]>`
      select m.id from public.partner_members m where m.partner_id = ${demoPartner} and m.status = 'active'
        and exists (select from public.sessions s where s.user_id = m.user_id and s.status <> 'cancelled' and s.scheduled_at is not null)
        and exists (select from public.credit_allocations a join public.partner_credits c on c.allocation_id = a.id
          where a.member_id = m.id and c.status = 'available') limit 1`;
    await tamper((sql) => change(sql, id));
    expect(differing(before, await digests())).toEqual({ members: 1, allocations: 0 });
  });

  it.each([
    `employee_email = 'x' || employee_email`,
    'credits = credits + 1, balance_before = balance_before + 1',
    `expires_at = expires_at + interval '1 millisecond'`,
    `source = 'rpc'`,
    `reason = 'x'`,
    `actor = 'x'`,
    `created_at = created_at + interval '1 millisecond'`,
  ])('changes in one bucket with a fact of the ledger: %s', async (change) => {
    const before = await digests();
    await tamper((sql) =>
      sql.unsafe(`update public.credit_allocations set ${change} where id = (
        select id from public.credit_allocations where partner_id = '${demoPartner}' and kind = 'allocation' and source <> 'rpc'
          and member_id is not null order by id limit 1)`),
    );
    expect(differing(before, await digests())).toEqual({ members: 0, allocations: 1 });
  });

  it('does not change by the clock, nor by what is finer than a console keeps', async () => {
    await tamper(
      (sql) => sql`
        update public.partner_credits set expires_at = date_trunc('milliseconds', clock_timestamp()) + interval '400 milliseconds'
        where partner_id = ${demoPartner} and status = 'available'`,
    );
    const before = await digests();
    await database.sql()`select pg_sleep(0.5)`;
    await tamper(
      (sql) => sql`
        update public.partner_credits set expires_at = expires_at + interval '999 microseconds'
        where partner_id = ${demoPartner} and status = 'available'`,
    );
    expect(differing(before, await digests())).toEqual({ members: 0, allocations: 0 });
  });

  it('counts expiries of one millisecond as one, as a console does', async () => {
    const spread = (step: string) =>
      tamper(
        (sql) => sql`
          update public.partner_credits c set expires_at = '2027-01-01'::timestamptz + x.place * ${step}::text::interval
          from (select id, row_number() over (order by id) as place from public.partner_credits) x
          where x.id = c.id and c.partner_id = ${demoPartner} and c.status = 'available'`,
      );
    await spread('0');
    const before = await digests();
    await spread('1 microsecond');
    expect(differing(before, await digests())).toEqual({ members: 0, allocations: 0 });
    await spread('1 millisecond');
    expect(differing(before, await digests()).members).toBeGreaterThan(1);
  });

  it('stands for a position behind which the feed misses nothing', async () => {
    const late = connect(database.url());
    const session = await late.reserve();
    await session`begin`;
    const [{ id } = { id: '' }] = await session<{ id: string }[]>`
      insert into public.partner_members (partner_id, email) values (${demoPartner}, 'late@digests.example') returning id`;
    const [{ id: early } = { id: '' }] = await database.sql()<{ id: string }[]>`
      insert into public.partner_members (partner_id, email) values (${demoPartner}, 'early@digests.example') returning id`;
    const before = await digests();
    await session`commit`;
    session.release();
    await late.end();
    const after = await changes(before.cursor);
    const brought = after.members.map((member) => member.id);
    expect(brought).toContain(id);
    // What had ended before everything that was at work is not brought again.
    expect(brought.length).toBeLessThanOrEqual(2);
    expect([id, early]).toEqual(expect.arrayContaining(brought));
    expect((await changes((await digests()).cursor)).members).toEqual([]);
  });

  it('takes from 1 to 4,096 buckets', async () => {
    const call = (name: string, buckets: number | null) =>
      callFunction(database.sql(), partner(demoPartner), name, {
        p_buckets: buckets,
        ...(name === 'partner_digests' ? {} : { p_members: '{}', p_allocations: '{}' }),
      });
    for (const name of ['partner_digests', 'partner_bucket_entries']) {
      for (const buckets of [null, 0, -1, 4_097, 2 ** 31 - 1]) {
        expect(await refusalOf(call(name, buckets))).toMatchObject({ code: 'PT400', message: 'invalid_buckets' });
      }
      expect(await call(name, 4_096)).toMatchObject({ partner_id: demoPartner });
    }
  });
});

describe('partner_bucket_entries', () => {
  it('gives members and entries as the feed does, those of the wanted buckets alone', async () => {
    const feed = await changes(null);
    const all = await entries();
    expect(byId(all.members)).toEqual(byId(feed.members));
    expect(byId(all.allocations)).toEqual(byId(feed.allocations));
    expect(all.has_more).toBe(false);
    for (const [bucket, members, , allocations] of (await digests()).buckets) {
      expect((await entries({ p_members: [bucket], p_allocations: [] })).members).toHaveLength(members);
      expect((await entries({ p_members: [], p_allocations: [bucket] })).allocations).toHaveLength(allocations);
    }
    expect(await entries({ p_members: null, p_allocations: [-1, 99] })).toMatchObject({ members: [], allocations: [] });
  });

  it('goes on behind the last ids, a page at a time', async () => {
    const seen: string[] = [];
    let after: Readonly<Record<string, string>> = {};
    for (;;) {
      const page = await entries({ ...after, p_limit: 7 });
      expect(Math.max(page.members.length, page.allocations.length)).toBeLessThanOrEqual(7);
      seen.push(...page.members.map(({ id }) => id), ...page.allocations.map(({ id }) => id));
      const [member, allocation] = [page.members.at(-1), page.allocations.at(-1)];
      after = {
        ...after,
        ...(member && { p_after_member: member.id }),
        ...(allocation && { p_after_allocation: allocation.id }),
      };
      if (!page.has_more) break;
    }
    const feed = await changes(null);
    expect(seen.toSorted()).toEqual([...feed.members, ...feed.allocations].map(({ id }) => id).toSorted());
  });

  it('keeps pages within bounds', async () => {
    await database.sql()`
      insert into public.partner_members (partner_id, email)
      select ${demoPartner}, 'bound' || n || '@digests.example' from generate_series(1, 2100) n`;
    expect((await entries({ p_limit: 1_000_000 })).members).toHaveLength(2_000);
    expect((await entries({ p_limit: -5 })).members).toHaveLength(1);
    expect((await entries({ p_limit: null })).members).toHaveLength(1_000);
  });
});
