import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it, vi } from 'vitest';
import { changesAnswer } from '../../main/remote/wire.ts';
import type { ChangesAnswer } from '../../main/remote/wire.ts';
import { connect } from '../backend/start-postgres.ts';
import { actAs, callFunction, callWithin, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import { aMemberWith, anActiveMember, setBalance, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function page(cursor: string | null, limit = 1000, userId = demoPartner): Promise<ChangesAnswer> {
  return changesAnswer.parse(
    await callFunction(database.sql(), partner(userId), 'partner_changes', { p_cursor: cursor, p_limit: limit }),
  );
}

/** Pages until there are no more. */
async function pull(cursor: string | null, limit = 1000): Promise<{ pages: ChangesAnswer[]; cursor: string }> {
  const pages: ChangesAnswer[] = [];
  let next = cursor;
  for (;;) {
    const answer = await page(next, limit);
    pages.push(answer);
    next = answer.cursor;
    if (!answer.has_more) return { pages, cursor: next };
    if (pages.length > 1_000) throw new Error('the feed does not end');
  }
}

const memberIds = (pages: readonly ChangesAnswer[]): string[] =>
  pages.flatMap((it) => it.members.map((member) => member.id));

async function upload(sql: Sql, rows: number, prefix: string): Promise<void> {
  await callFunction(sql, partner(demoPartner), 'upload_members', {
    p_upload_id: randomUUID(),
    p_file_name: 'members.csv',
    p_rows: Array.from({ length: rows }, (_, index) =>
      uploadRow(index + 1, `${prefix}${String(index)}@feed.example`, { credits: 1 }),
    ),
  });
}

describe('partner_changes', () => {
  it('gives everything of the caller first, then nothing until something changes', async () => {
    const first = await pull(null);
    expect(memberIds(first.pages)).toHaveLength(60);
    const [ledger] = await database.sql()`
      select count(*)::int as count from public.credit_allocations
      where partner_id = ${demoPartner} and kind in ('allocation', 'revocation', 'extension')`;
    expect(first.pages.flatMap((it) => it.allocations)).toHaveLength(ledger?.['count']);
    expect(first.pages[0]?.partner).toEqual({
      id: demoPartner,
      full_name: 'Nordlicht Werke',
      email: 'demo@partner-console.example',
      balance: 1000,
      low_balance: false,
    });
    const second = await page(first.cursor);
    expect(second).toMatchObject({
      members: [],
      allocations: [],
      removed_members: [],
      has_more: false,
      cursor: first.cursor,
    });
  });

  it('gives every row of one big transaction exactly once, over many small pages', async () => {
    const { cursor } = await pull(null);
    await upload(database.sql(), 100, 'big');
    const { pages } = await pull(cursor, 7);
    expect(pages.every((it) => it.members.length <= 7 && it.allocations.length <= 7)).toBe(true);
    expect(memberIds(pages)).toHaveLength(100);
    expect(new Set(memberIds(pages)).size).toBe(100);
    expect(new Set(pages.flatMap((it) => it.allocations.map((allocation) => allocation.id))).size).toBe(100);
  });

  it('misses no row of a transaction that began early and commits late', async () => {
    const { cursor } = await pull(null);
    const late = connect(database.url());
    const session = await late.reserve();
    const lateId = randomUUID();
    await session`begin`;
    await session`insert into public.partner_members (id, partner_id, email) values (${lateId}, ${demoPartner}, 'late@feed.example')`;

    // Another transaction begins later, commits earlier, and the feed is read in between.
    const early = await callFunction(database.sql(), partner(otherPartner), 'partner_dashboard');
    expect(early).toBeDefined();
    const [quick] = await database.sql()`
      insert into public.partner_members (partner_id, email) values (${demoPartner}, 'quick@feed.example') returning id`;
    const between = await pull(cursor);
    expect(memberIds(between.pages)).not.toContain(lateId);
    // The negative control: a reader that remembers the latest time it has seen, to the microsecond.
    const since = (time: string) => database.sql()<{ id: string; time: string }[]>`
      select id, created_at::text as time from public.partner_members
      where partner_id = ${demoPartner} and created_at > ${time}::text::timestamptz order by created_at`;
    const naive = (await since('2000-01-01')).at(-1)?.time ?? '';

    await session`commit`;
    session.release();
    await late.end();
    expect(await since(naive)).toEqual([]);
    expect((await since('2000-01-01')).map((row) => row.id)).toContain(lateId);
    const after = await pull(between.cursor);
    const seen = [...memberIds(between.pages), ...memberIds(after.pages)];
    expect(seen).toContain(lateId);
    expect(seen).toContain(String(quick?.['id']));
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('misses no removal and no ledger row of such a transaction either', async () => {
    const { cursor } = await pull(null);
    const enter = (sql: Sql) => sql<{ id: string }[]>`
      insert into public.credit_allocations
        (partner_id, kind, credits, employee_email, expires_at, source, balance_before, balance_after)
      values (${demoPartner}, 'allocation', 1, 'a@feed.example', now(), 'console', 1, 0) returning id`;
    const late = connect(database.url());
    const session = await late.reserve();
    const goneId = await anActiveMember(database.sql(), demoPartner);
    await session`begin`;
    await session`delete from public.partner_members where id = ${goneId}`;
    const [lateEntry] = await enter(session);

    // What begins later and commits earlier would carry a cursor without the bound beyond the late rows.
    await database.sql()`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'quick@feed.example')`;
    await database.sql()`delete from public.partner_members where email = 'quick@feed.example'`;
    await enter(database.sql());
    const between = await pull(cursor);
    await session`commit`;
    session.release();
    await late.end();
    const after = await pull(between.cursor);
    const pages = [...between.pages, ...after.pages];
    expect(pages.flatMap((it) => it.removed_members)).toContain(goneId);
    const entries = pages.flatMap((it) => it.allocations.map((allocation) => allocation.id));
    expect(entries).toContain(lateEntry?.id);
    expect(new Set(entries).size).toBe(entries.length);
  });

  it('misses nothing while several writers and the reader race', async () => {
    let { cursor } = await pull(null);
    const seen = new Map<string, number>();
    let writing = true;
    const writers = Promise.all(
      [0, 1, 2].map(async (writer) => {
        for (let round = 0; round < 12; round += 1) {
          await database.sql().begin(async (transaction) => {
            for (let row = 0; row < 5; row += 1) {
              await transaction`
                insert into public.partner_members (partner_id, email)
                values (${demoPartner}, ${`w${String(writer)}r${String(round)}n${String(row)}@race.example`})`;
            }
          });
        }
      }),
    ).then(() => {
      writing = false;
    });
    do {
      const more = await pull(cursor, 4);
      cursor = more.cursor;
      for (const id of memberIds(more.pages)) seen.set(id, (seen.get(id) ?? 0) + 1);
    } while (writing);
    await writers;
    for (const id of memberIds((await pull(cursor, 4)).pages)) seen.set(id, (seen.get(id) ?? 0) + 1);
    expect(seen.size).toBe(180);
    expect([...seen.values()].every((times) => times === 1)).toBe(true);
  });

  it('gives a member again when its credits or its sessions change', async () => {
    let { cursor } = await pull(null);
    const [used] = await database.sql()`
      update public.partner_credits set status = 'used'
      where id = (select c.id from public.partner_credits c where partner_id = ${demoPartner} and status = 'available' limit 1)
      returning employee_email`;
    const spent = await page(cursor);
    expect(spent.members.map((member) => member.email)).toEqual([used?.['employee_email']]);
    cursor = spent.cursor;

    const [account] = await database.sql()`
      select user_id, email from public.partner_members where partner_id = ${demoPartner} and user_id is not null limit 1`;
    await database.sql()`
      insert into public.sessions (user_id, status, scheduled_at)
      select ${account?.['user_id']}, 'scheduled', now() + i * interval '1 day' from generate_series(1, 25) i`;
    const latest = await database.sql()<{ id: string }[]>`
      select id from public.sessions where user_id = ${account?.['user_id']} order by scheduled_at desc nulls last, id limit 20`;
    const booked = await page(cursor);
    expect(booked.members.map((member) => member.email)).toEqual([account?.['email']]);
    expect(latest).toHaveLength(20);
    expect(booked.members[0]?.sessions.map((session) => session.id)).toEqual(latest.map((session) => session.id));
    cursor = booked.cursor;

    await database.sql()`delete from public.sessions where user_id = ${account?.['user_id']}`;
    const emptied = await page(cursor);
    expect(emptied.members).toMatchObject([{ email: account?.['email'], sessions: [] }]);
  });

  it('gives a member again when its name changes, and when a credit of it is added or taken away', async () => {
    let { cursor } = await pull(null);
    const [member] = await database.sql()<{ id: string; email: string; allocation_id: string }[]>`
      select m.id, m.email, a.id as allocation_id from public.partner_members m
      join public.credit_allocations a on a.member_id = m.id and a.kind = 'allocation'
      where m.partner_id = ${demoPartner} order by m.id, a.id limit 1`;
    const { id = '', email = '', allocation_id: allocationId = '' } = member ?? {};
    const changes = [
      `update public.partner_members set first_name = 'Renamed' where id = '${id}'`,
      `insert into public.partner_credits (partner_id, employee_email, expires_at, allocation_id)
       values ('${demoPartner}', '${email}', now() + interval '1 day', '${allocationId}')`,
      `delete from public.partner_credits where allocation_id = '${allocationId}'`,
    ];
    for (const change of changes) {
      await database.sql().unsafe(change);
      const given = await page(cursor);
      expect({ change, given: memberIds([given]) }).toEqual({ change, given: [id] });
      cursor = given.cursor;
    }
  });

  it('gives both members when a session moves from one account to another', async () => {
    const accounts = await database.sql()<{ id: string; user_id: string }[]>`
      select id, user_id from public.partner_members where partner_id = ${demoPartner} and user_id is not null order by id limit 2`;
    const [from, to] = accounts;
    const [session] = await database.sql()<{ id: string }[]>`
      insert into public.sessions (user_id, status) values (${from?.user_id ?? ''}, 'scheduled') returning id`;
    const { cursor } = await pull(null);
    await database.sql()`update public.sessions set user_id = ${to?.user_id ?? ''} where id = ${session?.id ?? ''}`;
    expect(memberIds([await page(cursor)]).toSorted()).toEqual(accounts.map((account) => account.id));
  });

  it('gives a tombstone again when it changes, however old the cursor of its first time', async () => {
    const id = await anActiveMember(database.sql(), demoPartner);
    await database.sql()`delete from public.partner_members where id = ${id}`;
    // What another database of the cluster has open holds the feed back.
    const cursor = await vi.waitFor(async () => {
      const pulled = await pull(null);
      expect(pulled.pages.flatMap(({ removed_members }) => removed_members)).toContain(id);
      return pulled.cursor;
    }, 10_000);
    await database.sql()`update public.removed_members set removed_at = now() where member_id = ${id}`;
    expect((await page(cursor)).removed_members).toEqual([id]);
  });

  it('tells of a member that came back with its id and is gone again, and not of one that is back', async () => {
    const id = await anActiveMember(database.sql(), demoPartner);
    await database.sql()`delete from public.partner_members where id = ${id}`;
    const first = await pull(null);
    await database.sql()`
      insert into public.partner_members (id, partner_id, email) values (${id}, ${demoPartner}, 'back@changes.example')`;
    const back = await page(first.cursor);
    expect(back.members.map((member) => member.id)).toEqual([id]);
    expect((await page(null)).removed_members).toEqual([]);
    await database.sql()`delete from public.partner_members where id = ${id}`;
    expect((await page(back.cursor)).removed_members).toEqual([id]);
  });

  it("sums a member's credits by expiry, as their rows stand", async () => {
    const { pages } = await pull(null);
    const sums = await database.sql()`
      select m.id, c.status, count(*)::int as count
      from public.partner_members m join public.partner_credits c on c.partner_id = m.partner_id and c.employee_email = m.email
      where m.partner_id = ${demoPartner} group by 1, 2`;
    for (const member of pages.flatMap((it) => it.members)) {
      for (const status of ['available', 'used', 'expired', 'revoked'] as const) {
        const expected = sums.find((sum) => sum['id'] === member.id && sum['status'] === status)?.['count'] ?? 0;
        expect(member.credits.reduce((total, at) => total + at[status], 0)).toBe(expected);
      }
    }
  });

  it('tells which members are gone', async () => {
    const { cursor } = await pull(null);
    const [member] = await database.sql()<{ id: string }[]>`
      select id from public.partner_members where partner_id = ${demoPartner} and credits_assigned > 0 order by id limit 1`;
    const id = member?.id ?? '';
    await database.sql()`delete from public.partner_members where id = ${id}`;
    const gone = await page(cursor);
    expect(gone.removed_members).toEqual([id]);
    expect(memberIds([gone])).toEqual([]);
    // Their allocations lose the link to them, and are given again with it.
    expect(gone.allocations.length).toBeGreaterThan(0);
    expect(gone.allocations.every((allocation) => allocation.member_id === null)).toBe(true);
    expect((await page(gone.cursor)).removed_members).toEqual([]);
  });

  it('gives a revocation as negative credits', async () => {
    const { pages } = await pull(null);
    const revoked = pages.flatMap((it) => it.allocations).filter((allocation) => allocation.credits < 0);
    expect(revoked).toMatchObject([{ credits: -2, reason: 'Left the company' }]);
  });

  it('tells of each row its kind, and which allocation it corrects', async () => {
    const member = await aMemberWith(database.sql(), demoPartner, 'kinds@feed.example', [{ credits: 5, days: 30 }]);
    const { pages, cursor } = await pull(null);
    const given = pages.flatMap((it) => it.allocations).find((row) => row.employee_email === 'kinds@feed.example');
    expect(given).toMatchObject({ kind: 'allocation', corrects: null, credits: 5, member_id: member });
    const correct = (name: string, args: Readonly<Record<string, number>>): Promise<unknown> =>
      callFunction(database.sql(), partner(demoPartner), name, {
        p_request_id: randomUUID(),
        p_member_id: member,
        ...args,
      });
    await correct('revoke_member_credits', { p_credits: 2 });
    await correct('extend_member_credits', { p_days: 10 });
    const rows = (await pull(cursor)).pages.flatMap((it) => it.allocations);
    expect(rows).toMatchObject([
      { kind: 'revocation', corrects: given?.id, credits: -2, expires_at: given?.expires_at },
      { kind: 'extension', corrects: given?.id, credits: 3 },
    ]);
    expect(Date.parse(rows[1]?.expires_at ?? '') - Date.parse(given?.expires_at ?? '')).toBe(10 * 86_400_000);
  });

  it('reads an increment through its indexes, not the whole table', async () => {
    await setBalance(database.sql(), demoPartner, 10_000);
    await upload(database.sql(), 5_000, 'many');
    const { cursor } = await pull(null);
    await upload(database.sql(), 3, 'few');
    // On a connection of its own: the counters of a session include what it has not reported yet.
    const reader = connect(database.url());
    const read = await actAs(reader, partner(demoPartner), async (transaction) => {
      const args = { p_cursor: cursor, p_limit: 1000 };
      const answer = changesAnswer.parse(await callWithin(transaction, 'partner_changes', args));
      const rows = await transaction<{ relname: string; read: number; found: number }[]>`
        select relname, seq_tup_read::int as read, idx_tup_fetch::int as found from pg_catalog.pg_stat_xact_user_tables
        where relname in ('partner_members', 'credit_allocations', 'partner_credits', 'sessions', 'removed_members')`;
      return { answer, rows };
    });
    await reader.end();
    expect(read.answer.members).toHaveLength(3);
    expect(read.rows.filter((row) => row.read > 0)).toEqual([]);
    expect(read.rows.find((row) => row.relname === 'partner_members')?.found).toBeLessThan(10);
    expect(read.rows.find((row) => row.relname === 'partner_credits')?.found).toBeLessThan(10);
  });

  it.each(['nonsense', '1.2.3', "1.0.'; drop table users; --", '2.0.x.0.x.0.x', ''])(
    'refuses the cursor %o',
    async (cursor) => {
      expect(await refusalOf(page(cursor))).toMatchObject({ code: 'PT400', message: 'invalid_cursor' });
    },
  );

  it('begins again on a cursor from the future of another database', async () => {
    const none = '00000000-0000-0000-0000-000000000000';
    const answer = await page(`1.9999999999999.${none}.0.${none}.0.${none}`);
    expect(answer.members).toHaveLength(60);
  });

  it('keeps pages within bounds whatever limit is asked for', async () => {
    expect((await page(null, 0)).members).toHaveLength(1);
    expect((await page(null, -5)).members).toHaveLength(1);
    await setBalance(database.sql(), demoPartner, 10_000);
    await upload(database.sql(), 2_500, 'many');
    expect((await page(null, 1_000_000)).members).toHaveLength(2_000);
  });

  it('is for partners only', async () => {
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    expect(await refusalOf(page(null, 10, String(member?.['id'])))).toMatchObject({ code: 'PT403' });
  });
});
