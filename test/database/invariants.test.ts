import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner, refusalOf, serviceRole } from './act-as.ts';
import { balanceOf, brokenInvariants, countRows, setBalance } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();
const check = (caller = partner(demoPartner), args = {}): Promise<unknown> =>
  callFunction(database.sql(), caller, 'partner_invariants', args);

/** As a replica no trigger fires: damage that the database would otherwise refuse or repair. */
async function damage(statement: string): Promise<void> {
  await database.sql().begin(async (transaction) => {
    await transaction.unsafe('set local session_replication_role = replica');
    await transaction.unsafe(statement);
  });
}

describe('the demo data', () => {
  it('holds what it promises', async () => {
    expect(await brokenInvariants(database.sql())).toEqual([]);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
    expect(await countRows(database.sql(), 'public.partner_members', `partner_id = '${demoPartner}'`)).toBe(60);
    for (const status of ['active', 'inactive', 'invited']) {
      expect(
        await countRows(
          database.sql(),
          'public.partner_members',
          `partner_id = '${demoPartner}' and status = '${status}'`,
        ),
      ).toBeGreaterThan(2);
    }
    expect(await countRows(database.sql(), 'public.partner_members', `partner_id = '${otherPartner}'`)).toBe(12);
    expect(
      await countRows(database.sql(), 'public.credit_allocations', 'balance_before < 0 or balance_after < 0'),
    ).toBe(0);
    const [chain] = await database.sql()`
      select count(*)::int as breaks from (
        select balance_before, lag(balance_after, 1, 0) over (partition by partner_id order by created_at, kind = 'opening' desc, id) as expected
        from public.credit_allocations
      ) l where balance_before <> expected`;
    expect(chain).toEqual({ breaks: 0 });
  });
});

describe('partner_invariants', () => {
  it.each([
    [
      'balance_not_negative',
      `alter table public.users drop constraint users_credits_not_negative;
       insert into public.credit_allocations (partner_id, kind, credits, source, balance_before, balance_after)
         select id, 'correction', credits + 1, 'balance', credits, -1 from public.users where id = '${demoPartner}';
       update public.users set credits = -1 where id = '${demoPartner}'`,
    ],
    ['balance_follows_ledger', `update public.users set credits = credits + 1 where id = '${demoPartner}'`],
    [
      'credits_of_allocation',
      `delete from public.partner_credits where id = (select id from public.partner_credits where partner_id = '${demoPartner}' and status = 'used' limit 1)`,
    ],
    [
      'revoked_credits_of_allocation',
      `update public.partner_credits set status = 'used' where partner_id = '${demoPartner}' and status = 'revoked'`,
    ],
    [
      'credits_of_member',
      `update public.partner_members set credits_assigned = credits_assigned + 1 where id = (select id from public.partner_members where partner_id = '${demoPartner}' limit 1)`,
    ],
    [
      'email_of_credits',
      `update public.partner_credits set employee_email = 'other@damage.example' where id = (
         select id from public.partner_credits where partner_id = '${demoPartner}' and status = 'available' limit 1)`,
    ],
    [
      'member_of_correction',
      `with changed as (
         update public.credit_allocations set member_id = null where id = (
           select id from public.credit_allocations
           where partner_id = '${demoPartner}' and kind = 'revocation' and member_id is not null limit 1) returning corrects, credits)
       update public.partner_members m set credits_assigned = m.credits_assigned + c.credits
       from changed c join public.credit_allocations a on a.id = c.corrects where m.id = a.member_id`,
    ],
  ])('finds a break of %s', async (invariant, statement) => {
    expect(await check()).toEqual({ holds: true, violations: [] });
    await damage(statement);
    expect(await check()).toMatchObject({ holds: false, violations: [{ invariant, partner_id: demoPartner }] });
    expect(await check(partner(otherPartner))).toEqual({ holds: true, violations: [] });
    expect(await check(serviceRole)).toMatchObject({ holds: false });
  });

  it.each([
    ['member', `set member_id = (select id from public.partner_members where partner_id = '${otherPartner}' limit 1)`],
    [
      'corrected row',
      `set corrects = (select id from public.credit_allocations where partner_id = '${otherPartner}' limit 1)`,
    ],
  ])('finds a row of the ledger with a %s of another partner', async (_what, change) => {
    await damage(`update public.credit_allocations ${change} where id = (
      select id from public.credit_allocations where partner_id = '${demoPartner}' and kind = 'extension' limit 1)`);
    await damage(`insert into public.credit_allocations (partner_id, kind, employee_email, expires_at, credits, source, balance_before, balance_after)
      values ('${demoPartner}', 'extension', 'x@damage.example', now(), 0, 'console', 0, 0)`);
    expect(await check()).toMatchObject({ holds: true });
    await damage(`update public.credit_allocations ${change} where employee_email = 'x@damage.example'`);
    expect(await check()).toMatchObject({ holds: false, violations: [{ invariant: 'partner_of_allocation' }] });
  });

  it('finds a break of partner_of_credits, which also lacks in its allocation', async () => {
    await damage(`update public.partner_credits set partner_id = '${otherPartner}' where id = (
      select id from public.partner_credits where partner_id = '${demoPartner}' and status = 'used' limit 1)`);
    expect(await check()).toMatchObject({
      violations: [
        { invariant: 'credits_of_allocation', partner_id: demoPartner },
        { invariant: 'partner_of_credits', partner_id: demoPartner, expected: 0, found: 1 },
      ],
    });
    expect(await check(partner(otherPartner))).toEqual({ holds: true, violations: [] });
  });

  it('lets a partner check itself only', async () => {
    expect(await check(partner(demoPartner), { p_partner_id: demoPartner })).toMatchObject({ holds: true });
    expect(await refusalOf(check(partner(demoPartner), { p_partner_id: otherPartner }))).toMatchObject({
      code: 'PT403',
    });
  });

  it('are told of partners alone, of former ones, too', async () => {
    const nobody = '00000000-0000-4000-8000-00000000dead';
    expect(await refusalOf(check(serviceRole, { p_partner_id: nobody }))).toMatchObject({
      code: 'PT404',
      message: 'partner_not_found',
      detail: JSON.stringify({ partner_id: nobody }).replace(':', ': '),
    });
    await database.sql()`update public.users set role = 'member' where id = ${demoPartner}`;
    expect(await check(serviceRole, { p_partner_id: demoPartner })).toMatchObject({ holds: true });
  });

  it('still hold after a purchase and a correction by hand, which the ledger records', async () => {
    await setBalance(database.sql(), demoPartner, 1500);
    await setBalance(database.sql(), demoPartner, 1200);
    expect(await brokenInvariants(database.sql())).toEqual([]);
    const entries = await database.sql()`
      select kind, credits, balance_after from public.credit_allocations
      where partner_id = ${demoPartner} and source = 'balance' and actor = 'postgres' order by balance_before`;
    expect(entries).toEqual([
      { kind: 'top_up', credits: 500, balance_after: 1500 },
      { kind: 'correction', credits: 300, balance_after: 1200 },
    ]);
  });

  it('still hold after a purchase in the transaction of an allocation', async () => {
    await database.sql().begin(async (transaction) => {
      await transaction`select public.allocate_partner_credit(${demoPartner}, 'a@b.example', 'A', 5)`;
      await transaction`update public.users set credits = credits + 500 where id = ${demoPartner}`;
    });
    expect(await brokenInvariants(database.sql())).toEqual([]);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1495);
  });

  it('still hold after a member is removed, and give it its history back when it returns', async () => {
    const [member] = await database.sql()`
      select id, email, credits_assigned from public.partner_members
      where partner_id = ${demoPartner} and credits_assigned > 0 limit 1`;
    await database.sql()`delete from public.partner_members where id = ${member?.['id']}`;
    expect(await brokenInvariants(database.sql())).toEqual([]);
    const [again] = await database.sql()`
      insert into public.partner_members (partner_id, email) values (${demoPartner}, ${member?.['email']}) returning id`;
    const [back] =
      await database.sql()`select credits_assigned from public.partner_members where id = ${again?.['id']}`;
    expect(back?.['credits_assigned']).toBe(member?.['credits_assigned']);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});
