import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  becomeCaller,
  callFunction,
  callWithin,
  demoPartner,
  nobody,
  otherPartner,
  partner,
  refusalOf,
} from './act-as.ts';
import { balanceOf, brokenInvariants, lotsOf, sumOf, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function upload(
  rows: readonly ReturnType<typeof uploadRow>[],
  fileName = 'members.csv',
  partnerId = demoPartner,
): Promise<string> {
  const id = randomUUID();
  await callFunction(database.sql(), partner(partnerId), 'upload_members', {
    p_upload_id: id,
    p_file_name: fileName,
    p_rows: rows,
  });
  return id;
}

const undo = (uploadId: string | null, reason: string | null = null, requestId = randomUUID()): Promise<unknown> =>
  callFunction(database.sql(), partner(demoPartner), 'undo_member_upload', {
    p_request_id: requestId,
    p_upload_id: uploadId,
    p_reason: reason,
  });

const list = (args: Readonly<Record<string, string | number | null>> = {}, partnerId = demoPartner): Promise<unknown> =>
  callFunction(database.sql(), partner(partnerId), 'list_member_uploads', args);

async function memberOf(email: string): Promise<string> {
  const [row] = await database.sql()<
    { id: string }[]
  >`select id from public.partner_members where partner_id = ${demoPartner} and email = ${email}`;
  if (row === undefined) throw new Error('no such member');
  return row.id;
}

/** Two members with 3 and 2 credits of one file. */
const twoMembers = (): Promise<string> =>
  upload([
    uploadRow(1, 'one@undo.example', { credits: 3, first_name: 'One', validity_days: 30 }),
    uploadRow(2, 'two@undo.example', { credits: 2, validity_days: 60 }),
    uploadRow(3, 'three@undo.example'),
    uploadRow(4, 'not an address', { credits: 1 }),
  ]);

describe('undo_member_upload', () => {
  it('gives every unspent credit of the upload back, with a row of the ledger for each allocation', async () => {
    const id = await twoMembers();
    expect(await balanceOf(database.sql(), demoPartner)).toBe(995);
    const answer = await undo(id, ' Wrong file ');
    expect(answer).toEqual({
      outcome: 'undone',
      upload_id: id,
      credits: 5,
      members: 2,
      used: 0,
      expired: 0,
      remaining: 0,
      before: { balance: 995 },
      after: { balance: 1000 },
      balance: 1000,
      replayed: false,
    });
    const one = await memberOf('one@undo.example');
    expect(await lotsOf(database.sql(), one)).toEqual(['revoked 30: 3']);
    expect(await sumOf(database.sql(), one)).toBe(0);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1000);
    const ledger = await database.sql()`
      select r.credits, r.reason, r.source, r.actor, r.member_id = a.member_id as same_member, r.expires_at = a.expires_at as same_expiry
      from public.credit_allocations r join public.credit_allocations a on a.id = r.corrects
      where a.upload_id = ${id} and r.kind = 'revocation' order by r.credits`;
    const common = {
      reason: 'Wrong file',
      source: 'console',
      actor: 'demo@partner-console.example',
      same_member: true,
      same_expiry: true,
    };
    expect([...ledger]).toEqual([
      { credits: 2, ...common },
      { credits: 3, ...common },
    ]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('leaves what is spent, what has expired and what other uploads gave', async () => {
    const id = await twoMembers();
    await upload([uploadRow(1, 'one@undo.example', { credits: 4, validity_days: 10 })]);
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select c.id from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
        where a.upload_id = ${id} and a.upload_row = 1 limit 1)`;
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 second' where employee_email = 'two@undo.example'`;
    expect(await undo(id)).toMatchObject({
      outcome: 'undone',
      credits: 2,
      members: 1,
      used: 1,
      expired: 2,
      remaining: 0,
      balance: 993,
    });
    const one = await memberOf('one@undo.example');
    expect(await lotsOf(database.sql(), one)).toEqual(['available 10: 4', 'revoked 30: 2', 'used 30: 1']);
    expect(await sumOf(database.sql(), one)).toBe(5);
    expect(await undo(id)).toEqual({
      outcome: 'no_unspent_credits',
      used: 1,
      expired: 2,
      balance: 993,
      replayed: false,
    });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('does not wait for a credit that is being spent, and says that it remains', async () => {
    const id = await twoMembers();
    const spender = await database.sql().reserve();
    await spender`begin`;
    await spender`select id from public.partner_credits where employee_email = 'one@undo.example' limit 1 for update`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 4, remaining: 1 });
    await spender`rollback`;
    spender.release();
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 1, remaining: 0 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('takes back credits of somebody who was removed', async () => {
    const id = await twoMembers();
    await database.sql()`delete from public.partner_members where email = 'one@undo.example'`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 5, members: 2, balance: 1000 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it("tells another partner's upload and an absent one apart by nothing", async () => {
    const foreign = await upload([uploadRow(1, 'theirs@undo.example', { credits: 1 })], 'x', otherPartner);
    const answer = await undo(foreign);
    expect(answer).toEqual({ outcome: 'upload_not_found', balance: 1000, replayed: false });
    expect(await undo(randomUUID())).toEqual(answer);
    expect(await undo(null)).toEqual(answer);
  });

  it('refuses to take back more than a balance can hold', async () => {
    const id = await twoMembers();
    const most = 2_147_483_647;
    await database.sql()`update public.users set credits = ${most - 4} where id = ${demoPartner}`;
    expect(await undo(id)).toEqual({
      outcome: 'balance_too_large',
      used: 0,
      expired: 0,
      balance: most - 4,
      replayed: false,
    });
    await database.sql()`update public.users set credits = credits - 1 where id = ${demoPartner}`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 5, balance: most });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('takes so many rows back at once as can be staged, and says what remains', async () => {
    const id = await twoMembers();
    await database.sql()`
      create or replace function partner_private.most_staged_rows() returns integer
      language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 1 $$`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 3, members: 1, remaining: 2 });
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 2, members: 1, remaining: 0 });
    expect(await undo(id)).toMatchObject({ outcome: 'no_unspent_credits' });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('leaves the credits of a row that have expired, where others of it have not', async () => {
    const id = await twoMembers();
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 second'
      where id = (select id from public.partner_credits where employee_email = 'one@undo.example' limit 1)`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 4, expired: 1, remaining: 0 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('spends none of these rows on credits that have expired, marked or not', async () => {
    const id = await twoMembers();
    await database.sql()`
      create or replace function partner_private.most_staged_rows() returns integer
      language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$ select 1 $$`;
    await database.sql()`
      update public.partner_credits set expires_at = now() - interval '1 second' where employee_email = 'one@undo.example'`;
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits: 2, expired: 3, remaining: 0 });
  });

  // UNDO_CREDITS=100000 is the most that an upload gives, and one call takes back.
  it('takes all that an upload gave back within the time that it has', { timeout: 180_000 }, async () => {
    const credits = Number(process.env['UNDO_CREDITS'] ?? 4_000);
    const members = credits / 2;
    await database.sql()`update public.users set credits = ${credits} where id = ${demoPartner}`;
    const id = randomUUID();
    const name = 'stage_member_upload';
    for (let first = 1; first <= members; first += 5_000) {
      const rows = Array.from({ length: Math.min(5_000, members - first + 1) }, (_, index) =>
        uploadRow(first + index, `m${first + index}@undo.example`, { credits: 2, validity_days: 30 }),
      );
      await callFunction(database.sql(), partner(demoPartner), name, {
        p_upload_id: id,
        p_file_name: 'x',
        p_rows: rows,
      });
    }
    await callFunction(database.sql(), partner(demoPartner), 'commit_member_upload', { p_upload_id: id });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(0);
    const began = performance.now();
    // Beyond twenty seconds, statement_timeout of the function ends it.
    expect(await undo(id)).toMatchObject({ outcome: 'undone', credits, members, remaining: 0, balance: credits });
    if (process.env['UNDO_CREDITS'] !== undefined)
      process.stdout.write(`undo of ${credits} credits: ${Math.round(performance.now() - began)} ms\n`);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses a reason that is too long, and a caller who is nobody', async () => {
    const id = await twoMembers();
    expect(await refusalOf(undo(id, 'x'.repeat(1_001)))).toMatchObject({ code: 'PT413', message: 'reason_too_long' });
    const call = callFunction(database.sql(), nobody, 'undo_member_upload', {
      p_request_id: randomUUID(),
      p_upload_id: id,
    });
    expect(await refusalOf(call)).toMatchObject({ code: '42501' });
  });
});

describe('list_member_uploads', () => {
  it('tells who uploaded what, and what has become of its credits', async () => {
    const id = await twoMembers();
    await database.sql()`
      update public.partner_credits set status = 'used' where id = (
        select id from public.partner_credits where employee_email = 'one@undo.example' limit 1)`;
    const expected = {
      upload_id: id,
      file_name: 'members.csv',
      actor: 'demo@partner-console.example',
      created: 3,
      updated: 0,
      unchanged: 0,
      refused: 1,
      credits: 5,
      unspent: 4,
      used: 1,
      expired: 0,
      revoked: 0,
      members: 2,
    };
    expect(await list({ p_id: id })).toMatchObject({ uploads: [expected], has_more: false });
    await undo(id);
    expect(await list({ p_id: id })).toMatchObject({ uploads: [{ unspent: 0, used: 1, revoked: 4, members: 0 }] });
    expect(await list({ p_id: id }, otherPartner)).toMatchObject({ uploads: [] });
  });

  it('pages backwards through all of them, those of one moment together', async () => {
    await database.sql()`delete from public.member_upload_rows`;
    const ids: string[] = [];
    for (let index = 0; index < 4; index += 1) ids.push(await upload([uploadRow(1, `p${String(index)}@undo.example`)]));
    // Staged only: it has done nothing.
    await callFunction(database.sql(), partner(demoPartner), 'stage_member_upload', {
      p_upload_id: randomUUID(),
      p_file_name: 'staged.csv',
      p_rows: [uploadRow(1, 'staged@undo.example')],
    });
    const [first, second, third, fourth] = ids;
    for (const [id, day] of [
      [first, '2026-01-01'],
      // One millisecond for whoever reads it.
      [second, '2026-01-02 00:00:00.000200'],
      [third, '2026-01-02 00:00:00.000900'],
      [fourth, '2026-01-03'],
    ]) {
      await database.sql()`update public.member_uploads set created_at = ${day ?? ''}::text::timestamptz where id = ${id ?? ''}`;
    }
    const idsOf = (answer: unknown): string[] =>
      JSON.stringify(answer)
        .split('"upload_id":"')
        .slice(1)
        .map((part) => part.slice(0, 36));
    const latest = await list({ p_limit: 1 });
    expect(idsOf(latest)).toEqual([fourth]);
    expect(latest).toMatchObject({ has_more: true });
    const middle = await list({ p_limit: 1, p_before: '2026-01-03' });
    expect(idsOf(middle).toSorted()).toEqual([second ?? '', third ?? ''].toSorted());
    expect(middle).toMatchObject({ has_more: true });
    const oldest = await list({ p_limit: 1, p_before: '2026-01-02' });
    expect(idsOf(oldest)).toEqual([first]);
    expect(oldest).toMatchObject({ has_more: false });
    expect(idsOf(await list({ p_limit: 1_000 }))).toHaveLength(4);
  });
});

describe('a long history', () => {
  // LISTED_UPLOADS=10000 are those of decades.
  it('is paged by an index, however long it is', { timeout: 120_000 }, async () => {
    const uploads = Number(process.env['LISTED_UPLOADS'] ?? 1_000);
    await database.sql()`
      insert into public.member_uploads (partner_id, id, file_name, created_at)
      select ${demoPartner}, gen_random_uuid(), 'x', now() - n * interval '1 minute' from generate_series(1, ${uploads}) n`;
    await database.sql()`
      insert into public.member_upload_rows (partner_id, upload_id, row_no, request_digest, outcome)
      select u.partner_id, u.id, n, sha256('x'), 'unchanged' from public.member_uploads u, generate_series(1, 10) n
      where u.file_name = 'x'`;
    await list();
    const times: number[] = [];
    const middle = new Date(Date.now() - (uploads / 2) * 60_000).toISOString();
    for (let call = 0; call < 9; call += 1) {
      const began = performance.now();
      expect(await list({ p_before: middle })).toMatchObject({ has_more: true });
      times.push(performance.now() - began);
    }
    if (process.env['LISTED_UPLOADS'] !== undefined)
      process.stdout.write(`a page of ${uploads} uploads: ${Math.round(times.toSorted((a, b) => a - b)[4] ?? 0)} ms\n`);
    const [already, since] = await database.sql().begin(async (transaction) => {
      const counts = async () =>
        (
          await transaction<{ tables: number; entries: number }[]>`
            select pg_stat_get_xact_numscans('public.member_uploads'::regclass)::integer as tables,
              pg_stat_get_xact_tuples_returned('public.member_uploads_latest_idx'::regclass)::integer as entries`
        )[0] ?? { tables: 0, entries: 0 };
      const before = await counts();
      await becomeCaller(transaction, partner(demoPartner));
      await callWithin(transaction, 'list_member_uploads', { p_before: middle });
      await transaction`reset role`;
      return [before, await counts()];
    });
    expect(since.tables - already.tables).toBe(0);
    // The page twice, what lies behind it once: not the whole history.
    expect(since.entries - already.entries).toBeGreaterThan(100);
    expect(since.entries - already.entries).toBeLessThan(200);
  });
});

describe('a row that clears a name', () => {
  const name = async (email: string): Promise<string> => {
    const [row] = await database.sql()<{ first_name: string }[]>`
      select first_name from public.partner_members where email = ${email}`;
    return row?.first_name ?? 'nobody';
  };
  const clear = { clear_name: true } as const;

  it('empties it, while a blank one alone leaves it', async () => {
    await upload([uploadRow(1, 'named@undo.example', { first_name: 'Ann' })]);
    await upload([uploadRow(1, 'named@undo.example', { first_name: ' ' })]);
    expect(await name('named@undo.example')).toBe('Ann');
    await upload([uploadRow(1, 'named@undo.example', { ...clear, first_name: ' ' })]);
    expect(await name('named@undo.example')).toBe('');
    await upload([uploadRow(1, 'named@undo.example', { ...clear, first_name: 'Bea' })]);
    expect(await name('named@undo.example')).toBe('Bea');
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('is refused where it says so in another way', async () => {
    const sent = callFunction(database.sql(), partner(demoPartner), 'upload_members', {
      p_upload_id: randomUUID(),
      p_file_name: 'x',
      p_rows: [{ ...uploadRow(1, 'named@undo.example'), clear_name: 'yes' }],
    });
    expect(await sent).toMatchObject({ rows: [{ outcome: 'refused', reason: 'invalid_name', field: 'first_name' }] });
  });

  it('does so among rows of one e-mail in their order, and when it is staged', async () => {
    await upload([
      uploadRow(1, 'named@undo.example', { first_name: 'Ann' }),
      uploadRow(2, 'named@undo.example', { ...clear, credits: 1 }),
    ]);
    expect(await name('named@undo.example')).toBe('');
    await upload([
      uploadRow(1, 'named@undo.example', { ...clear }),
      uploadRow(2, 'named@undo.example', { first_name: 'Cleo' }),
    ]);
    expect(await name('named@undo.example')).toBe('Cleo');
    const id = randomUUID();
    await callFunction(database.sql(), partner(demoPartner), 'stage_member_upload', {
      p_upload_id: id,
      p_file_name: 'x',
      p_rows: [uploadRow(1, 'named@undo.example', { ...clear })],
    });
    await callFunction(database.sql(), partner(demoPartner), 'commit_member_upload', { p_upload_id: id });
    expect(await name('named@undo.example')).toBe('');
  });
});
