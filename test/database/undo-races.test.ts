import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { actAs, callFunction, demoPartner, partner, serviceRole } from './act-as.ts';
import { balanceOf, brokenInvariants, sumOf, untilSomebodyWaits, untilSomebodyWaitsFor, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const asService = (statement: string): Promise<unknown> =>
  actAs(database.sql(), serviceRole, async (transaction) => [...(await transaction.unsafe(statement))]);

const addMember = (email: string): Promise<unknown> =>
  asService(`insert into public.partner_members (partner_id, email) values ('${demoPartner}', '${email}')`);

/** Uploads one that stays and one that is removed, with 2 and 3 credits. */
async function uploadOfTwo(): Promise<string> {
  const id = randomUUID();
  await callFunction(database.sql(), partner(demoPartner), 'upload_members', {
    p_upload_id: id,
    p_file_name: 'x',
    p_rows: [uploadRow(1, 'stay@race.example', { credits: 2 }), uploadRow(2, 'back@race.example', { credits: 3 })],
  });
  await asService(`delete from public.partner_members where email = 'back@race.example'`);
  return id;
}

/** Begins to undo and stops at the trigger; the answer ends the pause, and gives what the undo answered. */
async function undoPausedAt(uploadId: string, trigger: string): Promise<() => Promise<unknown>> {
  await database.sql().unsafe(`
    create function public.pause() returns trigger language plpgsql as $$
    begin perform pg_catalog.pg_advisory_xact_lock(42); return new; end $$;
    create trigger zz_pause ${trigger} execute function public.pause()`);
  const holder = await database.sql().reserve();
  await holder`select pg_advisory_lock(42)`;
  const undone = callFunction(database.sql(), partner(demoPartner), 'undo_member_upload', {
    p_request_id: randomUUID(),
    p_upload_id: uploadId,
  });
  await untilSomebodyWaits(database.sql());
  return async () => {
    await holder`select pg_advisory_unlock(42)`;
    holder.release();
    return undone;
  };
}

async function memberOf(sql: Sql, email: string): Promise<string> {
  const [row] = await sql<{ id: string }[]>`select id from public.partner_members where email = ${email}`;
  return String(row?.id);
}

describe('an undo while a member comes back', () => {
  it.each([
    [
      'before its ledger is written',
      `before update on public.partner_members for each row when (new.email = 'stay@race.example')`,
    ],
    ['after its ledger is written', 'before update of credits on public.users for each row'],
  ])('%s, leaves the member without the credits that were taken back', async (_when, trigger) => {
    const sql = database.sql();
    const goOn = await undoPausedAt(await uploadOfTwo(), trigger);
    const added = addMember('back@race.example');
    await Promise.race([added, pause(150)]);
    expect(await goOn()).toMatchObject({ outcome: 'undone', credits: 5, members: 2, remaining: 0 });
    await added;
    expect(await brokenInvariants(sql)).toEqual([]);
    const member = await memberOf(sql, 'back@race.example');
    expect(await sumOf(sql, member)).toBe(0);
    const linked = await sql`select kind from public.credit_allocations where member_id = ${member} order by kind`;
    expect(linked.map((row) => row['kind'])).toEqual(['allocation', 'revocation']);
    // What was given goes with the member; nobody inherits a revocation of it at the old e-mail.
    await asService(`update public.partner_members set email = 'new@race.example' where id = '${member}'`);
    await addMember('back@race.example');
    expect(await sumOf(sql, await memberOf(sql, 'back@race.example'))).toBe(0);
    expect(await brokenInvariants(sql)).toEqual([]);
    expect(await balanceOf(sql, demoPartner)).toBe(1000);
  });

  it('holds the member, too, that came back while it waited for others', async () => {
    const sql = database.sql();
    const id = await uploadOfTwo();
    const holder = await sql.reserve();
    await holder`begin`;
    await holder`select from public.partner_members where email = 'stay@race.example' for no key update`;
    const undone = callFunction(sql, partner(demoPartner), 'undo_member_upload', {
      p_request_id: randomUUID(),
      p_upload_id: id,
    });
    await untilSomebodyWaits(sql);
    await addMember('back@race.example');
    const member = await memberOf(sql, 'back@race.example');
    const second = await sql.reserve();
    await second`begin`;
    await second`select from public.partner_members where id = ${member} for no key update`;
    const [{ pid = 0 } = {}] = await second<{ pid?: number }[]>`select pg_backend_pid() as pid`;
    await holder`rollback`;
    holder.release();
    await untilSomebodyWaitsFor(sql, pid);
    const free = await second`
      select c.id from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
      where a.member_id = ${member} for no key update of c skip locked`;
    await second`rollback`;
    second.release();
    // Until it had the member, it took nothing of it.
    expect(free).toHaveLength(3);
    expect(await undone).toMatchObject({ outcome: 'undone', credits: 5 });
    expect(await sumOf(sql, member)).toBe(0);
    expect(await brokenInvariants(sql)).toEqual([]);
  });
});
