import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { connect } from '../backend/start-postgres.ts';
import { actAs, callFunction, callWithin, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { balanceOf, brokenInvariants, countRows, setBalance, untilSomebodyWaits, uploadRow } from './facts.ts';
import { newRows, stagings } from './stagings.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const { stage, commit } = stagings(database);

/** Everything of the partner that a commit may change. */
async function stateOf(sql: Sql): Promise<unknown> {
  const [row] = await sql`
    select (select credits from public.users where id = ${demoPartner}) as balance,
      (select jsonb_agg(m order by m.id) from public.partner_members m) as members,
      (select count(*)::int from public.credit_allocations) as entries,
      (select count(*)::int from public.partner_credits) as credits,
      (select count(*)::int from public.member_upload_rows) as receipts`;
  return row;
}

/** What an upload came to, row by row, without the ids and moments that differ from run to run. */
const resultOf = (sql: Pick<Sql, 'unsafe'>, uploadId: string): Promise<unknown[]> =>
  sql
    .unsafe(
      `select r.row_no, r.outcome, r.reason, r.credits, r.credits_assigned, m.email, m.first_name, m.status, a.balance_before,
         a.balance_after, a.source, a.actor, a.employee_email, a.upload_row,
         case when r.expires_at::time = '23:59:59.999' then r.expires_at::text else (r.expires_at - r.created_at)::text end as lasts,
         (select count(*)::int from public.partner_credits c
          where c.allocation_id = a.id and c.expires_at = a.expires_at and c.employee_name = m.first_name) as stored
       from public.member_upload_rows r
       left join public.partner_members m on m.id = r.member_id
       left join public.credit_allocations a on a.id = r.allocation_id
       where r.upload_id = $1 order by r.row_no`,
      [uploadId],
    )
    .then((rows) => [...rows]);

describe('a staged upload that is committed', () => {
  it('comes to the same, row by row, as upload_members with the same file', async () => {
    const sql = database.sql();
    const [inactive] = await sql<{ email: string }[]>`
      select email from public.partner_members where partner_id = ${demoPartner} and status = 'inactive' limit 1`;
    const [day] = await sql<{ day: string }[]>`select (current_date + 40)::text as day`;
    const rows = [
      uploadRow(7, ' New.Person@Firma.example', { first_name: ' Nele ', credits: 3, validity_days: 10 }),
      uploadRow(8, 'anna.schneider@nordlicht-werke.example', { credits: 2 }),
      uploadRow(9, 'emre.yilmaz@nordlicht-werke.example', { first_name: 'Emre Can' }),
      uploadRow(10, 'chloe.martin@nordlicht-werke.example'),
      uploadRow(11, 'new.person@firma.example', { credits: 4, expires_on: String(day?.day) }),
      uploadRow(12, inactive?.email ?? '', { first_name: 'Away' }),
      uploadRow(13, 'NEW.person@firma.example', { first_name: 'Nele' }),
      uploadRow(14, 'new.person@firma.example', { first_name: 'Last' }),
      uploadRow(15, 'new.person@firma.example', { first_name: 'Last' }),
    ];
    const id = randomUUID();
    let sent: unknown[] = [];
    const undone = await refusalOf(
      actAs(sql, partner(demoPartner), async (transaction) => {
        await callWithin(transaction, 'upload_members', { p_upload_id: id, p_file_name: 'x', p_rows: rows });
        await transaction`reset role`;
        sent = await resultOf(transaction, id);
        await transaction`do $$ begin raise exception 'undo' using errcode = 'PT000'; end $$`;
      }),
    );
    expect(undone.code).toBe('PT000');
    expect(sent.map((row) => z.looseObject({ outcome: z.string() }).parse(row).outcome)).toEqual([
      'created',
      'updated',
      'updated',
      'unchanged',
      'updated',
      'updated',
      'unchanged',
      'updated',
      'unchanged',
    ]);

    // Staged out of order and in pieces: they act in the order of their numbers.
    await stage(id, rows.slice(4).toReversed());
    expect((await stage(id, rows.slice(0, 4))).staged_total).toBe(9);
    expect(await commit(id)).toEqual({
      outcome: 'committed',
      rows: 9,
      created: 1,
      updated: 5,
      unchanged: 3,
      credits: 9,
      before: { balance: 1000 },
      after: { balance: 991 },
      balance: 991,
      replayed: false,
    });
    expect(await resultOf(sql, id)).toEqual(sent);
    expect(await countRows(sql, 'public.staged_upload_rows')).toBe(0);
    expect(await brokenInvariants(sql)).toEqual([]);
  });

  it('has had no effect before', async () => {
    const before = await stateOf(database.sql());
    const id = randomUUID();
    const answer = await stage(id, [...newRows(3), uploadRow(4, 'no@@address')]);
    expect(answer.rows.map((row) => row.reason ?? row.outcome)).toEqual([
      'staged',
      'staged',
      'staged',
      'invalid_email',
    ]);
    expect(answer).toMatchObject({ staged_total: 4, rows: [{}, {}, {}, { outcome: 'refused', field: 'email' }] });
    expect(await stateOf(database.sql())).toEqual(before);
  });

  it('answers the same again, its rows too, and takes no others', async () => {
    const id = randomUUID();
    await stage(id, newRows(3));
    const first = await commit(id);
    const before = await stateOf(database.sql());
    expect(await commit(id)).toEqual({ ...first, replayed: true });
    const again = await stage(id, newRows(3));
    expect(again.rows.map((row) => [row.outcome, row.replayed])).toEqual(Array(3).fill(['staged', true]));
    const refusal = await refusalOf(stage(id, newRows(4)));
    expect(refusal).toMatchObject({ code: 'PT409', message: 'upload_is_closed' });
    expect(await stateOf(database.sql())).toEqual(before);
  });

  it('is not taken for committed when another command was answered under its id', async () => {
    const id = randomUUID();
    await callFunction(database.sql(), partner(demoPartner), 'set_member_status', {
      p_request_id: id,
      p_member_id: randomUUID(),
      p_status: 'active',
    });
    expect((await stage(id, newRows(1))).rows).toMatchObject([{ outcome: 'staged' }]);
    expect(await refusalOf(commit(id))).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
  });
});

describe('a commit that is refused does nothing, and is answered the same again', () => {
  it.each<[string, Argument[], (answer: object) => void]>([
    [
      'for rows that are wrong',
      [...newRows(2), uploadRow(3, 'no@@address', { credits: 1 }), uploadRow(4, 'p9@whole.example', { credits: -1 })],
      (answer) => {
        expect(answer).toMatchObject({
          outcome: 'rows_refused',
          refused_total: 2,
          refused: [
            { row: 3, reason: 'invalid_email', field: 'email' },
            { row: 4, reason: 'invalid_credits', field: 'credits' },
          ],
        });
      },
    ],
    [
      'for a member who is inactive, also behind the row that the balance does not pay',
      [...newRows(2, 600), uploadRow(3, 'INACTIVE', { credits: 1 })],
      (answer) => {
        expect(answer).toMatchObject({
          outcome: 'rows_refused',
          refused_total: 1,
          refused: [{ row: 3, reason: 'member_inactive', field: 'email' }],
        });
      },
    ],
    [
      'for want of credits',
      newRows(4, 400),
      (answer) => {
        expect(answer).toMatchObject({ outcome: 'insufficient_credits', shortfall: 600, row: 3 });
      },
    ],
  ])('%s', async (_case, rows, judge) => {
    const sql = database.sql();
    const [inactive] = await sql<{ email: string }[]>`
      select email from public.partner_members where partner_id = ${demoPartner} and status = 'inactive' limit 1`;
    const file = JSON.parse(JSON.stringify(rows).replaceAll('INACTIVE', inactive?.email ?? '')) as Argument;
    const id = randomUUID();
    await stage(id, file);
    const before = await stateOf(sql);
    const answer = await commit(id);
    judge(answer);
    expect(answer).toMatchObject({ balance: 1000, replayed: false });
    expect(await stateOf(sql)).toEqual(before);
    await setBalance(sql, demoPartner, 50_000);
    await sql`update public.partner_members set status = 'active' where partner_id = ${demoPartner}`;
    expect(await commit(id)).toEqual({ ...answer, replayed: true });
    expect(await countRows(sql, 'public.member_upload_rows')).toBe(0);
  });

  it('for a day that is over by now', async () => {
    const id = randomUUID();
    await stage(id, [uploadRow(1, 'late@whole.example', { credits: 1, expires_on: '2030-01-01' })]);
    await database.sql()`update public.staged_upload_rows set expires_at = now() - interval '1 second'`;
    expect(await commit(id)).toMatchObject({
      outcome: 'rows_refused',
      refused: [{ row: 1, reason: 'invalid_validity', field: 'expires_on' }],
    });
  });

  it('names the first thousand of very many refused rows', async () => {
    const id = randomUUID();
    await stage(
      id,
      Array.from({ length: 1_200 }, (_, index) => uploadRow(index + 1, 'no address')),
    );
    const answer = z
      .looseObject({ refused: z.array(z.looseObject({ row: z.int() })), refused_total: z.int() })
      .parse(await commit(id));
    expect(answer.refused_total).toBe(1_200);
    expect(answer.refused.map((row) => row.row)).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
  });

  it('but is not recorded where it is no request yet, or one too many', async () => {
    const id = randomUUID();
    expect(await commit(id)).toEqual({ outcome: 'upload_not_staged', balance: 1000, replayed: false });
    await setBalance(database.sql(), demoPartner, 300_000);
    await stage(id, newRows(2, 50_001));
    const refusal = await refusalOf(commit(id));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 100_000, requested: 100_002 });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(300_000);
    expect(await countRows(database.sql(), 'public.command_receipts')).toBe(0);
  });
});

describe('staging', () => {
  it('knows a row again, however the rows are cut into calls, and refuses another one under its number', async () => {
    const id = randomUUID();
    const rows = [...newRows(3), uploadRow(4, 'no address')];
    await stage(id, rows.slice(0, 2));
    expect((await stage(id, rows)).rows.map((row) => row.replayed)).toEqual([true, true, false, false]);
    const again = await stage(id, rows.slice(2));
    expect(again.rows.map((row) => [row.outcome, row.reason, row.replayed])).toEqual([
      ['staged', null, true],
      ['refused', 'invalid_email', true],
    ]);
    expect(again.staged_total).toBe(4);
    const refusal = await refusalOf(stage(id, [uploadRow(5, 'five@whole.example'), uploadRow(2, 'two@whole.example')]));
    expect(refusal).toMatchObject({ code: 'PT409', message: 'request_id_reused' });
    expect(JSON.parse(refusal.detail)).toEqual({ upload_id: id, row: 2 });
    expect(await countRows(database.sql(), 'public.staged_upload_rows')).toBe(4);
  });

  it('keeps nothing of a refused row but why', async () => {
    await stage(randomUUID(), [uploadRow(1, 'x'.repeat(100_000), { first_name: 'y'.repeat(100_000) })]);
    const [row] = await database.sql()`select email, first_name, reason from public.staged_upload_rows`;
    expect(row).toEqual({ email: null, first_name: null, reason: 'invalid_email' });
  });

  it('takes 5,000 rows a call and 50,000 an upload, and not one more', async () => {
    const id = randomUUID();
    const rows = (from: number, count: number): Argument =>
      Array.from({ length: count }, (_, index) => uploadRow(from + index, 'no address'));
    expect(await refusalOf(stage(id, rows(1, 5_001)))).toMatchObject({ code: 'PT413', message: 'too_many_rows' });
    for (let from = 1; from <= 50_000; from += 5_000) await stage(id, rows(from, 5_000));
    const refusal = await refusalOf(stage(id, rows(50_001, 1)));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_rows' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 50_000, requested: 50_001 });
    // Rows that are known are no more rows.
    expect((await stage(id, rows(1, 5_000))).staged_total).toBe(50_000);
  });

  it('and sending do not mix in one upload', async () => {
    const [staged, sent] = [randomUUID(), randomUUID()];
    const upload = (id: string): Promise<unknown> =>
      callFunction(database.sql(), partner(demoPartner), 'upload_members', {
        p_upload_id: id,
        p_file_name: 'x',
        p_rows: newRows(1),
      });
    await stage(staged, newRows(1));
    await upload(sent);
    expect(await refusalOf(upload(staged))).toMatchObject({ code: 'PT409', message: 'upload_is_staged' });
    expect(await refusalOf(stage(sent, newRows(1)))).toMatchObject({ code: 'PT409', message: 'upload_is_sent' });
    expect(await refusalOf(commit(sent))).toMatchObject({ code: 'PT409', message: 'upload_is_sent' });
    await commit(staged);
    expect(await refusalOf(upload(staged))).toMatchObject({ code: 'PT409', message: 'upload_is_staged' });
  });

  it("keeps another partner's upload of the same id apart", async () => {
    const id = randomUUID();
    await stage(id, newRows(2));
    expect(await commit(id, otherPartner)).toEqual({ outcome: 'upload_not_staged', balance: 250, replayed: false });
    expect((await stage(id, newRows(1), otherPartner)).rows[0]?.replayed).toBe(false);
    expect(await commit(id, otherPartner)).toMatchObject({ outcome: 'committed', rows: 1, balance: 249 });
    expect(await commit(id)).toMatchObject({ outcome: 'committed', rows: 2, balance: 998 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});

describe('commits at the same moment', () => {
  it('of one upload have one effect: 20 at once', async () => {
    const id = randomUUID();
    await stage(id, newRows(50));
    const many = connect(database.url(), 20);
    const answers = await Promise.all(Array.from({ length: 20 }, () => commit(id, demoPartner, many)));
    await many.end();
    expect(answers.filter((answer) => !answer.replayed)).toHaveLength(1);
    expect(new Set(answers.map((answer) => JSON.stringify({ ...answer, replayed: null }))).size).toBe(1);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(950);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('and allocations share one balance, which neither overdraws', async () => {
    const many = connect(database.url(), 20);
    for (const balance of [35, 45, 60]) {
      await setBalance(database.sql(), demoPartner, balance);
      const id = randomUUID();
      await stage(id, newRows(30));
      const [answer, ...granted] = await Promise.all([
        commit(id, demoPartner, many),
        ...Array.from({ length: 19 }, (_, call) =>
          callFunction(many, partner(demoPartner), 'allocate_partner_credit', {
            p_partner_id: demoPartner,
            p_employee_email: `a${String(call)}@whole.example`,
            p_employee_name: 'A',
            p_credits_count: 1,
          }),
        ),
      ]);
      const spent = granted.filter((it) => it === true).length + (answer.outcome === 'committed' ? 30 : 0);
      expect(['committed', 'insufficient_credits']).toContain(answer.outcome);
      expect(await balanceOf(database.sql(), demoPartner)).toBe(balance - spent);
      expect(await brokenInvariants(database.sql())).toEqual([]);
    }
    await many.end();
  });

  it('leave nothing behind when the connection dies half-way, and may be asked again', async () => {
    const sql = database.sql();
    const id = randomUUID();
    await stage(id, newRows(200));
    const before = await stateOf(sql);
    // Receipts come last: with that table locked, members and credits are written and the commit waits.
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held`lock table public.member_upload_rows in share mode`;
    const [backend] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
    const claims = JSON.stringify({ role: 'authenticated', sub: demoPartner });
    const lost = session
      .unsafe(
        `begin; select set_config('request.jwt.claims', '${claims}', true); set local role authenticated;
         select public.commit_member_upload('${id}'); commit`,
      )
      .then(
        () => 'committed',
        () => 'lost',
      );
    await untilSomebodyWaits(sql);
    await sql`select pg_terminate_backend(${backend?.pid ?? 0})`;
    expect(await lost).toBe('lost');
    await held`rollback`;
    held.release();
    await Promise.all([holder.end(), session.end({ timeout: 1 })]);
    expect(await stateOf(sql)).toEqual(before);
    expect(await commit(id)).toMatchObject({ outcome: 'committed', rows: 200, balance: 800, replayed: false });
    expect(await brokenInvariants(sql)).toEqual([]);
  });
});
