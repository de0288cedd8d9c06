import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import {
  aMemberWith,
  anActiveMember,
  brokenInvariants,
  countRows,
  sumOf,
  untilSomebodyPauses,
  untilSomebodyWaits,
} from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const update = (memberId: string | null, changes: Readonly<Record<string, Argument>>) =>
  callFunction(database.sql(), partner(demoPartner), 'update_member', {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    ...changes,
  });

const aMember = (): Promise<string> =>
  aMemberWith(database.sql(), demoPartner, 'old@update.example', [
    { credits: 2, days: 10 },
    { credits: 1, days: 20 },
  ]);
const creditsAt = (email: string): Promise<number> =>
  countRows(database.sql(), 'public.partner_credits', `employee_email = '${email}'`);

describe('update_member', () => {
  it('changes what is given, and leaves alone what is null', async () => {
    const id = await aMember();
    const old = { first_name: 'Someone', email: 'old@update.example' };
    const named = { first_name: 'Åsa', email: 'old@update.example' };
    expect(await update(id, { p_first_name: ' Åsa ' })).toEqual({
      outcome: 'updated',
      member_id: id,
      ...named,
      before: old,
      after: named,
      replayed: false,
    });
    const moved = { first_name: 'Åsa', email: 'new@update.example' };
    expect(await update(id, { p_email: ' New@Update.example ' })).toEqual({
      outcome: 'updated',
      member_id: id,
      ...moved,
      before: named,
      after: moved,
      replayed: false,
    });
    const [member] = await database.sql()`select first_name, email from public.partner_members where id = ${id}`;
    expect(member).toEqual(moved);
    const same = await update(id, { p_first_name: 'Åsa', p_email: 'NEW@update.example' });
    expect(same).toMatchObject({ outcome: 'unchanged', before: moved, after: moved });
    expect(await update(id, { p_first_name: '' })).toMatchObject({ outcome: 'updated', first_name: '' });
  });

  it('takes the credits along to the new e-mail, and leaves the ledger its history', async () => {
    const id = await aMember();
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select id from public.partner_credits where employee_email = 'old@update.example' limit 1)`;
    await update(id, { p_email: 'new@update.example' });
    // What is spent stays where it was spent.
    expect(await creditsAt('new@update.example')).toBe(2);
    expect(await creditsAt('old@update.example')).toBe(1);
    expect(
      await countRows(
        database.sql(),
        'public.credit_allocations',
        `employee_email = 'old@update.example' and member_id = '${id}'`,
      ),
    ).toBe(2);
    expect(await sumOf(database.sql(), id)).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('gives the member what its new e-mail had before there was a member', async () => {
    const id = await aMember();
    await database.sql()`select public.allocate_partner_credit(${demoPartner}, 'new@update.example', 'N', 4)`;
    expect(await sumOf(database.sql(), id)).toBe(3);
    await update(id, { p_email: 'new@update.example' });
    expect(await sumOf(database.sql(), id)).toBe(7);
    expect(await creditsAt('new@update.example')).toBe(7);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('keeps every sum right when the member is corrected, removed and comes back after a change of e-mail', async () => {
    const id = await aMember();
    await update(id, { p_email: 'new@update.example' });
    const revoked = await callFunction(database.sql(), partner(demoPartner), 'revoke_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: id,
      p_credits: 3,
    });
    expect(revoked).toMatchObject({ outcome: 'revoked', credits_assigned: 0 });
    await database.sql()`delete from public.partner_members where id = ${id}`;
    expect(await sumOf(database.sql(), await aMemberWith(database.sql(), demoPartner, 'new@update.example'))).toBe(0);
    expect(await sumOf(database.sql(), await aMemberWith(database.sql(), demoPartner, 'old@update.example'))).toBe(0);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('leaves its credits to nobody who takes the old e-mail later, also when the member is gone', async () => {
    const id = await aMember();
    await update(id, { p_email: 'new@update.example' });
    await database.sql()`delete from public.partner_members where id = ${id}`;
    const join = (email: string): Promise<string> => aMemberWith(database.sql(), demoPartner, email);
    const stranger = await join('old@update.example');
    // Nor does the upkeep take the two for one.
    await database.sql()`select partner_private.maintain()`;
    expect(await sumOf(database.sql(), stranger)).toBe(0);
    expect(await sumOf(database.sql(), await join('new@update.example'))).toBe(3);
    expect(await sumOf(database.sql(), stranger)).toBe(0);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses to move more credits than a call may, and says how many', async () => {
    const id = await aMember();
    await database.sql()`create or replace function partner_private.most_credits() returns integer
      language sql immutable parallel safe set search_path = pg_catalog, pg_temp as 'select 2'`;
    const refusal = await refusalOf(update(id, { p_email: 'new@update.example' }));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 2, requested: 3 });
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select id from public.partner_credits where employee_email = 'old@update.example' limit 1)`;
    expect(await update(id, { p_email: 'new@update.example' })).toMatchObject({ outcome: 'updated' });
  });

  it('waits for no credit that stays where it is', async () => {
    const id = await aMember();
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select id from public.partner_credits where employee_email = 'old@update.example' limit 1)`;
    const session = await database.sql().reserve();
    try {
      await session`begin`;
      await session`select from public.partner_credits where status = 'used' and employee_email = 'old@update.example' for update`;
      expect(await update(id, { p_email: 'new@update.example' })).toMatchObject({ outcome: 'updated' });
      await session`select from public.partner_credits where employee_email = 'new@update.example' for update`;
      expect(await update(id, { p_first_name: 'Other', p_email: 'NEW@update.example' })).toMatchObject({
        outcome: 'updated',
      });
    } finally {
      await session`rollback`;
      session.release();
    }
  });

  it("refuses another member's e-mail, but not another partner's", async () => {
    const id = await aMember();
    await aMemberWith(database.sql(), demoPartner, 'taken@update.example');
    await aMemberWith(database.sql(), otherPartner, 'theirs@update.example');
    expect(await update(id, { p_email: 'TAKEN@update.example', p_first_name: 'X' })).toEqual({
      outcome: 'email_taken',
      replayed: false,
    });
    const [member] = await database.sql()`select first_name, email from public.partner_members where id = ${id}`;
    expect(member).toEqual({ first_name: 'Someone', email: 'old@update.example' });
    expect(await update(id, { p_email: 'theirs@update.example' })).toMatchObject({ outcome: 'updated' });
  });

  it('answers the same when another writer inserts that e-mail at the same moment', async () => {
    const id = await aMember();
    const writer = await database.sql().reserve();
    await writer`begin`;
    await writer`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'new@update.example')`;
    const answer = update(id, { p_email: 'new@update.example' });
    await untilSomebodyWaits(database.sql());
    await writer`commit`;
    writer.release();
    expect(await answer).toEqual({ outcome: 'email_taken', replayed: false });
    expect(await creditsAt('old@update.example')).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('waits until a credit is spent, without holding up whoever spends it', async () => {
    const id = await aMember();
    const spender = await database.sql().reserve();
    await spender`begin`;
    const [credit] = await spender<{ id: string }[]>`
      select id from public.partner_credits where employee_email = 'old@update.example' limit 1 for update`;
    const answer = update(id, { p_email: 'new@update.example' });
    await untilSomebodyPauses(database.sql());
    // The trigger on the credit now needs the member.
    await spender`update public.partner_credits set status = 'used' where id = ${credit?.id ?? null}`;
    await spender`commit`;
    spender.release();
    expect(await answer).toMatchObject({ outcome: 'updated' });
    expect(await creditsAt('new@update.example')).toBe(2);
    expect(
      await countRows(database.sql(), 'public.partner_credits', `id = '${String(credit?.id)}' and status = 'used'`),
    ).toBe(1);
  });

  it('gives up after a while when a credit stays locked, and says that it may be sent again', async () => {
    const id = await aMember();
    const spender = await database.sql().reserve();
    await spender`begin`;
    await spender`select id from public.partner_credits where employee_email = 'old@update.example' limit 1 for update`;
    expect(await refusalOf(update(id, { p_email: 'new@update.example' }))).toMatchObject({
      code: 'PT503',
      message: 'busy',
    });
    await spender`rollback`;
    spender.release();
    expect(await update(id, { p_email: 'new@update.example' })).toMatchObject({ outcome: 'updated' });
  });

  it.each(['x'.repeat(101), 'two\nlines', 'a\tb', '\u0085'])('refuses the name %o', async (name) => {
    expect(await update(await aMember(), { p_first_name: name })).toEqual({ outcome: 'invalid_name', replayed: false });
  });

  it('judges a name only where one is given: one from before may be longer', async () => {
    const id = await aMember();
    const name = 'x'.repeat(120);
    await database.sql()`update public.partner_members set first_name = ${name} where id = ${id}`;
    expect(await update(id, { p_email: 'long@update.example' })).toMatchObject({
      outcome: 'updated',
      first_name: name,
    });
  });

  it.each(['', ' ', 'nobody', 'a@b', 'a b@c.example', `${'x'.repeat(65)}@c.example`])(
    'refuses the e-mail %o',
    async (email) => {
      expect(await update(await aMember(), { p_email: email })).toEqual({ outcome: 'invalid_email', replayed: false });
    },
  );

  it('tells a foreign member and an absent one apart by nothing', async () => {
    const foreignId = await anActiveMember(database.sql(), otherPartner);
    const changes = { p_first_name: 'Mallory', p_email: 'mallory@update.example' };
    const foreign = await update(foreignId, changes);
    expect(foreign).toEqual({ outcome: 'member_not_found', replayed: false });
    expect(await update(randomUUID(), changes)).toEqual(foreign);
    expect(await update(null, changes)).toEqual(foreign);
    // A name alone takes another way than one with an e-mail.
    expect(await update(foreignId, { p_first_name: 'Mallory' })).toEqual(foreign);
    expect(await update(randomUUID(), { p_first_name: 'Mallory' })).toEqual(foreign);
    expect(await countRows(database.sql(), 'public.partner_members', `first_name = 'Mallory'`)).toBe(0);
  });
});
