import * as z from 'zod';
import { allocationKind, memberStatus } from '../../shared/contract/values.ts';

/**
 * The JSON that our Postgres functions answer, as `supabase/migrations` defines it. Every answer is parsed by these
 * before anything believes it; an answer of another shape leaves the command "checking".
 */

/** Postgres prints instants as `2026-01-01T00:00:00.5+00:00`, PGlite as `2026-01-01 00:00:00.5+00`; here always UTC with ms. */
export const serverInstant = z.string().transform((text, context) => {
  const time = Date.parse(text.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  if (Number.isNaN(time)) {
    context.addIssue({ code: 'custom', message: 'not an instant' });
    return z.NEVER;
  }
  return new Date(time).toISOString();
});

const integer = z.number().int();
const count = integer.min(0);

/** `assign_member_credits(p_request_id, p_member_id, p_credits, p_validity_days, p_note)` */
export const assignAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('assigned'),
    allocation_id: z.guid(),
    member_id: z.guid(),
    credits: count,
    expires_at: serverInstant,
    credits_assigned: count,
    balance: integer,
    replayed: z.boolean(),
  }),
  z.object({
    outcome: z.literal('insufficient_credits'),
    shortfall: integer.min(1),
    balance: integer,
    replayed: z.boolean(),
  }),
  z.object({
    outcome: z.enum(['member_not_found', 'member_inactive', 'invalid_credits', 'invalid_validity']),
    balance: integer,
    replayed: z.boolean(),
  }),
]);

/** One row as `upload_members` takes it; every row carries every key (uneven keys would mean null). */
export interface UploadRowRequest {
  readonly row: number;
  readonly email: string;
  /** Null leaves the name as it is. */
  readonly first_name: string | null;
  /** A blank name clears that of the member. Left out where it does not: rows from before it were sent without. */
  readonly clear_name?: true;
  /** Null or 0: add or update the member without credits. */
  readonly credits: number | null;
  readonly validity_days: number | null;
  /** Wins over `validity_days`; credits last to the end of that day in UTC. */
  readonly expires_on: string | null;
}

/**
 * `upload_members(p_upload_id, p_file_name, p_rows)`. Rows are taken in the order given while the balance lasts. The row that
 * the balance cannot pay is refused as `insufficient_credits` with its shortfall; the rows behind it answer `not_attempted`
 * and leave no record, so that they may be sent again under the same upload id. `balance` is that of now, also of a replay.
 */
export const uploadAnswer = z.object({
  rows: z.array(
    z.object({
      row: integer,
      outcome: z.enum(['created', 'updated', 'unchanged', 'refused', 'not_attempted']),
      /** On `refused`: insufficient_credits, invalid_email, invalid_name, invalid_credits, invalid_validity, member_inactive, invalid_row. */
      reason: z.string().nullable(),
      field: z.string().nullable(),
      shortfall: integer.nullable(),
      member_id: z.guid().nullable(),
      allocation_id: z.guid().nullable(),
      credits: count.nullable(),
      expires_at: serverInstant.nullable(),
      credits_assigned: count.nullable(),
      replayed: z.boolean(),
    }),
  ),
  balance: integer,
  server_time: serverInstant,
});
export type UploadAnswer = z.infer<typeof uploadAnswer>;

/** Rows of `member_upload_rows`: the receipts, as the partner may read them. */
export const receiptsAnswer = z.array(
  z.object({
    row_no: integer,
    outcome: z.enum(['created', 'updated', 'unchanged', 'refused']),
    reason: z.string().nullable(),
    shortfall: integer.nullable(),
    member_id: z.guid().nullable(),
    allocation_id: z.guid().nullable(),
    credits: count.nullable(),
    expires_at: serverInstant.nullable(),
    credits_assigned: count.nullable(),
  }),
);

/** `partner_changes(p_cursor text default null, p_limit integer default 1000)`: members whole, with their credits and sessions. */
export const changesAnswer = z.object({
  partner: z.object({
    id: z.guid(),
    full_name: z.string(),
    email: z.string(),
    balance: integer,
    low_balance: z.boolean(),
  }),
  members: z.array(
    z.object({
      id: z.guid(),
      first_name: z.string(),
      email: z.string(),
      status: memberStatus,
      user_id: z.guid().nullable(),
      credits_assigned: count,
      created_at: serverInstant,
      /** Credits by expiry, as the rows of partner_credits stand; a credit past its expiry is `expired` by the reader's clock. */
      credits: z.array(
        z.object({ expires_at: serverInstant, available: count, used: count, expired: count, revoked: count }),
      ),
      /** The latest 20. */
      sessions: z.array(z.object({ id: z.guid(), status: z.string(), scheduled_at: serverInstant.nullable() })),
    }),
  ),
  allocations: z.array(
    z.object({
      id: z.guid(),
      kind: allocationKind,
      /** The allocation that a revocation or an extension corrects. */
      corrects: z.guid().nullable(),
      member_id: z.guid().nullable(),
      employee_email: z.string(),
      /** Given (positive) or taken back (negative); of an extension, how many credits' expiry moved: no credit was given by it. */
      credits: integer,
      expires_at: serverInstant.nullable(),
      source: z.string(),
      reason: z.string().nullable(),
      actor: z.string().nullable(),
      created_at: serverInstant,
    }),
  ),
  /** Ids of members that are gone. */
  removed_members: z.array(z.guid()),
  /** Opaque; null only never. Give it back to go on. */
  cursor: z.string(),
  has_more: z.boolean(),
  server_time: serverInstant,
});
export type ChangesAnswer = z.infer<typeof changesAnswer>;

/** `partner_dashboard()`; lists hold at most 50 entries and are never null. */
export const dashboardAnswer = z.object({
  balance: integer,
  active_members: count,
  allocated: count,
  available: count,
  used: count,
  revoked: count,
  expired: count,
  expiring_30: count,
  expiring_60: count,
  expiring_90: count,
  sessions_completed: count,
  sessions_upcoming: count,
  low_balance: z.boolean(),
  members: z.array(
    z.object({
      id: z.guid(),
      first_name: z.string(),
      email: z.string(),
      status: memberStatus,
      created_at: serverInstant,
      user_id: z.guid().nullable(),
    }),
  ),
  sessions: z.array(
    z.object({ id: z.guid(), member_id: z.guid(), status: z.string(), scheduled_at: serverInstant.nullable() }),
  ),
  server_time: serverInstant,
});
