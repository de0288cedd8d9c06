import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { demoPartner, otherPartner, refusalOf } from './act-as.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

const nowhere = `'00000000-0000-4000-8000-00000000dead'`;
const ledgerColumns = 'partner_id, kind, employee_email, credits, expires_at, source, balance_before, balance_after';
const entry = (values: string): string =>
  `insert into public.credit_allocations (${ledgerColumns}) values ('${demoPartner}', ${values})`;

/**
 * Every constraint of schema public but the keys, with a statement that breaks it and nothing else. The triggers that
 * would mend or refuse it first are off: a constraint is what holds where they are not looking.
 */
const breaking: Readonly<Record<string, string>> = {
  command_receipts_partner: `update public.command_receipts set partner_id = ${nowhere}`,
  credit_allocations_balance_moves: entry(`'allocation', 'a@b.example', 5, now(), 'console', 10, 6`),
  credit_allocations_corrects: `update public.credit_allocations set corrects = ${nowhere}`,
  credit_allocations_credits_sign: entry(`'allocation', 'a@b.example', 0, now(), 'console', 10, 10`),
  credit_allocations_finite_expiry: entry(`'allocation', 'a@b.example', 5, 'infinity', 'console', 10, 5`),
  credit_allocations_known_kind: entry(`'gift', 'a@b.example', 5, now(), 'console', 10, 10`),
  credit_allocations_known_source: entry(`'allocation', 'a@b.example', 5, now(), 'fax', 10, 5`),
  credit_allocations_member: `update public.credit_allocations set member_id = ${nowhere}`,
  credit_allocations_names_employee: entry(`'allocation', null, 5, now(), 'console', 10, 5`),
  credit_allocations_partner: `update public.credit_allocations set partner_id = ${nowhere} where kind = 'allocation'`,
  member_upload_answers_upload: `update public.member_upload_answers set upload_id = ${nowhere}`,
  member_upload_rows_known_outcome: `update public.member_upload_rows set outcome = 'lost'`,
  member_upload_rows_reason_of_refusal: `update public.member_upload_rows set outcome = 'refused', reason = null`,
  member_upload_rows_upload: `update public.member_upload_rows set upload_id = ${nowhere}`,
  member_uploads_partner: `insert into public.member_uploads (partner_id, id, file_name) values (${nowhere}, gen_random_uuid(), 'x')`,
  partner_credits_allocation: `update public.partner_credits set allocation_id = ${nowhere}`,
  partner_credits_email_normalised: `update public.partner_credits set employee_email = 'A@b.example'`,
  partner_credits_finite_expiry: `update public.partner_credits set expires_at = '-infinity'`,
  partner_credits_known_status: `update public.partner_credits set status = 'lost'`,
  partner_credits_partner: `update public.partner_credits set partner_id = ${nowhere}`,
  partner_members_credits_not_negative: `update public.partner_members set credits_assigned = -1`,
  partner_members_email_normalised: `update public.partner_members set email = 'A' || email`,
  partner_members_email_once: `insert into public.partner_members (partner_id, email) select partner_id, email from public.partner_members`,
  partner_members_finite_creation: `update public.partner_members set created_at = 'infinity'`,
  partner_members_known_status: `update public.partner_members set status = 'retired'`,
  partner_members_partner: `update public.partner_members set partner_id = ${nowhere} where user_id is null`,
  partner_members_user: `update public.partner_members set user_id = ${nowhere}`,
  removed_members_partner: `insert into public.removed_members (partner_id, member_id) values (${nowhere}, gen_random_uuid())`,
  sessions_finite_schedule: `update public.sessions set scheduled_at = 'infinity'`,
  sessions_user: `update public.sessions set user_id = ${nowhere}`,
  staged_upload_rows_accepted_or_refused: `update public.staged_upload_rows set reason = 'invalid_email'`,
  staged_upload_rows_upload: `update public.staged_upload_rows set upload_id = ${nowhere}`,
  users_credits_not_negative: `update public.users set credits = -1`,
  users_id_account: `insert into public.users (id, email) values (${nowhere}, 'a@b.example')`,
};

/** A row where the demo data has none. */
async function addRows(sql: Sql): Promise<void> {
  await sql`
    insert into public.command_receipts (partner_id, id, command, request_digest, response)
    values (${demoPartner}, gen_random_uuid(), 'assign_member_credits', '\\x00', '{}')`;
  await sql`insert into public.member_uploads (partner_id, id, file_name) values (${demoPartner}, ${otherPartner}, 'x')`;
  await sql`
    insert into public.member_upload_rows (partner_id, upload_id, row_no, request_digest, outcome)
    values (${demoPartner}, ${otherPartner}, 1, '\\x00', 'created')`;
  await sql`
    insert into public.member_upload_answers (partner_id, upload_id, request_digest, rows)
    values (${demoPartner}, ${otherPartner}, '\\x00', '[]')`;
  await sql`
    insert into public.staged_upload_rows (partner_id, upload_id, row_no, request_digest, email, credits, validity_days)
    values (${demoPartner}, ${otherPartner}, 1, '\\x00', 'a@b.example', 1, 90)`;
}

async function breakIt(sql: Sql, statement: string): Promise<void> {
  await sql.begin(async (transaction) => {
    const tables = await transaction<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_catalog.pg_tables where schemaname = 'public'`;
    for (const { name } of tables) await transaction.unsafe(`alter table ${name} disable trigger user`);
    await transaction.unsafe(statement);
  });
}

describe('constraints', () => {
  it('are all broken by a statement here', async () => {
    const stand = await database.sql()<{ name: string }[]>`
      select conname as name from pg_catalog.pg_constraint
      where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u', 'x') order by 1`;
    expect(Object.keys(breaking).toSorted()).toEqual(stand.map((row) => row.name));
  });

  it.each(Object.entries(breaking))('%s refuses what breaks it', async (constraint, statement) => {
    await addRows(database.sql());
    expect((await refusalOf(breakIt(database.sql(), statement))).message).toContain(`constraint "${constraint}"`);
  });

  it('a credit without an allocation is refused', async () => {
    const refusal = await refusalOf(breakIt(database.sql(), 'update public.partner_credits set allocation_id = null'));
    expect(refusal).toMatchObject({ code: '23502' });
  });

  it('one opening of a ledger stands, and no second one', async () => {
    const refusal = await refusalOf(
      breakIt(
        database.sql(),
        entry(`'opening', null, 5, null, 'balance', 0, 5`).concat(
          ', ',
          `('${demoPartner}', 'opening', null, 5, null, 'balance', 0, 5)`,
        ),
      ),
    );
    expect(refusal.message).toContain('credit_allocations_one_opening_idx');
  });
});
