import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, nobody, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { anActiveMember, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function detailOf(name: string, args: Readonly<Record<string, Argument>>): Promise<unknown> {
  const refusal = await refusalOf(callFunction(database.sql(), partner(demoPartner), name, args));
  return { message: refusal.message, ...(JSON.parse(refusal.detail) as object) };
}

const upload = (rows: readonly Argument[] | Argument): Promise<unknown> =>
  detailOf('upload_members', { p_upload_id: randomUUID(), p_file_name: 'x', p_rows: rows as Argument });
const assignTo = (ids: readonly string[]): Promise<unknown> =>
  detailOf('assign_credits_to_members', {
    p_request_id: randomUUID(),
    p_member_ids: `{${ids.join(',')}}`,
    p_credits: 1,
  });
const command = (requestId: string | null): Record<string, Argument> => ({
  request_id: requestId,
  member_id: randomUUID(),
  credits: 1,
  validity_days: 1,
  note: null,
});
const row = (number: number): ReturnType<typeof uploadRow> => uploadRow(number, 'a@b.example');
const twenty = Array.from({ length: 20 }, (_, index) => index + 1);

describe('the details of an error', () => {
  it('stand at every error that a function raises', async () => {
    const sources = await database.sql()<{ name: string; prosrc: string }[]>`
      select proname as name, prosrc from pg_catalog.pg_proc
      where pronamespace in ('partner_private'::regnamespace, 'public'::regnamespace)`;
    const raised = sources.flatMap(({ name, prosrc }) =>
      Array.from(prosrc.matchAll(/raise exception[^;]*;/g), ([statement]) => ({ name, statement })),
    );
    expect(raised.length).toBeGreaterThan(30);
    expect(raised.filter(({ statement }) => !/\bdetail = /.test(statement))).toEqual([]);
  });

  it('say which rows of an upload are meant, twenty at most', async () => {
    expect(await upload([row(3), row(7), row(3), row(1), row(7), row(7)])).toEqual({
      message: 'duplicate_rows',
      field: 'row',
      rows: [3, 7],
    });
    const many = Array.from({ length: 25 }, (_, index) => row(index + 1));
    expect(await upload([...many, ...many])).toMatchObject({ rows: twenty });
    expect(await upload([row(5), row(0), row(6), { email: 'a@b.example' }])).toEqual({
      message: 'invalid_rows',
      field: 'row',
      places: [2, 4],
    });
    expect(await upload(many.map(() => row(0)))).toMatchObject({ places: twenty });
    const long = uploadRow(9, 'a@b.example', { credits: 1e300 });
    expect(await upload([row(8), long])).toEqual({
      message: 'invalid_rows',
      reason: 'number_too_long',
      places: [2],
    });
    expect(await upload(many.map(() => long))).toMatchObject({ places: twenty });
    expect(await upload({ row: 1 })).toEqual({ message: 'invalid_rows', reason: 'not_a_list' });
  });

  it('say which members and commands are meant, twenty at most', async () => {
    const id = await anActiveMember(database.sql(), demoPartner);
    expect(await assignTo([id, randomUUID(), id])).toEqual({ message: 'duplicate_members', member_ids: [id] });
    expect(await assignTo([id, 'null'])).toEqual({ message: 'invalid_members', field: 'p_member_ids' });
    const send = (commands: readonly Argument[] | Argument): Promise<unknown> =>
      detailOf('send_assignments', { p_commands: commands as Argument });
    const [one, two] = [randomUUID(), randomUUID()];
    expect(await send([command(one), command(two), command(one.toUpperCase())])).toEqual({
      message: 'duplicate_requests',
      request_ids: [one],
    });
    expect(await send([command(one), command(null), 7])).toEqual({ message: 'invalid_commands', places: [2, 3] });
    expect(await send(Array.from({ length: 25 }, () => command(null)))).toMatchObject({ places: twenty });
    expect(await send(7)).toEqual({ message: 'invalid_commands', reason: 'not_a_list' });
  });

  it('say which argument is meant, and who is no partner', async () => {
    expect(await detailOf('partner_changes', { p_cursor: 'x' })).toMatchObject({ field: 'p_cursor' });
    expect(await detailOf('command_outcomes', { p_request_ids: null })).toMatchObject({ field: 'p_request_ids' });
    const rows = { p_id: randomUUID(), p_first_row: 1, p_last_row: null };
    expect(await detailOf('upload_outcomes', rows)).toMatchObject({ field: 'p_last_row' });
    const member = { p_member_id: randomUUID(), p_days: 1 };
    expect(await detailOf('extend_member_credits', { p_request_id: null, ...member })).toMatchObject({
      field: 'p_request_id',
    });
    const stranger = randomUUID();
    const asked = callFunction(database.sql(), partner(stranger), 'partner_dashboard');
    expect(JSON.parse((await refusalOf(asked)).detail)).toEqual({ user_id: stranger });
    const signedOut = callFunction(database.sql(), { ...nobody, role: 'authenticated' }, 'partner_dashboard');
    expect(await refusalOf(signedOut)).toMatchObject({ message: 'not_signed_in', detail: '{}' });
  });
});

it('a change of the ledger says of which row', async () => {
  const [entry] = await database.sql()<{ id: string }[]>`select id from public.credit_allocations limit 1`;
  const id = String(entry?.id);
  const change = (statement: string): Promise<unknown> =>
    refusalOf(Promise.resolve(database.sql().unsafe(statement))).then(({ detail }) => JSON.parse(detail) as unknown);
  expect(await change(`delete from public.credit_allocations where id = '${id}'`)).toEqual({ allocation_id: id });
  expect(await change('truncate public.credit_allocations cascade')).toEqual({});
});
