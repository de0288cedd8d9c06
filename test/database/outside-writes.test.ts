import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { actAs, callFunction, demoPartner, otherPartner, partner, refusalOf, serviceRole } from './act-as.ts';
import { aMemberWith, balanceOf, brokenInvariants, countRows, lotsOf, sumOf, untilSomebodyWaits } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const asService = (statement: string): Promise<unknown> =>
  actAs(database.sql(), serviceRole, async (transaction) => [...(await transaction.unsafe(statement).simple())]);
const asOwner = (statement: string): Promise<unknown> => database.sql().unsafe(statement).simple().execute();
const email = 'one@outside.example';
const aMember = (credits = 5): Promise<string> =>
  aMemberWith(database.sql(), demoPartner, email, [{ credits, days: 30 }]);
const revoke = (by: string, memberId: string, credits: number): Promise<unknown> =>
  callFunction(database.sql(), partner(by), 'revoke_member_credits', {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    p_credits: credits,
  });
const aCredit = `(select id from public.partner_credits where employee_email = '${email}' order by id limit 1)`;

describe('a member', () => {
  it('stays with its partner and keeps its id, whoever writes', async () => {
    const id = await aMember();
    for (const change of [`partner_id = '${otherPartner}'`, 'id = gen_random_uuid()']) {
      const statement = `update public.partner_members set ${change} where id = '${id}'`;
      expect(await refusalOf(asOwner(statement))).toMatchObject({ code: 'PT409', message: 'member_cannot_move' });
      expect((await refusalOf(asService(statement))).code).toBe('42501');
    }
    await asOwner(`update public.partner_members set id = id, partner_id = partner_id where id = '${id}'`);
  });

  it("that stands at another partner, by a repair that went wrong, does not bring that one the first's credits", async () => {
    const id = await aMember();
    await database.sql().begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.partner_members set partner_id = ${otherPartner} where id = ${id}`;
    });
    const before = await balanceOf(database.sql(), otherPartner);
    expect(await revoke(otherPartner, id, 1)).toMatchObject({ outcome: 'insufficient_unspent', unspent: 0 });
    const extended = await callFunction(database.sql(), partner(otherPartner), 'extend_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: id,
      p_days: 1,
    });
    expect(extended).toMatchObject({ outcome: 'no_unspent_credits' });
    const status = await callFunction(database.sql(), partner(otherPartner), 'set_member_status', {
      p_request_id: randomUUID(),
      p_member_id: id,
      p_status: 'inactive',
    });
    expect(status).toMatchObject({ unspent: 0 });
    expect(await balanceOf(database.sql(), otherPartner)).toBe(before);
  });

  it('takes its credits along when another system changes its e-mail', async () => {
    const id = await aMember(3);
    await asService(`update public.partner_members set email = ' New@outside.example' where id = '${id}'`);
    const stranger = await aMemberWith(database.sql(), demoPartner, email);
    expect(await lotsOf(database.sql(), stranger)).toEqual([]);
    expect(await sumOf(database.sql(), id)).toBe(3);
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email = 'new@outside.example'`)).toBe(3);
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email = '${email}'`)).toBe(0);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('finds a credit that was spent under its old e-mail at its new one, when it becomes available again', async () => {
    const id = await aMember(2);
    await asService(`update public.partner_credits set status = 'used' where id = ${aCredit}`);
    await asService(`update public.partner_members set email = 'new@outside.example' where id = '${id}'`);
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email = '${email}'`)).toBe(1);
    await asService(`update public.partner_credits set status = 'available' where employee_email = '${email}'`);
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email = '${email}'`)).toBe(0);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});

describe('a credit whose session is cancelled', () => {
  it('goes to the new e-mail of a member who is being renamed at that moment', async () => {
    const id = await aMember(2);
    await asService(`update public.partner_credits set status = 'used' where id = ${aCredit}`);
    const session = await database.sql().reserve();
    await session`begin`;
    await session`select set_config('request.jwt.claims', ${JSON.stringify({ sub: demoPartner })}, true)`;
    await session`set local role authenticated`;
    await session`select public.update_member(${randomUUID()}, ${id}, null, 'new@outside.example')`;
    const cancelled = asService(
      `update public.partner_credits set status = 'available' where employee_email = '${email}' and status = 'used'`,
    );
    await untilSomebodyWaits(database.sql());
    await session`commit`;
    session.release();
    await cancelled;
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email = 'new@outside.example'`)).toBe(2);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});

describe('a revoked credit', () => {
  it('is not spent by somebody who waited for it meanwhile', async () => {
    const id = await aMember(1);
    const [credit] = await database.sql()<{ id: string }[]>`
      select id from public.partner_credits where employee_email = ${email}`;
    const session = await database.sql().reserve();
    await session`begin`;
    await session`select set_config('request.jwt.claims', ${JSON.stringify({ sub: demoPartner })}, true)`;
    await session`set local role authenticated`;
    await session`select public.revoke_member_credits(${randomUUID()}, ${id}, 1)`;
    const spent = refusalOf(
      asService(`update public.partner_credits set status = 'used' where id = '${String(credit?.id)}'`),
    );
    await untilSomebodyWaits(database.sql());
    await session`commit`;
    session.release();
    expect(await spent).toMatchObject({ code: 'PT409', message: 'credit_is_revoked' });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('comes of a command only, and never changes its status again', async () => {
    const id = await aMember(2);
    expect(
      await refusalOf(asService(`update public.partner_credits set status = 'revoked' where id = ${aCredit}`)),
    ).toMatchObject({ code: 'PT403', message: 'revoked_by_command_only' });
    await revoke(demoPartner, id, 2);
    for (const status of ['available', 'used', 'expired']) {
      const statement = `update public.partner_credits set status = '${status}' where id = ${aCredit}`;
      for (const write of [asService, asOwner])
        expect(await refusalOf(write(statement))).toMatchObject({ code: 'PT409', message: 'credit_is_revoked' });
    }
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});

describe('the service role', () => {
  it.each([
    [
      'adds a credit to an allocation',
      `insert into public.partner_credits (partner_id, employee_email, expires_at, allocation_id)
       select partner_id, employee_email, expires_at, id from public.credit_allocations where employee_email = '${email}'`,
    ],
    ['removes a credit', `delete from public.partner_credits where id = ${aCredit}`],
    ['empties the credits', 'truncate public.partner_credits'],
    ['gives a credit to another partner', `update public.partner_credits set partner_id = '${otherPartner}'`],
    ['gives a credit to another person', `update public.partner_credits set employee_email = 'other@outside.example'`],
    ['writes the sum of a member', 'update public.partner_members set credits_assigned = 77'],
    [
      'adds a member with a sum',
      `insert into public.partner_members (partner_id, email, credits_assigned) values ('${demoPartner}', 'b@outside.example', 77)`,
    ],
    ['hides a member from the feed', `update public.partner_members set change_txid = '1'`],
  ])('never %s', async (_what, statement) => {
    await aMember();
    expect((await refusalOf(asService(statement))).code).toBe('42501');
  });

  it('cannot claim that the ledger knows of a balance already', async () => {
    await asService(`set local partner_console.ledger_written = 'on';
      update public.users set credits = credits + 5000 where id = '${demoPartner}'`);
    await asService(`set local partner_console.ledger_written = 'on';
      select public.allocate_partner_credit('${demoPartner}', 'a@outside.example', 'A', 3);
      set local partner_console.ledger_written = 'on';
      update public.users set credits = credits + 3 where id = '${demoPartner}'`);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(6_000);
    expect(
      await countRows(database.sql(), 'public.credit_allocations', `actor = 'service_role' and kind = 'top_up'`),
    ).toBe(2);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('cannot claim that the feed knows of a spent credit already', async () => {
    const id = await aMember();
    const stamp = async (): Promise<unknown> =>
      (await database.sql()`select change_txid::text as stamp from public.partner_members where id = ${id}`)[0]?.[
        'stamp'
      ];
    const before = await stamp();
    await asService(`set local partner_console.members_stamped = 'on';
      update public.partner_credits set status = 'used' where id = ${aCredit}`);
    expect(await stamp()).not.toBe(before);
  });
});

it('a credit that moves to another allocation puts both members into the feed', async () => {
  const ids = [
    await aMember(),
    await aMemberWith(database.sql(), demoPartner, 'two@outside.example', [{ credits: 1, days: 9 }]),
  ];
  const [seen] = await database.sql()`select max(change_txid::text::bigint)::text as last from public.partner_members`;
  await asOwner(`update public.partner_credits set allocation_id = (
    select id from public.credit_allocations where employee_email = 'two@outside.example') where id = ${aCredit}`);
  const stamped = await database.sql()<{ id: string }[]>`
    select id from public.partner_members where change_txid::text::bigint > ${String(seen?.['last'])}::bigint`;
  expect(stamped.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
});
