import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { uploadAnswer } from '../../main/remote/wire.ts';
import type { UploadAnswer } from '../../main/remote/wire.ts';
import { actAs, callFunction, demoPartner, nobody, partner, refusalOf } from './act-as.ts';
import type { Argument, Caller } from './act-as.ts';
import { balanceOf, brokenInvariants, countRows, setBalance, uploadRow } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

async function upload(
  rows: Argument,
  uploadId: string = randomUUID(),
  caller: Caller = partner(demoPartner),
): Promise<UploadAnswer> {
  return uploadAnswer.parse(
    await callFunction(database.sql(), caller, 'upload_members', {
      p_upload_id: uploadId,
      p_file_name: 'members.csv',
      p_rows: rows,
    }),
  );
}

const outcomes = (answer: UploadAnswer): string[] => answer.rows.map((row) => row.reason ?? row.outcome);

describe('S5: upload_members', () => {
  it('creates, updates and leaves members, and answers each row', async () => {
    const answer = await upload([
      uploadRow(1, ' New.Person@Firma.example', { first_name: ' Nele ', credits: 3, validity_days: 10 }),
      uploadRow(2, 'anna.schneider@nordlicht-werke.example', { credits: 2 }),
      uploadRow(3, 'emre.yilmaz@nordlicht-werke.example', { first_name: 'Emre Can' }),
      uploadRow(4, 'chloe.martin@nordlicht-werke.example', { first_name: 'Chloé' }),
      uploadRow(5, 'lukasz.nowak@nordlicht-werke.example', { credits: 0 }),
    ]);
    expect(outcomes(answer)).toEqual(['created', 'updated', 'updated', 'unchanged', 'unchanged']);
    expect(answer.balance).toBe(995);
    const [created] = await database.sql()`
      select m.first_name, m.email, m.status, m.credits_assigned, a.upload_row, a.source, a.expires_at - a.created_at as validity
      from public.partner_members m join public.credit_allocations a on a.member_id = m.id
      where m.id = ${answer.rows[0]?.member_id ?? ''}`;
    expect(created).toEqual({
      first_name: 'Nele',
      email: 'new.person@firma.example',
      status: 'active',
      credits_assigned: 3,
      upload_row: 1,
      source: 'upload',
      validity: '10 days',
    });
    expect(answer.rows[1]?.credits_assigned).toBeGreaterThan(2);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('lets credits last to the end of the day that a row names, which wins over the days', async () => {
    const [day] = await database.sql()`select (current_date + 40)::text as day`;
    const answer = await upload([
      uploadRow(1, 'a@new.example', { credits: 1, validity_days: 5, expires_on: String(day?.['day']) }),
    ]);
    expect(answer.rows[0]?.expires_at).toBe(`${String(day?.['day'])}T23:59:59.999Z`);
  });

  it.each<[string, string | null, Record<string, Argument>]>([
    ['invalid_email', 'email', { email: 'anna.schmidt@@firma.example' }],
    ['invalid_email', 'email', { email: '' }],
    ['invalid_email', 'email', { email: null }],
    ['invalid_email', 'email', { email: 17 }],
    ['invalid_email', 'email', { email: 'a@localhost' }],
    ['invalid_email', 'email', { email: '.a@firma.example' }],
    ['invalid_email', 'email', { email: 'a..b@firma.example' }],
    ['invalid_email', 'email', { email: 'a@-firma.example' }],
    ['invalid_email', 'email', { email: `${'a'.repeat(65)}@firma.example` }],
    ['invalid_email', 'email', { email: "a@b.example'; drop table users; --" }],
    ['invalid_name', 'first_name', { first_name: 'x'.repeat(101) }],
    ['invalid_name', 'first_name', { first_name: 'a\u0007b' }],
    ['invalid_name', 'first_name', { first_name: 5 }],
    ['invalid_credits', 'credits', { credits: -1 }],
    ['invalid_credits', 'credits', { credits: 1.5 }],
    ['invalid_credits', 'credits', { credits: 100_001 }],
    ['invalid_credits', 'credits', { credits: 1e30 }],
    ['invalid_credits', 'credits', { credits: '5' }],
    ['invalid_credits', 'credits', { credits: 'NaN' }],
    ['invalid_validity', 'validity_days', { validity_days: 0 }],
    ['invalid_validity', 'validity_days', { validity_days: 3_651 }],
    ['invalid_validity', 'validity_days', { validity_days: 1e12 }],
    ['invalid_validity', 'expires_on', { expires_on: '2020-01-01' }],
    ['invalid_validity', 'expires_on', { expires_on: '2031-02-29' }],
    ['invalid_validity', 'expires_on', { expires_on: '2031-13-01' }],
    ['invalid_validity', 'expires_on', { expires_on: '2199-01-01' }],
    ['invalid_validity', 'expires_on', { expires_on: 'tomorrow' }],
    ['invalid_validity', 'expires_on', { expires_on: 20_310_101 }],
  ])('refuses a row as %s and goes on with the next: %s %o', async (reason, field, wrong) => {
    const answer = await upload([
      { ...uploadRow(1, 'wrong@new.example', { credits: 1 }), ...wrong },
      uploadRow(2, 'right@new.example', { credits: 1 }),
    ]);
    expect(answer.rows[0]).toMatchObject({ outcome: 'refused', reason, field, member_id: null, allocation_id: null });
    expect(answer.rows[1]).toMatchObject({ outcome: 'created' });
    expect(answer.balance).toBe(999);
    expect(await countRows(database.sql(), 'public.partner_members', `email = 'wrong@new.example'`)).toBe(0);
  });

  it('takes the addresses that real files hold', async () => {
    const emails = ["o'brien+hr@sub.firma.example", 'x_y-z@xn--bcher-kva.example', 'info@bücher.example', 'a@b.museum'];
    const answer = await upload(emails.map((email, index) => uploadRow(index + 1, email)));
    expect(outcomes(answer)).toEqual(['created', 'created', 'created', 'created']);
  });

  it('refuses credits for an inactive member, but takes a new name', async () => {
    const [inactive] = await database.sql()`
      select email from public.partner_members where partner_id = ${demoPartner} and status = 'inactive' limit 1`;
    const email = String(inactive?.['email']);
    const answer = await upload([uploadRow(1, email, { credits: 1 }), uploadRow(2, email, { first_name: 'Renamed' })]);
    expect(outcomes(answer)).toEqual(['member_inactive', 'updated']);
    expect(answer.balance).toBe(1000);
  });

  it('acts on one member when an e-mail stands twice, row after row', async () => {
    const answer = await upload([
      uploadRow(1, 'twice@new.example', { credits: 2 }),
      uploadRow(2, 'TWICE@new.example', { first_name: 'Twice', credits: 3 }),
      uploadRow(3, 'twice@new.example', { first_name: 'Twice' }),
      uploadRow(4, 'twice@new.example', { first_name: 'Last' }),
    ]);
    expect(outcomes(answer)).toEqual(['created', 'updated', 'unchanged', 'updated']);
    expect(answer.rows.map((row) => row.credits_assigned)).toEqual([2, 5, 5, 5]);
    expect(new Set(answer.rows.map((row) => row.member_id)).size).toBe(1);
    const [member] = await database.sql()`
      select first_name, credits_assigned from public.partner_members where email = 'twice@new.example'`;
    expect(member).toEqual({ first_name: 'Last', credits_assigned: 5 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses the row that the balance cannot pay with its shortfall; the rows behind it wait for a later call', async () => {
    await setBalance(database.sql(), demoPartner, 10);
    const id = randomUUID();
    const rows = [
      uploadRow(1, 'a@new.example', { credits: 6 }),
      uploadRow(2, 'nothing@@new', { credits: 1 }),
      uploadRow(3, 'b@new.example', { credits: 9, first_name: 'B' }),
      uploadRow(4, 'c@new.example', { credits: 1 }),
      uploadRow(5, 'd@new.example'),
      uploadRow(6, 'also@@broken'),
    ];
    const answer = await upload(rows, id);
    expect(outcomes(answer)).toEqual([
      'created',
      'invalid_email',
      'insufficient_credits',
      'not_attempted',
      'not_attempted',
      'not_attempted',
    ]);
    expect(answer.rows[2]).toMatchObject({ shortfall: 5, field: 'credits', member_id: null });
    expect(answer.balance).toBe(4);
    expect(
      await countRows(database.sql(), 'public.partner_members', `email in ('b@new.example', 'd@new.example')`),
    ).toBe(0);

    await setBalance(database.sql(), demoPartner, 50);
    const later = await upload(rows, id);
    expect(outcomes(later)).toEqual([
      'created',
      'invalid_email',
      'insufficient_credits',
      'created',
      'created',
      'invalid_email',
    ]);
    expect(later.rows.map((row) => row.replayed)).toEqual([true, true, true, false, false, false]);
    expect(later.balance).toBe(49);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('takes 5,000 rows in one call, and not one more', async () => {
    await setBalance(database.sql(), demoPartner, 20_000);
    const rows = Array.from({ length: 5001 }, (_, index) =>
      uploadRow(index + 1, `p${String(index)}@bulk.example`, { credits: 2 }),
    );
    expect(await refusalOf(upload(rows))).toMatchObject({ code: 'PT413', message: 'too_many_rows' });
    const answer = await upload(rows.slice(0, 5000));
    expect(answer.rows.every((row) => row.outcome === 'created')).toBe(true);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(10_000);
    expect(await countRows(database.sql(), 'public.partner_credits', `employee_email like '%@bulk.example'`)).toBe(
      10_000,
    );
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('refuses a call whose rows are too large at once, and takes 5,000 rows with every field at its longest', async () => {
    const longest = (index: number): Record<string, string | number | boolean | null> => {
      const local = `p${String(index)}`.padEnd(64, 'x');
      const domain = `${`${'名'.repeat(44)}.`.repeat(4)}example`.padStart(189, 'z');
      const fields = { first_name: '𝔐'.repeat(100), expires_on: '2030-01-01', credits: 10 };
      return uploadRow(index + 1, `${local}@${domain}`, fields);
    };
    const before = performance.now();
    for (const send of ['upload_members', 'stage_member_upload']) {
      const refusal = await refusalOf(
        callFunction(database.sql(), partner(demoPartner), send, {
          p_upload_id: randomUUID(),
          p_file_name: 'x',
          p_rows: Array.from({ length: 5_000 }, (_, index) => uploadRow(index + 1, 'x'.repeat(2_000))),
        }),
      );
      expect(refusal).toMatchObject({ code: 'PT413', message: 'rows_too_large' });
      expect(JSON.parse(refusal.detail)).toMatchObject({ limit: 9_000_000, requested: expect.any(Number) as number });
    }
    expect(performance.now() - before).toBeLessThan(5_000);
    await setBalance(database.sql(), demoPartner, 50_000);
    const answer = await upload(Array.from({ length: 5_000 }, (_, index) => longest(index)));
    expect(answer.rows.filter((row) => row.outcome !== 'created')).toEqual([]);
  });

  it.each(['1e131071', '-1e131071', '1e-16383', '0e-16383', '1e31'])(
    'refuses numbers that would be written out with all their digits: %s',
    async (number) => {
      const fields = [`"credits": ${number}`, `"unknown": ${number}`, `"unknown": {"deep": [[${number}]]}`];
      for (const call of ['upload_members', 'stage_member_upload']) {
        for (const field of fields) {
          const rows = Array.from({ length: 200 }, (_, row) => `{"row": ${String(row + 1)}, ${field}}`).join();
          const refusal = await refusalOf(
            actAs(database.sql(), partner(demoPartner), async (transaction) => [
              ...(await transaction.unsafe(`select public.${call}($1, 'x', ($2::text)::jsonb)`, [
                randomUUID(),
                `[${rows}]`,
              ])),
            ]),
          );
          expect(refusal).toMatchObject({ code: 'PT400', message: 'invalid_rows' });
          const places = Array.from({ length: 20 }, (_, row) => row + 1);
          expect(JSON.parse(refusal.detail)).toEqual({ reason: 'number_too_long', places });
        }
      }
    },
  );

  it('refuses a call that would give more than 100,000 credits, and does nothing of it', async () => {
    await setBalance(database.sql(), demoPartner, 500_000);
    const rows = [
      uploadRow(1, 'a@new.example', { credits: 60_000 }),
      uploadRow(2, 'b@new.example', { credits: 40_001 }),
    ];
    const refusal = await refusalOf(upload(rows));
    expect(refusal).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(JSON.parse(refusal.detail)).toEqual({ limit: 100_000, requested: 100_001 });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(500_000);
  });

  it.each<[string, string, Argument]>([
    ['no array', 'invalid_rows', { row: 1 }],
    ['null', 'invalid_rows', null],
    ['a row without a number', 'invalid_rows', [{ email: 'a@b.example' }]],
    ['a row number of zero', 'invalid_rows', [uploadRow(0, 'a@b.example')]],
    ['a fractional row number', 'invalid_rows', [uploadRow(1.5, 'a@b.example')]],
    ['a number instead of a row', 'invalid_rows', [7]],
    ['the same row number twice', 'duplicate_rows', [uploadRow(1, 'a@b.example'), uploadRow(1, 'b@b.example')]],
  ])('refuses rows that cannot be answered: %s', async (_case, message, rows) => {
    expect(await refusalOf(upload(rows))).toMatchObject({ code: 'PT400', message });
  });

  it('answers no rows with no rows', async () => {
    expect(await upload([])).toMatchObject({ rows: [], balance: 1000 });
  });

  it('is for partners only', async () => {
    const [member] = await database.sql()`select id from public.users where role = 'member' limit 1`;
    expect(await refusalOf(upload([], randomUUID(), partner(String(member?.['id']))))).toMatchObject({ code: 'PT403' });
    expect((await refusalOf(upload([], randomUUID(), nobody))).code).toBe('42501');
  });
});
