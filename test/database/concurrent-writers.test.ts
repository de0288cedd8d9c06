import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { connect } from '../backend/start-postgres.ts';
import { actAs, becomeCaller, callFunction, callWithin, demoPartner, partner, serviceRole } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { aMemberWith, brokenInvariants, setBalance, sumOf, untilSomebodyWaits, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const give = (email: string): Readonly<Record<string, Argument>> => ({
  p_partner_id: demoPartner,
  p_employee_email: email,
  p_employee_name: 'N',
  p_credits_count: 3,
});

describe('credits to an e-mail whose member is inserted at the same moment', () => {
  const sumByEmail = async (email: string): Promise<unknown> => {
    const [row] = await database.sql()`select credits_assigned from public.partner_members where email = ${email}`;
    return row?.['credits_assigned'];
  };

  it('wait for the member that is about to be committed', async () => {
    const writer = await database.sql().reserve();
    await writer`begin`;
    await writer`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'same@moment.example')`;
    const given = callFunction(
      database.sql(),
      partner(demoPartner),
      'allocate_partner_credit',
      give('same@moment.example'),
    );
    await untilSomebodyWaits(database.sql());
    await writer`commit`;
    writer.release();
    expect(await given).toBe(true);
    expect(await sumByEmail('same@moment.example')).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('are found by the member that comes while they are being given', async () => {
    const giver = connect(database.url());
    let inserted: Promise<unknown> = Promise.resolve();
    await giver.begin(async (transaction) => {
      await becomeCaller(transaction, partner(demoPartner));
      expect(await callWithin(transaction, 'allocate_partner_credit', give('same@moment.example'))).toBe(true);
      inserted =
        database.sql()`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'same@moment.example')`.execute();
      await untilSomebodyWaits(database.sql());
    });
    await inserted;
    await giver.end();
    expect(await sumByEmail('same@moment.example')).toBe(3);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('hold up no other member when theirs is known', async () => {
    await aMemberWith(database.sql(), demoPartner, 'known@moment.example');
    const giver = connect(database.url());
    await giver.begin(async (transaction) => {
      await becomeCaller(transaction, partner(demoPartner));
      expect(await callWithin(transaction, 'allocate_partner_credit', give('known@moment.example'))).toBe(true);
      await database.sql().begin(async (other) => {
        // Waiting for the lock would end as an error here instead of hanging.
        await other`set local lock_timeout = '2s'`;
        await other`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'other@moment.example')`;
      });
    });
    await giver.end();
    expect(await sumByEmail('known@moment.example')).toBe(3);
  });
});

describe('commands and outside writers at once', () => {
  it('lock members in the order of their ids, also where a trigger does it for whoever spends credits', async () => {
    const sql = database.sql();
    for (const name of 'edcba')
      await aMemberWith(sql, demoPartner, `${name}@order.example`, [{ credits: 1, days: 30 }]);
    const members = await sql<{ id: string }[]>`
      select id from public.partner_members where email like '%@order.example' order by id`;
    const holder = connect(database.url());
    const spender = connect(database.url());
    let spent: Promise<unknown> = Promise.resolve();
    await holder.begin(async (held) => {
      await held`select from public.partner_members where id = ${members[2]?.id ?? ''} for no key update`;
      spent =
        spender`update public.partner_credits set status = 'used' where employee_email like '%@order.example'`.execute();
      await untilSomebodyWaits(sql);
      // Those before the one it waits for are held by now, those behind it are not.
      const free = await sql<{ id: string }[]>`
        select id from public.partner_members where id in ${sql(members.map(({ id }) => id))} order by id for no key update skip locked`;
      expect(free.map(({ id }) => id)).toEqual(members.slice(3).map(({ id }) => id));
    });
    await spent;
    await Promise.all([holder.end(), spender.end()]);
  });

  /** Spends a credit of the one member, then of the other, in one transaction: against the order of the commands. */
  async function spendBackwards(
    prepare: (writer: Sql) => Promise<unknown>,
  ): Promise<{ errors: string[]; sums: number[] }> {
    const sql = database.sql();
    for (const name of 'ab') await aMemberWith(sql, demoPartner, `${name}@back.example`, [{ credits: 1, days: 30 }]);
    const ids = await sql<{ id: string; email: string }[]>`
      select id, email from public.partner_members where email like '%@back.example' order by id`;
    const request = {
      p_request_id: randomUUID(),
      p_member_ids: `{${ids.map(({ id }) => id).join(',')}}`,
      p_credits: 2,
    };
    const errors: string[] = [];
    // Whoever waits looks for a circle once, after that time: the command, which waits first, but not before there is one.
    await sql.unsafe(`alter database ${sql.options.database} set deadlock_timeout = '3s'`);
    const commands = connect(database.url(), 1);
    const assign = (): Promise<unknown> =>
      callFunction(commands, partner(demoPartner), 'assign_credits_to_members', request).catch((error: unknown) => {
        errors.push(error instanceof Error && 'code' in error ? String(error.code) : String(error));
        // As the console does: the same request once more.
        return callFunction(commands, partner(demoPartner), 'assign_credits_to_members', request);
      });
    const writer = await sql.reserve();
    let assigned: Promise<unknown> = Promise.resolve();
    await writer`begin`;
    await writer`set local deadlock_timeout = '60s'`;
    await prepare(writer);
    await writer`update public.partner_credits set status = 'used' where employee_email = ${ids[1]?.email ?? ''}`;
    assigned = assign();
    await untilSomebodyWaits(sql);
    await writer`update public.partner_credits set status = 'used' where employee_email = ${ids[0]?.email ?? ''}`;
    await writer`commit`;
    writer.release();
    expect(await assigned).toMatchObject({ outcome: 'assigned', members: 2, replayed: false });
    await commands.end();
    const sums = await Promise.all(ids.map(({ id }) => sumOf(sql, id)));
    expect(await brokenInvariants(sql)).toEqual([]);
    return { errors, sums };
  }

  it('that take members in another order may end a command, which acts once when it is sent again', async () => {
    expect(await spendBackwards(() => Promise.resolve())).toEqual({ errors: ['40P01'], sums: [3, 3] });
  });

  it('that lock the partner first, as the guide says, end none', async () => {
    const lock = (writer: Sql) => writer`select from public.users where id = ${demoPartner} for no key update`;
    expect(await spendBackwards(lock)).toEqual({ errors: [], sums: [3, 3] });
  });

  const members = 12;
  const rounds = 25;

  /** Answers of the database that are errors, by SQLSTATE. */
  async function errorsOf(workers: readonly ((sql: Sql, round: number) => Promise<unknown>)[]): Promise<string[]> {
    const sql = connect(database.url(), workers.length);
    const errors = await Promise.all(
      workers.map(async (work) => {
        const found: string[] = [];
        for (let round = 0; round < rounds; round += 1) {
          await work(sql, round).catch((error: unknown) => {
            found.push(
              error instanceof Error && 'code' in error ? `${String(error.code)} ${error.message}` : String(error),
            );
          });
        }
        return found;
      }),
    );
    await sql.end();
    return errors.flat();
  }

  it('never wait for each other in a circle', async () => {
    await setBalance(database.sql(), demoPartner, 50_000);
    const ids: string[] = [];
    for (let index = 0; index < members; index += 1) {
      ids.push(
        await aMemberWith(database.sql(), demoPartner, `m${String(index)}@circle.example`, [{ credits: 40, days: 30 }]),
      );
    }
    const command = (sql: Sql, name: string, args: Readonly<Record<string, Argument>>): Promise<unknown> =>
      callFunction(sql, partner(demoPartner), name, { p_request_id: randomUUID(), ...args });
    const member = (round: number): string => ids[round % members] ?? '';
    // A credit of every member in one statement. The two spenders take different credits.
    const spend = (sql: Sql, half: string): Promise<unknown> =>
      actAs(sql, serviceRole, (transaction) =>
        transaction.unsafe(`update public.partner_credits set status = 'used' where status = 'available' and id in (
          select distinct on (employee_email) id from public.partner_credits
          where employee_email like '%@circle.example' and status = 'available' and id::text ${half} '8' order by employee_email)`),
      );
    const errors = await errorsOf([
      (sql) => command(sql, 'assign_credits_to_members', { p_member_ids: `{${ids.join(',')}}`, p_credits: 1 }),
      (sql) =>
        command(sql, 'assign_credits_to_members', { p_member_ids: `{${ids.toReversed().join(',')}}`, p_credits: 1 }),
      (sql, round) => command(sql, 'assign_member_credits', { p_member_id: member(round), p_credits: 2 }),
      (sql, round) => command(sql, 'revoke_member_credits', { p_member_id: member(round * 5), p_credits: 2 }),
      (sql, round) => command(sql, 'extend_member_credits', { p_member_id: member(round * 7), p_days: 1 }),
      (sql, round) =>
        command(sql, 'update_member', {
          p_member_id: member(round),
          p_email: `m${String(round % members)}-${String(round)}@circle.example`,
        }),
      (sql, round) =>
        command(sql, 'set_member_status', {
          p_member_id: member(round * 3),
          p_status: round % 2 === 0 ? 'inactive' : 'active',
        }),
      (sql, round) =>
        callFunction(sql, partner(demoPartner), 'upload_members', {
          p_upload_id: randomUUID(),
          p_file_name: 'x',
          p_rows: ids.map((_, index) =>
            uploadRow(index + 1, `m${String((index * 5 + round) % members)}@circle.example`, { credits: 1 }),
          ),
        }),
      (sql, round) =>
        callFunction(
          sql,
          partner(demoPartner),
          'allocate_partner_credit',
          give(`m${String(round % members)}@circle.example`),
        ),
      (sql) => sql`select partner_private.maintain(50)`,
      (sql) => spend(sql, '<'),
      (sql) => spend(sql, '>='),
      (sql, round) =>
        actAs(
          sql,
          serviceRole,
          (transaction) => transaction`
          update public.partner_members set first_name = ${`N${String(round)}`} where id = ${member(round * 11)}`,
        ),
      (sql, round) =>
        actAs(
          sql,
          serviceRole,
          (transaction) => transaction`
          insert into public.partner_members (partner_id, email) values (${demoPartner}, ${`new${String(round)}@circle.example`})`,
        ),
    ]);
    expect(errors).toEqual([]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
    for (const id of ids) expect(await sumOf(database.sql(), id)).toBeGreaterThan(0);
  });
});
