import { describe, expect, it } from 'vitest';
import { demoPartner, refusalOf } from './act-as.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

describe('S4: constraints and indexes', () => {
  it('allow an e-mail once a partner, however it is written', async () => {
    const insert = (email: string): Promise<unknown> =>
      database.sql()`insert into public.partner_members (partner_id, email) values (${demoPartner}, ${email})`.execute();
    await insert('Unique@New.example');
    expect((await refusalOf(insert(' unique@new.EXAMPLE '))).code).toBe('23505');
  });

  it.each([
    ['a negative balance', `update public.users set credits = -1 where role = 'partner'`],
    ['an unknown member status', `update public.partner_members set status = 'retired'`],
    ['negative credits of a member', `update public.partner_members set credits_assigned = -1`],
    ['an unknown credit status', `update public.partner_credits set status = 'lost'`],
    ['an e-mail of a credit in mixed case', `update public.partner_credits set employee_email = 'A@b.example'`],
  ])('refuse %s', async (_case, statement) => {
    expect((await refusalOf(database.sql().unsafe(statement).execute())).code).toBe('23514');
  });

  it.each([
    ['users', '(email)'],
    ['partner_members', '(email)'],
    ['partner_members', '(partner_id, email)'],
    ['partner_members', '(partner_id, status)'],
    ['partner_credits', '(employee_email, status, expires_at)'],
    ['partner_credits', '(partner_id, status)'],
  ])('%s has an index on %s', async (table, columns) => {
    const indexes = await database.sql()<{ indexdef: string }[]>`
      select indexdef from pg_catalog.pg_indexes where schemaname = 'public' and tablename = ${table}`;
    expect(indexes.some(({ indexdef }) => indexdef.endsWith(columns))).toBe(true);
  });

  it('every foreign key has an index that starts with its columns and is not partial', async () => {
    const bare = await database.sql()`
      select c.conrelid::regclass::text as relation, c.conname
      from pg_catalog.pg_constraint c
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace and not exists (
        select from pg_catalog.pg_index i
        where i.indrelid = c.conrelid and i.indpred is null
          and (i.indkey::int2[])[0:array_length(c.conkey, 1) - 1] @> c.conkey
      )`;
    expect(bare).toEqual([]);
  });

  it('every table and function is commented', async () => {
    const silent = await database.sql()`
      select c.oid::regclass::text as name from pg_catalog.pg_class c
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and obj_description(c.oid, 'pg_class') is null
      union all
      select p.oid::regprocedure::text from pg_catalog.pg_proc p
      where p.pronamespace::regnamespace::text in ('public', 'partner_private') and obj_description(p.oid, 'pg_proc') is null`;
    expect(silent).toEqual([]);
  });

  it('no function depends on the search path of its caller', async () => {
    const open = await database.sql()`
      select p.oid::regprocedure::text as name from pg_catalog.pg_proc p
      where p.pronamespace::regnamespace::text in ('public', 'partner_private')
        and not coalesce(p.proconfig, '{}') @> array['search_path=pg_catalog, pg_temp']`;
    expect(open).toEqual([]);
  });

  it('every function of ours says itself who executes it', async () => {
    // Without privileges of its own, a function is open to everyone.
    const silent = await database.sql()`
      select p.oid::regprocedure::text as name from pg_catalog.pg_proc p
      where p.pronamespace::regnamespace::text in ('public', 'partner_private') and p.proacl is null`;
    expect(silent).toEqual([]);
  });

  it('a balance that moves writes no index of users', async () => {
    const moves = await database.sql().begin(async (transaction) => {
      await transaction`update public.users set credits = credits + 1 where id = ${demoPartner}`;
      return transaction`
        select pg_stat_get_xact_tuples_updated('public.users'::regclass)::integer as updated,
          pg_stat_get_xact_tuples_hot_updated('public.users'::regclass)::integer as in_place`;
    });
    expect(moves).toEqual([{ updated: 1, in_place: 1 }]);
    const [users] =
      await database.sql()`select reloptions from pg_catalog.pg_class where oid = 'public.users'::regclass`;
    expect(users).toEqual({ reloptions: ['fillfactor=80'] });
  });

  it('the ledger takes no change but the link to a member, and loses nothing', async () => {
    const change = (statement: string): Promise<unknown> => database.sql().unsafe(statement).execute();
    const columns = await database.sql()<{ name: string }[]>`
      select column_name as name from information_schema.columns
      where table_schema = 'public' and table_name = 'credit_allocations'
        and column_name not in ('member_id', 'holder_email', 'change_txid') and is_generated = 'NEVER'`;
    expect(columns.length).toBeGreaterThan(10);
    for (const { name } of columns) {
      const value = {
        id: 'gen_random_uuid()',
        upload_id: 'gen_random_uuid()',
        corrects: 'id',
        partner_id: 'gen_random_uuid()',
      }[name];
      const other =
        value ??
        `(select case when pg_typeof(${name})::text like 'timestamp%' then '2001-01-01' when pg_typeof(${name})::text = 'integer' then '77' else 'changed' end)`;
      const type = await database.sql()<{ type: string }[]>`
        select format_type(atttypid, null) as type from pg_catalog.pg_attribute
        where attrelid = 'public.credit_allocations'::regclass and attname = ${name}`;
      const refusal = await refusalOf(
        change(
          `update public.credit_allocations set ${name} = (${other})::${String(type[0]?.type)} where kind = 'allocation'`,
        ),
      );
      expect({ name, ...refusal }).toMatchObject({ name, code: 'PT405', message: 'ledger_is_append_only' });
    }
    expect((await refusalOf(change('delete from public.credit_allocations'))).code).toBe('PT405');
    expect((await refusalOf(change('truncate public.credit_allocations cascade'))).code).toBe('PT405');
  });
});
