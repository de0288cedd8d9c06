import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bucketOf } from '../../main/cache/bucket-digests.ts';
import { beginComparison, readComparison } from '../../main/cache/compare-members.ts';
import { queueAssignment, readItem } from '../../main/cache/outbox.ts';
import { createPartnerFunctions, type PartnerFunctions } from '../../main/remote/partner-functions.ts';
import { type BucketProgress, compareBuckets } from '../../main/sync/compare-buckets.ts';
import { createSyncEngine, type SyncEngine } from '../../main/sync/engine.ts';
import { systemClock } from '../../main/platform/system-clock.ts';
import { signToken } from '../backend/local-keys.ts';
import { type Hybrid, startHybrid } from '../backend/start-hybrid.ts';
import { openTestDatabase, type TestDatabase } from '../builders/database.ts';
import { hasWire } from './sync-harness.ts';

const partnerId = 'd0000000-0000-4000-8000-000000000001';
const MEMBERS = 1_000;
/** As many as a thousand members and two thousand entries are divided into. */
const BUCKETS = 64;

describe.skipIf(!hasWire)('a comparison by buckets', () => {
  let hybrid: Hybrid;
  let test: TestDatabase;
  let engine: SyncEngine;
  /** The answers of each function, by its name. */
  let answers: Map<string, Record<string, unknown[]>[]>;
  let refused: string[];
  let reports: BucketProgress[];

  beforeAll(async () => {
    hybrid = await startHybrid();
    // Names in every alphabet, credits in every state, two of one expiry to the millisecond, sessions, entries without a member.
    await hybrid.sql`
      with accounts as (
        insert into auth.users (id, email)
        select gen_random_uuid(), 'user' || n || '@buckets.example' from generate_series(1, 40) n returning id, email
      )
      insert into public.users (id, email, full_name, role) select id, email, '', 'member' from accounts`;
    await hybrid.sql`
      insert into public.partner_members (partner_id, email, first_name, status, user_id, created_at)
      select ${partnerId}, 'member' || n || '@buckets.example', (array['Zoë "Z"', E'back\\\\slash', E'tab\tand\nline', '李', '👩‍🚀', ''])[n % 6 + 1] || n,
        case when n % 7 = 0 then 'inactive' else 'active' end,
        (select id from public.users u where u.email = 'user' || n || '@buckets.example'), '2026-01-01 00:00:00.123999+00'::timestamptz
      from generate_series(1, ${MEMBERS}::int) n`;
    await hybrid.sql`
      insert into public.sessions (user_id, status, scheduled_at)
      select u.id, case when k % 3 = 0 then 'completed' else 'scheduled' end, case when k > 1 then now() + k * interval '1 day' end
      from public.users u, generate_series(1, 25) k where u.email like '%@buckets.example'`;
    await hybrid.sql`update public.users set credits = credits + 10000 where id = ${partnerId}`;
    const call = (name: string, args: object): Promise<unknown> =>
      fetch(`${hybrid.url}/rest/v1/rpc/${name}`, {
        method: 'POST',
        headers: {
          apikey: hybrid.publishableKey,
          authorization: `Bearer ${signToken(partnerId)}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(args),
      }).then(async (response) => {
        if (!response.ok) throw new Error(await response.text());
        return response.json();
      });
    const ids = await hybrid.sql<{ id: string }[]>`
      select id from public.partner_members where partner_id = ${partnerId} and status = 'active' order by id`;
    for (const days of [30, 90]) {
      await call('assign_credits_to_members', {
        p_request_id: crypto.randomUUID(),
        p_member_ids: ids.map(({ id }) => id),
        p_credits: 2,
        p_validity_days: days,
        p_note: `for ${String(days)} days, "quoted"`,
      });
    }
    await call('revoke_member_credits', {
      p_request_id: crypto.randomUUID(),
      p_member_id: ids[0]?.id,
      p_credits: 1,
      p_reason: null,
    });
    await call('extend_member_credits', {
      p_request_id: crypto.randomUUID(),
      p_member_id: ids[1]?.id,
      p_days: 3,
    });
    await call('allocate_partner_credit', {
      p_partner_id: partnerId,
      p_employee_email: 'nobody-yet@buckets.example',
      p_employee_name: 'Nobody',
      p_credits_count: 2,
    });
    await hybrid.sql`
      update public.partner_credits set status = case when random() < 0.5 then 'used' else 'expired' end
      where random() < 0.2 and status = 'available' and partner_id = ${partnerId}`;
    // Two expiries that are one to the millisecond.
    await hybrid.sql`
      update public.partner_credits c set expires_at = date_trunc('second', expires_at) + x.place * interval '100 microseconds'
      from (select id, row_number() over (partition by allocation_id order by id) as place from public.partner_credits) x
      where x.id = c.id and c.partner_id = ${partnerId} and status = 'available'`;
  });
  afterAll(() => hybrid.close());

  const functions = (): PartnerFunctions => {
    const token = signToken(partnerId);
    const counting: typeof fetch = async (input, init) => {
      const name = String(input instanceof Request ? input.url : input).replace(/^.*\//, '');
      if (refused.includes(name)) {
        return Response.json({ code: 'PGRST202', message: 'not found' }, { status: 404 });
      }
      const response = await fetch(input, init);
      const body = (await response.clone().json()) as Record<string, unknown[]>;
      answers.set(name, [...(answers.get(name) ?? []), body]);
      return response;
    };
    return createPartnerFunctions(
      { url: hybrid.url, publishableKey: hybrid.publishableKey },
      counting,
      { token: () => Promise.resolve({ ok: true, value: token }), rejected: () => undefined },
      Date.now,
    );
  };

  beforeEach(async () => {
    test = openTestDatabase();
    answers = new Map();
    refused = [];
    reports = [];
    engine = createSyncEngine({
      database: test.database,
      partnerId,
      functions: functions(),
      clock: systemClock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      onCompareProgress: (progress) => reports.push(progress),
      random: Math.random,
    });
    engine.signedIn();
    await engine.syncNow();
    answers.clear();
  });
  afterEach(async () => {
    await engine.close();
    test.remove();
  });

  const compare = async (): Promise<void> =>
    expect(await engine.compareNow()).toEqual({ failure: null, stopped: false });
  const rowsOf = (name: string, list: string): number =>
    (answers.get(name) ?? []).reduce((sum, answer) => sum + (answer[list]?.length ?? 0), 0);
  const content = (): unknown => {
    const { database } = test;
    return [
      database.all(`select member_id, first_name, name_key, email, email_key, status, user_id, credits_assigned, available, used,
        next_expiry, created_at from members order by member_id`),
      database.all('select * from member_credits order by member_id, expires_at'),
      database.all('select * from member_sessions order by session_id'),
      database.all(`select allocation_id, kind, member_id, email, credits, expires_at, source, note, actor, created_at
        from allocations order by allocation_id`),
      database.get('select balance from partner'),
    ];
  };
  const search = (text: string): number =>
    test.database.all('select rowid from member_search where member_search match ?', text).length;

  it('transfers nothing where everything is as the server has it', async () => {
    const before = content();
    await compare();
    expect([rowsOf('partner_bucket_entries', 'members'), rowsOf('partner_bucket_entries', 'allocations')]).toEqual([
      0, 0,
    ]);
    expect(answers.get('partner_bucket_entries')).toBeUndefined();
    expect(answers.get('partner_digests')).toHaveLength(1);
    expect(rowsOf('partner_changes', 'members') + rowsOf('partner_changes', 'allocations')).toBe(0);
    expect(content()).toEqual(before);
    expect(readComparison(test.database)).toEqual({ isComparing: false, way: null, mended: 0, removed: 0 });
    expect(reports.at(-1)).toMatchObject({ buckets: BUCKETS, compared: BUCKETS, members: 0, allocations: 0 });
  });

  /** Damage to a member, or to what the cache keeps of it; each finds one bucket of members. */
  const damage: Readonly<Record<string, string>> = {
    'first name': `update members set first_name = first_name || 'x' where member_id = @id`,
    'name as it is sorted': `update members set name_key = 'wrong' where member_id = @id`,
    'e-mail': `update members set email = 'x' || email where member_id = @id`,
    'key of the e-mail': `update members set email_key = 'x' || email_key where member_id = @id`,
    status: `update members set status = iif(status = 'active', 'inactive', 'active') where member_id = @id`,
    account: `update members set user_id = 'a0000000-0000-4000-8000-000000000001' where member_id = @id`,
    'credits assigned': 'update members set credits_assigned = credits_assigned + 1 where member_id = @id',
    available: 'update members set available = available + 1 where member_id = @id',
    used: 'update members set used = used + 1 where member_id = @id',
    'next expiry': `update members set next_expiry = '2030-01-01T00:00:00.000Z' where member_id = @id`,
    'time of creation': `update members set created_at = '2026-01-01T00:00:00.124Z' where member_id = @id`,
    'credits of an expiry': 'update member_credits set revoked = revoked + 1 where member_id = @id',
    'an expiry': `update member_credits set expires_at = '2' || substr(expires_at, 2, 21) || '9Z' where member_id = @id`,
    'credits that are gone': 'delete from member_credits where member_id = @id',
    'status of a session': `update member_sessions set status = 'wrong' where member_id = @id`,
    'time of a session': `update member_sessions set scheduled_at = null where member_id = @id`,
    'sessions that are gone': 'delete from member_sessions where member_id = @id',
    'a member that is gone': 'delete from members where member_id = @id',
  };
  it.each(Object.entries(damage))('mends: %s', async (_, statement) => {
    const before = content();
    const id = test.database.get<{ id: string }>(
      `select member_id as id from member_sessions join member_credits using (member_id) order by 1 limit 1`,
    )?.id;
    test.database.run(statement, { id: id ?? '' });
    expect(content()).not.toEqual(before);
    await compare();
    expect(content()).toEqual(before);
    const bucket = bucketOf(id ?? '', BUCKETS);
    const [{ members }] = await hybrid.sql<[{ members: string[] }]>`
      select array_agg(id) as members from public.partner_members where partner_id = ${partnerId}`;
    const inBucket = members.filter((member) => bucketOf(member, BUCKETS) === bucket);
    const brought = answers.get('partner_bucket_entries')?.flatMap((answer) => answer['members'] ?? []);
    expect(brought?.map((member) => (member as { id: string }).id)).toEqual(inBucket.toSorted());
    expect(rowsOf('partner_bucket_entries', 'allocations')).toBe(0);
    expect(readComparison(test.database)).toMatchObject({ mended: 1, removed: 0 });
  });

  it.each([
    `update allocations set kind = 'extension'`,
    'update allocations set member_id = null',
    `update allocations set email = 'x' || email`,
    'update allocations set credits = credits + 1',
    'update allocations set expires_at = null',
    `update allocations set source = 'upload'`,
    `update allocations set note = 'wrong'`,
    'update allocations set actor = null',
    `update allocations set created_at = '2026-01-01T00:00:00.000Z'`,
    'delete from allocations',
  ])('mends the ledger: %s', async (statement) => {
    const before = content();
    const [{ id } = { id: '' }] = await hybrid.sql<{ id: string }[]>`
      select id from public.credit_allocations where kind = 'allocation' and actor is not null and expires_at is not null
        and partner_id = ${partnerId} and member_id is not null order by id limit 1`;
    test.database.run(`${statement} where allocation_id = ?`, id);
    expect(content()).not.toEqual(before);
    await compare();
    expect(content()).toEqual(before);
    expect(rowsOf('partner_bucket_entries', 'members')).toBe(0);
    expect(rowsOf('partner_bucket_entries', 'allocations')).toBeLessThan(150);
  });

  it('takes away what the server does not have, finds the rest by search, and leaves the outbox alone', async () => {
    const before = content();
    const { database } = test;
    const extra = 'e0000000-0000-4000-8000-000000000009';
    database.run(
      `insert into members (member_id, first_name, name_key, email, email_key, status, credits_assigned, available, used, created_at)
       values (?, 'Foreign', 'foreign', 'foreign@x.example', 'foreign@x.example', 'active', 0, 0, 0, '2026-01-01T00:00:00.000Z')`,
      extra,
    );
    database.run(
      `insert into allocations (allocation_id, email, credits, source, created_at) values (?, 'x', 1, 'rpc', '2026-01-01T00:00:00.000Z')`,
      extra,
    );
    database.run(`update members set member_id = ? where email = 'member49@buckets.example'`, `${extra.slice(0, -1)}8`);
    const item = queueAssignment(
      database,
      { memberId: extra, memberName: '', memberEmail: '', credits: 1, validityDays: 90, note: null },
      Date.now(),
    );
    database.run(`update outbox set state = 'held', held_reason = 'recovered' where item_id = ?`, item);
    await compare();
    expect(content()).toEqual(before);
    expect(readItem(database, item)?.state).toBe('held');
    // One of the trigrams of each: `foreign`, and the e-mail of whoever had the wrong id.
    expect([search('eig'), search('"49@"')]).toEqual([0, 10]);
  });

  it('brings what changes between the digests and the end, once', async () => {
    const { database } = test;
    database.run(`update members set first_name = 'Damaged' where email = 'member9@buckets.example'`);
    beginComparison(database, 'buckets');
    const running = compareBuckets(database, functions(), partnerId, Date.now);
    expect(await running.step()).toEqual({ ok: true, value: 'more' });
    await hybrid.sql`
      insert into public.partner_members (partner_id, email) values (${partnerId}, 'meanwhile@buckets.example')`;
    await hybrid.sql`update public.partner_members set first_name = 'Meanwhile' where email = 'member11@buckets.example'`;
    while ((await running.step()).ok && readComparison(database).isComparing);
    expect(await engine.syncNow()).toBeNull();
    const names = database.all<{ name: string }>(
      `select first_name as name from members where email in ('meanwhile@buckets.example', 'member9@buckets.example', 'member11@buckets.example')
       order by email`,
    );
    await hybrid.sql`delete from public.partner_members where email = 'meanwhile@buckets.example'`;
    expect(names.map(({ name }) => name)).toEqual(['', 'Meanwhile', expect.stringContaining('9')]);
  });

  it('goes on after a restart, and after a request that failed', async () => {
    const before = content();
    test.database.run(`update members set first_name = 'x' where email like 'member1%'`);
    beginComparison(test.database, 'buckets');
    await engine.syncNow();
    expect(readComparison(test.database).isComparing).toBe(false);
    expect(content()).toEqual(before);
  });

  it('is stopped where it is', async () => {
    const comparing = engine.compareNow();
    while (!readComparison(test.database).isComparing) await new Promise((resolve) => setTimeout(resolve, 1));
    engine.stopComparing();
    expect(await comparing).toEqual({ failure: null, stopped: true });
    expect(readComparison(test.database).isComparing).toBe(false);
    expect(answers.get('partner_bucket_entries')).toBeUndefined();
  });

  it('reads the feed from its beginning on a server without digests, and where most of everything differs', async () => {
    const before = content();
    refused = ['partner_digests'];
    test.database.run(`update members set first_name = 'x' where email = 'member9@buckets.example'`);
    await compare();
    expect(content()).toEqual(before);
    expect(rowsOf('partner_changes', 'members')).toBeGreaterThanOrEqual(MEMBERS);
    expect(readComparison(test.database)).toMatchObject({ mended: 1, removed: 0 });

    refused = [];
    answers.clear();
    test.database.run(`update members set first_name = 'x'`);
    test.database.run(`update allocations set source = 'x'`);
    await compare();
    expect(content()).toEqual(before);
    expect(answers.get('partner_bucket_entries')).toBeUndefined();
    expect(readComparison(test.database).removed).toBe(0);
  });

  it('reads a bucket over many pages', async () => {
    const before = content();
    const wanted = Array.from({ length: 16 }, (_, bucket) => bucket);
    const all = { buckets: 16, members: wanted, allocations: wanted, afterMember: null, afterAllocation: null };
    const pages = functions();
    const seen: string[] = [];
    let afterMember: string | null = null;
    let afterAllocation: string | null = null;
    for (;;) {
      const answer = await pages.bucketEntries({ ...all, afterMember, afterAllocation }, 300);
      if (!answer.ok) throw new Error(answer.failure.kind);
      seen.push(...answer.value.members.map(({ id }) => id), ...answer.value.allocations.map(({ id }) => id));
      afterMember = answer.value.members.at(-1)?.id ?? afterMember;
      afterAllocation = answer.value.allocations.at(-1)?.id ?? afterAllocation;
      if (!answer.value.has_more) break;
    }
    const [members, , , entries] = before as [{ member_id: string }[], unknown, unknown, { allocation_id: string }[]];
    expect(seen.toSorted()).toEqual(
      [...members.map((row) => row.member_id), ...entries.map((row) => row.allocation_id)].toSorted(),
    );
  });
});
