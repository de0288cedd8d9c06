import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { actAs } from './act-as.ts';
import type { Caller } from './act-as.ts';
import { uploadRow } from './facts.ts';

/** Arguments by name; texts stand for every type that Postgres reads from a text: uuid, jsonb, uuid[] … */
export type Arguments = Readonly<Record<string, string | number | null>>;

/** The ids that a call names: one's own, another partner's, or such that are nowhere. */
export interface Named {
  readonly partnerId: string;
  readonly memberId: string;
  readonly memberEmail: string;
  readonly receiptId: string;
  readonly uploadId: string;
  /** An upload whose rows are staged and not committed. */
  readonly stagedId: string;
}

export async function namedOf(sql: Sql, partnerId: string): Promise<Named> {
  const [row] = await sql<Omit<Named, 'partnerId'>[]>`
    select m.id as "memberId", m.email as "memberEmail",
      (select id from public.command_receipts where partner_id = ${partnerId} order by id limit 1) as "receiptId",
      (select id from public.member_uploads where partner_id = ${partnerId} and staged_rows is null order by id limit 1) as "uploadId",
      (select id from public.member_uploads where partner_id = ${partnerId} and staged_rows > 0 order by id limit 1) as "stagedId"
    from public.partner_members m
    where m.partner_id = ${partnerId} and m.status = 'active' and m.credits_assigned > 0
      and not exists (select from public.partner_members o where o.email = m.email and o.partner_id <> m.partner_id)
    order by m.email limit 1`;
  if (row === undefined) throw new Error('the partner has no member with credits');
  return { partnerId, ...row };
}

/** The same shape with ids and addresses that nobody has. */
export const namedNowhere = (): Named => ({
  partnerId: randomUUID(),
  memberId: randomUUID(),
  memberEmail: `${randomUUID()}@nowhere.example`,
  receiptId: randomUUID(),
  uploadId: randomUUID(),
  stagedId: randomUUID(),
});

/** Every function of the API with calls that do something when the ids are one's own: a new function needs calls here. */
export function callsNaming(named: Named): Readonly<Record<string, readonly Arguments[]>> {
  const { partnerId, memberId, memberEmail, receiptId, uploadId, stagedId } = named;
  const rows = JSON.stringify([uploadRow(1, memberEmail, { credits: 1, first_name: 'Renamed' })]);
  const withEach = (args: Arguments): Arguments[] => [
    { p_request_id: randomUUID(), ...args },
    { p_request_id: receiptId, ...args },
  ];
  return {
    allocate_partner_credit: [
      {
        p_partner_id: partnerId,
        p_employee_email: memberEmail,
        p_employee_name: 'Renamed',
        p_credits_count: 1,
        p_validity_days: 30,
      },
    ],
    assign_member_credits: withEach({ p_member_id: memberId, p_credits: 1, p_validity_days: 30, p_note: null }),
    assign_credits_to_members: withEach({
      p_member_ids: `{${memberId}}`,
      p_credits: 1,
      p_validity_days: 30,
      p_note: null,
    }),
    command_outcomes: [{ p_request_ids: `{${receiptId}}` }],
    send_assignments: [randomUUID(), receiptId].map((id) => ({
      p_commands: JSON.stringify([{ request_id: id, member_id: memberId, credits: 1, validity_days: 30, note: null }]),
    })),
    upload_outcomes: [{ p_id: uploadId, p_first_row: 1, p_last_row: 5_000 }],
    extend_member_credits: withEach({ p_member_id: memberId, p_days: 1 }),
    revoke_member_credits: withEach({ p_member_id: memberId, p_credits: 1, p_reason: null }),
    list_member_uploads: [
      { p_before: null, p_limit: 100, p_id: null },
      { p_before: null, p_limit: 1, p_id: uploadId },
    ],
    undo_member_upload: withEach({ p_upload_id: uploadId, p_reason: null }),
    set_member_status: withEach({ p_member_id: memberId, p_status: 'active' }),
    update_member: withEach({ p_member_id: memberId, p_first_name: 'Renamed', p_email: null }),
    partner_changes: [
      { p_cursor: null, p_limit: 2_000 },
      { p_cursor: `1.0.${memberId}.0.${memberId}.0.${memberId}`, p_limit: 2_000 },
    ],
    partner_digests: [{ p_buckets: 1, p_first: 0, p_last: 0 }],
    partner_bucket_entries: [
      {
        p_buckets: 1,
        p_members: '{0}',
        p_allocations: '{0}',
        p_after_member: null,
        p_after_allocation: null,
        p_limit: 2_000,
      },
    ],
    partner_dashboard: [{}],
    partner_invariants: [{ p_partner_id: partnerId }],
    stage_member_upload: [uploadId, stagedId, randomUUID()].map((id) => ({
      p_upload_id: id,
      p_file_name: 'x',
      // Under a number that no staged row has yet.
      p_rows: JSON.stringify([uploadRow(9, memberEmail, { credits: 1, first_name: 'Renamed' })]),
    })),
    commit_member_upload: [{ p_upload_id: stagedId }, { p_upload_id: uploadId }],
    upload_members: [
      { p_upload_id: uploadId, p_file_name: 'x', p_rows: rows },
      { p_upload_id: randomUUID(), p_file_name: 'x', p_rows: rows },
    ],
  };
}

/** What a call came to: its answer, or the SQLSTATE and message with which it was refused. */
export interface Outcome {
  readonly answer: unknown;
  readonly refusal: string | null;
}

const literal = (value: string | number | null): string =>
  value === null ? 'null' : typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`;

/** The expression that calls `name` (with its schema). */
export function callText(name: string, args: Arguments): string {
  const list = Object.entries(args).map(([key, value]) => `${key} => ${literal(value)}`);
  return `${name}(${list.join(', ')})`;
}

/** Evaluates an expression as the caller. `keep: false` undoes whatever it did. */
export async function outcomeOf(
  sql: Sql,
  caller: Caller,
  expression: string,
  options: { readonly keep: boolean },
): Promise<Outcome> {
  let answer: unknown = null;
  try {
    await actAs(sql, caller, async (transaction) => {
      const [row] = await transaction.unsafe<{ answer: unknown }[]>(`select ${expression} as answer`);
      answer = row?.answer;
      if (!options.keep) throw new Error('undo');
    });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.message !== 'undo') {
      const detail = 'detail' in error ? ` ${String(error.detail)}` : '';
      return { answer: null, refusal: `${'code' in error ? String(error.code) : ''} ${error.message}${detail}` };
    }
  }
  return { answer, refusal: null };
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

/** Every id and address in a text. */
export function identitiesIn(text: string): Set<string> {
  return new Set(text.match(new RegExp(`${uuid}|[\\w.+-]+@[\\w.-]+\\.\\w+`, 'g')) ?? []);
}

/** An outcome as text without what differs from call to call: the ids that were named, minted ones, times, cursors. */
export function withoutIdentity(outcome: Outcome, args: Arguments): string {
  let text = JSON.stringify(outcome);
  for (const value of Object.values(args)) {
    for (const identity of identitiesIn(String(value))) text = text.replaceAll(identity, '(named)');
  }
  return text
    .replaceAll(new RegExp(uuid, 'g'), '(id)')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^"\\]*/g, '(time)')
    .replaceAll(/"1\.\d[^"]*"/g, '"(cursor)"');
}
