import { describe, expect, it } from 'vitest';
import { dashboardAnswer } from '../../main/remote/wire.ts';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import { setBalance } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();
const read = async (userId: string) =>
  dashboardAnswer.parse(await callFunction(database.sql(), partner(userId), 'partner_dashboard'));

describe('S3: partner_dashboard', () => {
  it('counts what the tables hold', async () => {
    const board = await read(demoPartner);
    const [counted] = await database.sql()`
      select count(*)::int as allocated,
        count(*) filter (where status = 'used')::int as used,
        count(*) filter (where status = 'revoked')::int as revoked,
        count(*) filter (where status = 'available' and expires_at > now())::int as available,
        count(*) filter (where status = 'expired' or (status = 'available' and expires_at <= now()))::int as expired,
        count(*) filter (where status = 'available' and expires_at between now() and now() + interval '30 days')::int as expiring_30,
        count(*) filter (where status = 'available' and expires_at between now() and now() + interval '60 days')::int as expiring_60,
        count(*) filter (where status = 'available' and expires_at between now() and now() + interval '90 days')::int as expiring_90
      from public.partner_credits where partner_id = ${demoPartner}`;
    expect(board).toMatchObject({ ...counted, balance: 1000, low_balance: false });
    expect(board.expiring_30).toBeGreaterThan(0);
    expect(board.expiring_60).toBeGreaterThan(board.expiring_30);
    expect(board.expiring_90).toBeGreaterThan(board.expiring_60);
    expect(board.available + board.used + board.revoked + board.expired).toBe(board.allocated);
  });

  it('lists active members only, with the sessions of their accounts', async () => {
    const board = await read(demoPartner);
    const [counted] = await database.sql()`
      select count(*)::int as active from public.partner_members where partner_id = ${demoPartner} and status = 'active'`;
    expect(board.active_members).toBe(counted?.['active']);
    expect(board.members).toHaveLength(Math.min(50, board.active_members));
    expect(board.members.every((member) => member.status === 'active')).toBe(true);
    expect(board.sessions.length).toBeGreaterThan(10);
    const accounts = new Set(board.members.filter((member) => member.user_id !== null).map((member) => member.id));
    expect(board.sessions.every((session) => accounts.has(session.member_id))).toBe(true);
    expect(board.sessions_completed).toBeGreaterThan(0);
    expect(board.sessions_upcoming).toBeGreaterThan(0);
  });

  it('counts an available credit past its expiry as expired', async () => {
    const before = await read(otherPartner);
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 second'
      where id = (select id from public.partner_credits where partner_id = ${otherPartner} and status = 'available' and expires_at > now() limit 1)`;
    const after = await read(otherPartner);
    expect(after.expired).toBe(before.expired + 1);
    expect(after.available).toBe(before.available - 1);
  });

  it('gives a partner without members empty lists, not errors', async () => {
    const id = 'd0000000-0000-4000-8000-0000000000ff';
    await database.sql()`insert into auth.users (id, email) values (${id}, 'new@partner.example')`;
    await database.sql()`insert into public.users (id, email, role) values (${id}, 'new@partner.example', 'partner')`;
    expect(await read(id)).toMatchObject({
      balance: 0,
      active_members: 0,
      allocated: 0,
      members: [],
      sessions: [],
      low_balance: true,
    });
  });

  it('warns of a balance that would not last another 30 days', async () => {
    await setBalance(database.sql(), demoPartner, 19);
    expect((await read(demoPartner)).low_balance).toBe(true);
    await setBalance(database.sql(), demoPartner, 500);
    expect((await read(demoPartner)).low_balance).toBe(false);
    await callFunction(database.sql(), partner(demoPartner), 'allocate_partner_credit', {
      p_partner_id: demoPartner,
      p_employee_email: 'a@b.example',
      p_employee_name: 'A',
      p_credits_count: 300,
    });
    expect((await read(demoPartner)).low_balance).toBe(true);
  });

  it('counts the allocations of the last 30 days together, and no older ones', async () => {
    const sql = database.sql();
    const lowAt = async (balance: number): Promise<unknown> =>
      sql.begin(async (transaction) => {
        await transaction`set local session_replication_role = replica`;
        await transaction`delete from public.credit_allocations where partner_id = ${demoPartner}`;
        await transaction`
          insert into public.credit_allocations
            (partner_id, kind, employee_email, credits, expires_at, source, balance_before, balance_after, created_at)
          select ${demoPartner}, 'allocation', 'a@b.example', given.credits, now(), 'console', 1000, 1000 - given.credits, now() - given.age
          from (values (40, interval '1 hour'), (30, interval '29 days'), (500, interval '31 days')) as given (credits, age)`;
        const [row] = await transaction`select partner_private.is_low_balance(${demoPartner}, ${balance}) as low`;
        return row?.['low'];
      });
    expect(await lowAt(70)).toBe(false);
    expect(await lowAt(69)).toBe(true);
  });

  it('is for partners only', async () => {
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    expect(await refusalOf(read(String(member?.['id'])))).toMatchObject({ code: 'PT403', message: 'not_a_partner' });
  });
});
