import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, nobody, otherPartner, partner, refusalOf, serviceRole } from './act-as.ts';
import type { Argument, Caller } from './act-as.ts';
import { balanceOf, brokenInvariants, countRows, setBalance } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

function allocate(caller: Caller, changes: Readonly<Record<string, Argument>> = {}): Promise<unknown> {
  return callFunction(database.sql(), caller, 'allocate_partner_credit', {
    p_partner_id: demoPartner,
    p_employee_email: 'Someone@New.example ',
    p_employee_name: 'Someone',
    p_credits_count: 7,
    ...changes,
  });
}

describe('S1: allocate_partner_credit', () => {
  it('keeps the signature that existing callers use', async () => {
    const [row] = await database.sql()`
      select pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result
      from pg_catalog.pg_proc p where p.pronamespace = 'public'::regnamespace and p.proname = 'allocate_partner_credit'`;
    expect(row).toEqual({
      arguments:
        'p_partner_id uuid, p_employee_email text, p_employee_name text, p_credits_count integer, p_validity_days integer DEFAULT 90',
      result: 'boolean',
    });
  });

  it('inserts the credits, takes them off the balance and writes the ledger', async () => {
    expect(await allocate(partner(demoPartner))).toBe(true);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(993);
    const credits = await database.sql()`
      select employee_email, employee_name, status, expires_at = created_at + interval '90 days' as default_validity
      from public.partner_credits where employee_email = 'someone@new.example'`;
    expect(credits).toHaveLength(7);
    expect(credits[0]).toEqual({
      employee_email: 'someone@new.example',
      employee_name: 'Someone',
      status: 'available',
      default_validity: true,
    });
    const [entry] = await database.sql()`
      select credits, source, balance_before, balance_after, actor from public.credit_allocations
      where employee_email = 'someone@new.example'`;
    expect(entry).toEqual({
      credits: 7,
      source: 'rpc',
      balance_before: 1000,
      balance_after: 993,
      actor: 'demo@partner-console.example',
    });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it.each<[string, Readonly<Record<string, Argument>>]>([
    ['an e-mail of 255 characters', { p_employee_email: `${'x'.repeat(246)}@b.exampl` }],
    ['a line break in the e-mail', { p_employee_email: 'a\nb@c.example' }],
    ['a name of 201 characters', { p_employee_name: 'x'.repeat(201) }],
  ])('answers false for %s', async (_what, changes) => {
    expect(await allocate(partner(demoPartner), changes)).toBe(false);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
  });

  it('takes texts up to their limits', async () => {
    const longest = { p_employee_email: `${'x'.repeat(245)}@b.exampl`, p_employee_name: 'x'.repeat(200) };
    expect(await allocate(partner(demoPartner), longest)).toBe(true);
  });

  it("adds to the member's sum where there is such a member", async () => {
    const [member] = await database.sql()`
      select id, email, credits_assigned from public.partner_members where partner_id = ${demoPartner} limit 1`;
    expect(await allocate(partner(demoPartner), { p_employee_email: String(member?.['email']) })).toBe(true);
    const [after] =
      await database.sql()`select credits_assigned from public.partner_members where id = ${member?.['id']}`;
    expect(after?.['credits_assigned']).toBe(Number(member?.['credits_assigned']) + 7);
  });

  it('gives what an e-mail had to its member who comes later', async () => {
    await allocate(partner(demoPartner));
    await database.sql()`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'SOMEONE@new.example')`;
    const [member] = await database.sql()`
      select credits_assigned from public.partner_members where email = 'someone@new.example'`;
    expect(member?.['credits_assigned']).toBe(7);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('gives what an e-mail has to the member of its own partner only', async () => {
    const credits = async (): Promise<unknown> => [
      ...(await database.sql()`
        select partner_id, credits_assigned from public.partner_members where email = 'someone@new.example' order by 1`),
    ];
    const join = (userId: string): Promise<unknown> =>
      database.sql()`insert into public.partner_members (partner_id, email) values (${userId}, 'someone@new.example')`.execute();
    const ofDemo = { partner_id: demoPartner, credits_assigned: 7 };
    await allocate(partner(otherPartner), { p_partner_id: otherPartner });
    await join(demoPartner);
    expect(await credits()).toEqual([{ ...ofDemo, credits_assigned: 0 }]);
    await allocate(partner(demoPartner));
    // The other one has no member of that e-mail yet, and does not find the one of its neighbour.
    await allocate(partner(otherPartner), { p_partner_id: otherPartner });
    expect(await credits()).toEqual([ofDemo]);
    await join(otherPartner);
    expect(await credits()).toEqual([ofDemo, { partner_id: otherPartner, credits_assigned: 14 }]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it.each([
    ['more credits than the balance', { p_credits_count: 1001 }],
    ['a count of zero', { p_credits_count: 0 }],
    ['a negative count', { p_credits_count: -5 }],
    ['the smallest integer', { p_credits_count: -2_147_483_648 }],
    ['no count', { p_credits_count: null }],
    ['a validity of zero', { p_validity_days: 0 }],
    ['a validity beyond ten years', { p_validity_days: 3_651 }],
    ['no validity', { p_validity_days: null }],
    ['no e-mail', { p_employee_email: null }],
    ['a blank e-mail', { p_employee_email: '  ' }],
    ['no name', { p_employee_name: null }],
    ['no partner', { p_partner_id: null }],
    ['a foreign partner', { p_partner_id: otherPartner }],
    ['an unknown partner', { p_partner_id: '00000000-0000-4000-8000-00000000dead' }],
  ] as const)('answers false for %s and changes nothing', async (_case, changes) => {
    const before = await countRows(database.sql(), 'public.partner_credits');
    expect(await allocate(partner(demoPartner), changes)).toBe(false);
    expect(await countRows(database.sql(), 'public.partner_credits')).toBe(before);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
    expect(await balanceOf(database.sql(), otherPartner)).toBe(250);
  });

  it('gives the balance to the last credit, and not one more', async () => {
    expect(await allocate(partner(demoPartner), { p_credits_count: 1000 })).toBe(true);
    expect(await allocate(partner(demoPartner), { p_credits_count: 1 })).toBe(false);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(0);
  });

  it('refuses more than 100,000 credits in words', async () => {
    await setBalance(database.sql(), demoPartner, 300_000);
    const refusal = await refusalOf(allocate(partner(demoPartner), { p_credits_count: 100_001 }));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 100_000, requested: 100_001 });
  });

  it('lets the service role name any partner', async () => {
    expect(await allocate(serviceRole)).toBe(true);
    expect(await allocate(serviceRole, { p_partner_id: otherPartner })).toBe(true);
    expect(await balanceOf(database.sql(), otherPartner)).toBe(243);
  });

  it('takes nothing from someone who is no partner, even for the service role', async () => {
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    const memberId = String(member?.['id']);
    await setBalance(database.sql(), memberId, 50);
    await database.sql()`insert into public.partner_members (partner_id, email) values (${memberId}, 'known@new.example')`;
    // With and without a member of that e-mail: each has a lock of its own.
    for (const email of ['known@new.example', 'someone@new.example'])
      expect(await allocate(serviceRole, { p_partner_id: memberId, p_employee_email: email })).toBe(false);
    expect(await balanceOf(database.sql(), memberId)).toBe(50);
  });

  it('does nothing for someone who is not signed in, and for a plain member', async () => {
    expect((await refusalOf(allocate(nobody))).code).toBe('42501');
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    const memberId = String(member?.['id']);
    expect(await allocate(partner(memberId), { p_partner_id: memberId })).toBe(false);
    expect(await allocate(partner(memberId))).toBe(false);
  });
});
