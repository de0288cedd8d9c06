import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { expectedRelations } from './access-expectations.ts';
import { callFunction, demoPartner, nobody, otherPartner, partner, serviceRole } from './act-as.ts';
import type { Caller } from './act-as.ts';
import { anActiveMember, uploadRow } from './facts.ts';

/** Everyone who may come through the API. */
export interface Callers {
  readonly nobody: Caller;
  /** A valid token that names no user. */
  readonly 'nobody signed in': Caller;
  readonly member: Caller;
  readonly 'partner A': Caller;
  readonly 'partner B': Caller;
  readonly 'service role': Caller;
}

export const partnerA = demoPartner;
export const partnerB = otherPartner;

export async function findCallers(sql: Sql): Promise<Callers> {
  const [row] = await sql<{ id: string }[]>`select id from public.users where role = 'member' order by id limit 1`;
  if (row === undefined) throw new Error('no plain member in the demo data');
  return {
    nobody,
    'nobody signed in': { role: 'authenticated', userId: null },
    member: partner(row.id),
    'partner A': partner(partnerA),
    'partner B': partner(partnerB),
    'service role': serviceRole,
  };
}

/** Both partners do something of everything, so that every table has rows of both. */
export async function fillBoth(sql: Sql): Promise<void> {
  for (const userId of [partnerA, partnerB]) {
    const caller = partner(userId);
    await callFunction(sql, caller, 'assign_member_credits', {
      p_request_id: randomUUID(),
      p_member_id: await anActiveMember(sql, userId),
      p_credits: 1,
    });
    await callFunction(sql, caller, 'upload_members', {
      p_upload_id: randomUUID(),
      p_file_name: 'members.csv',
      p_rows: [uploadRow(1, 'same@both.example', { credits: 1 })],
    });
    // As many rows as have their answer recorded as a whole; none of them has an effect.
    await callFunction(sql, caller, 'upload_members', {
      p_upload_id: randomUUID(),
      p_file_name: 'refused.csv',
      p_rows: Array.from({ length: 100 }, (_, index) => uploadRow(index + 1, 'no address')),
    });
    await callFunction(sql, caller, 'stage_member_upload', {
      p_upload_id: randomUUID(),
      p_file_name: 'staged.csv',
      p_rows: [uploadRow(1, 'staged@both.example', { credits: 1, first_name: 'Staged' }), uploadRow(2, 'no address')],
    });
    await sql`insert into public.partner_members (partner_id, email) values (${userId}, 'gone@both.example')`;
    await sql`delete from public.partner_members where partner_id = ${userId} and email = 'gone@both.example'`;
    const email = userId === partnerA ? 'account@a.example' : 'account@b.example';
    const account = randomUUID();
    await sql`insert into auth.users (id, email) values (${account}, ${email})`;
    await sql`insert into public.users (id, email, role) values (${account}, ${email}, 'member')`;
    await sql`insert into public.partner_members (partner_id, email, user_id) values (${userId}, ${email}, ${account})`;
    await sql`insert into public.sessions (user_id, status) values (${account}, 'completed')`;
  }
}

/** All rows of a partner in every table, as one text. */
export async function dataOf(sql: Sql, userId: string): Promise<string> {
  const parts: unknown[] = [];
  for (const [table, { own }] of Object.entries(expectedRelations)) {
    parts.push(
      await sql.unsafe(`select to_jsonb(t) as row from ${table} t where ${own} order by to_jsonb(t)::text`, [userId]),
    );
  }
  return JSON.stringify(parts);
}
