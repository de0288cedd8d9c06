import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assignAnswer, uploadAnswer } from '../../main/remote/wire.ts';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { demoPartner, otherPartner } from './act-as.ts';
import { anActiveMember, balanceOf, brokenInvariants, countRows, setBalance, uploadRow } from './facts.ts';

const missing = whyNoWire();

describe.skipIf(missing !== null)(`racing through PostgREST${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let hybrid: Hybrid;
  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(() => hybrid.reset());

  /** 60 calls at once for one credit each, on a balance for 20. */
  async function raceForTwenty(
    name: string,
  ): Promise<{ granted: number; refused: number; failed: number; balance: number }> {
    await setBalance(hybrid.sql, demoPartner, 20);
    const clients = [hybrid.clientFor(demoPartner), hybrid.clientFor(demoPartner)];
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_, call) => {
        const args = {
          p_partner_id: demoPartner,
          p_employee_email: `r${String(call)}@race.example`,
          p_employee_name: 'R',
          p_credits_count: 1,
        };
        const { data, error } = (await clients[call % 2]?.rpc(name, args)) ?? { data: null, error: null };
        return error === null ? data : 'failed';
      }),
    );
    const count = (answer: unknown): number => answers.filter((it) => it === answer).length;
    return {
      granted: count(true),
      refused: count(false),
      failed: count('failed'),
      balance: await balanceOf(hybrid.sql, demoPartner),
    };
  }
  const promised = { granted: 20, refused: 40, failed: 0, balance: 0 };

  /** The same function, made from its own source, but reading the balance without the lock. */
  async function createUnlockedTwin(): Promise<void> {
    const [lock] = await hybrid.sql<{ source: string }[]>`
      select pg_get_functiondef('partner_private.locked_balance(uuid)'::regprocedure) as source`;
    const [body] = await hybrid.sql<{ source: string }[]>`
      select pg_get_functiondef('partner_private.allocate_partner_credit(uuid,text,text,integer,integer)'::regprocedure) as source`;
    expect(lock?.source).toContain('for no key update');
    // The line in front of the row would hide that nothing locks it.
    const line = 'select partner_private.wait_in_line(p_partner_id);';
    expect(lock?.source).toContain(line);
    await hybrid.sql.unsafe(`
      create schema if not exists scratch;
      ${String(lock?.source).replace('partner_private.locked_balance', 'scratch.locked_balance').replace('for no key update', '').replace(line, '')};
      ${String(body?.source)
        .replace('FUNCTION partner_private.', 'FUNCTION scratch.')
        .replace('partner_private.locked_balance', 'scratch.locked_balance')
        .replace('partner_private.exclusive_balance', 'scratch.locked_balance')
        // The lock of the member would hide that of the partner.
        .replace('for no key update', '')};
      create or replace function public.allocate_without_lock(
        p_partner_id uuid, p_employee_email text, p_employee_name text, p_credits_count integer, p_validity_days integer default 90
      ) returns boolean language sql as $$
        select scratch.allocate_partner_credit(p_partner_id, p_employee_email, p_employee_name, p_credits_count, p_validity_days)
      $$;
      grant usage on schema scratch to authenticated;
    `);
    await hybrid.reloadSchema();
  }
  async function dropUnlockedTwin(): Promise<void> {
    await hybrid.sql.unsafe('drop function public.allocate_without_lock; drop schema scratch cascade');
    await hybrid.reloadSchema();
  }

  it('grants exactly 20 of 60 calls on a balance for 20', async () => {
    for (let round = 0; round < 3; round += 1) {
      expect(await raceForTwenty('allocate_partner_credit')).toEqual(promised);
      expect(await brokenInvariants(hybrid.sql)).toEqual([]);
    }
  });

  it('negative control: without the lock the same function breaks that promise', async () => {
    await createUnlockedTwin();
    try {
      let broken = await raceForTwenty('allocate_without_lock');
      for (let round = 0; round < 5 && broken.failed === 0; round += 1)
        broken = await raceForTwenty('allocate_without_lock');
      // The constraint still keeps the balance from going below zero, but callers get an error instead of an answer.
      expect(broken.failed).toBeGreaterThan(0);

      await hybrid.sql`alter table public.users drop constraint users_credits_not_negative`;
      let overdrawn = await raceForTwenty('allocate_without_lock');
      for (let round = 0; round < 5 && overdrawn.balance >= 0; round += 1)
        overdrawn = await raceForTwenty('allocate_without_lock');
      expect(overdrawn.granted).toBeGreaterThan(20);
      expect(overdrawn.balance).toBeLessThan(0);
    } finally {
      await hybrid.sql`update public.users set credits = 0 where credits < 0`;
      await hybrid.sql.unsafe('alter table public.users drop constraint if exists users_credits_not_negative');
      await hybrid.sql`alter table public.users add constraint users_credits_not_negative check (credits >= 0)`;
      await dropUnlockedTwin();
    }
  });

  it('never overdraws while two consoles assign and upload at once, and every answer adds up', async () => {
    await setBalance(hybrid.sql, demoPartner, 100);
    const memberId = await anActiveMember(hybrid.sql, demoPartner);
    const consoles = [hybrid.clientFor(demoPartner), hybrid.clientFor(demoPartner)];
    const spent = await Promise.all(
      consoles.flatMap((client, which) => [
        ...Array.from({ length: 20 }, async () => {
          const { data, error } = await client.rpc('assign_member_credits', {
            p_request_id: randomUUID(),
            p_member_id: memberId,
            p_credits: 3,
          });
          expect(error).toBeNull();
          const answer = assignAnswer.parse(data);
          return answer.outcome === 'assigned' ? answer.credits : 0;
        }),
        ...Array.from({ length: 5 }, async (_, call) => {
          const rows = [1, 2, 3, 4].map((row) =>
            uploadRow(row, `c${String(which)}u${String(call)}r${String(row)}@race.example`, { credits: 2 }),
          );
          const { data, error } = await client.rpc('upload_members', {
            p_upload_id: randomUUID(),
            p_file_name: 'x',
            p_rows: rows,
          });
          expect(error).toBeNull();
          return uploadAnswer
            .parse(data)
            .rows.reduce((sum, row) => sum + (row.outcome === 'created' ? (row.credits ?? 0) : 0), 0);
        }),
      ]),
    );
    const balance = await balanceOf(hybrid.sql, demoPartner);
    expect(balance).toBeGreaterThanOrEqual(0);
    expect(spent.reduce((sum, credits) => sum + credits, 0)).toBe(100 - balance);
    expect(await brokenInvariants(hybrid.sql)).toEqual([]);
  });

  it('has no deadlock between opposite orders of members', async () => {
    await setBalance(hybrid.sql, demoPartner, 5_000);
    const emails = (
      await hybrid.sql<{ email: string }[]>`
      select email from public.partner_members where partner_id = ${demoPartner} and status = 'active' order by email`
    ).map((row) => row.email);
    const client = hybrid.clientFor(demoPartner);
    const sessions = hybrid.sql`
      insert into public.sessions (user_id, status) select user_id, 'scheduled' from public.partner_members where user_id is not null`;
    const results = await Promise.all([
      sessions,
      ...Array.from({ length: 12 }, async (_, call) => {
        const order = call % 2 === 0 ? emails : emails.toReversed();
        const rows = order.map((email, index) => uploadRow(index + 1, email, { credits: 1 }));
        const { error } = await client.rpc('upload_members', {
          p_upload_id: randomUUID(),
          p_file_name: 'x',
          p_rows: rows,
        });
        return error;
      }),
    ]);
    expect(results.slice(1)).toEqual(Array.from({ length: 12 }, () => null));
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(5_000 - 12 * emails.length);
    expect(await brokenInvariants(hybrid.sql)).toEqual([]);
  });

  it('does not hold up a new member while an allocation of its partner is open', async () => {
    const session = await hybrid.sql.reserve();
    await session`begin`;
    await session`select partner_private.locked_balance(${demoPartner})`;
    const insert = hybrid.sql`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'free@race.example')`;
    await hybrid.sql.begin(async (transaction) => {
      // Waiting for the lock would end as an error here instead of hanging.
      await transaction`set local lock_timeout = '2s'`;
      await transaction`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'unheld@race.example')`;
    });
    await insert;
    await session`rollback`;
    session.release();
    expect(
      await countRows(hybrid.sql, 'public.partner_members', `email in ('free@race.example', 'unheld@race.example')`),
    ).toBe(2);
  });

  it('answers each refusal with its own HTTP status', async () => {
    const call = async (userId: string | null, name: string, args = {}): Promise<number> =>
      (await hybrid.clientFor(userId).rpc(name, args)).status;
    const [member] = await hybrid.sql`select id from public.users where role = 'member' limit 1`;
    const upload = {
      p_upload_id: randomUUID(),
      p_file_name: 'x',
      p_rows: Array.from({ length: 5001 }, (_, row) => uploadRow(row + 1, 'a@b.example')),
    };
    expect(await call(null, 'partner_dashboard')).toBe(401);
    expect(await call(String(member?.['id']), 'partner_dashboard')).toBe(403);
    expect(await call(demoPartner, 'partner_changes', { p_cursor: 'nonsense' })).toBe(400);
    expect(await call(demoPartner, 'upload_members', upload)).toBe(413);
    const args = {
      p_request_id: randomUUID(),
      p_member_id: await anActiveMember(hybrid.sql, otherPartner),
      p_credits: 1,
    };
    expect(await call(otherPartner, 'assign_member_credits', args)).toBe(200);
    expect(await call(otherPartner, 'assign_member_credits', { ...args, p_credits: 2 })).toBe(409);
    const { error } = await hybrid.clientFor(otherPartner).rpc('assign_member_credits', { ...args, p_credits: 2 });
    expect(error).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
    const expired = hybrid.clientFor(demoPartner, { expiresIn: -3600 });
    expect((await expired.rpc('partner_dashboard')).status).toBe(401);
  });
});
