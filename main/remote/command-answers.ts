import * as z from 'zod';
import { memberStatus } from '../../shared/contract/values.ts';
import { serverInstant } from './wire.ts';

/**
 * The JSON that the commands answer which give to many, take back, extend, change members and commit whole uploads, as
 * `supabase/migrations` defines it. Each success carries `before` and `after`; each refusal names its reason as outcome.
 */

const integer = z.number().int();
const count = integer.min(0);
const balances = z.object({ balance: integer });
const money = { balance: integer, replayed: z.boolean() };

/** `assign_credits_to_members(p_request_id, p_member_ids, p_credits, p_validity_days, p_note)`: p_credits each, all or nothing. */
export const assignManyAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('assigned'),
    members: integer.min(1),
    credits: integer.min(1),
    expires_at: serverInstant,
    /** In the order in which the members were named. */
    allocations: z.array(z.object({ member_id: z.guid(), allocation_id: z.guid(), credits_assigned: count })),
    before: balances,
    after: balances,
    ...money,
  }),
  z.object({ outcome: z.literal('insufficient_credits'), shortfall: integer.min(1), ...money }),
  z.object({
    outcome: z.literal('members_refused'),
    members: z.array(z.object({ member_id: z.guid(), reason: z.enum(['member_not_found', 'member_inactive']) })),
    ...money,
  }),
  z.object({ outcome: z.enum(['invalid_credits', 'invalid_validity']), ...money }),
]);

const holdings = z.object({ balance: integer, credits_assigned: count, unspent: count });

/** `revoke_member_credits(p_request_id, p_member_id, p_credits, p_reason)`: those that expire last first. */
export const revokeAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('revoked'),
    member_id: z.guid(),
    credits: integer.min(1),
    revocations: z.array(
      z.object({ allocation_id: z.guid(), corrects: z.guid(), credits: integer.min(1), expires_at: serverInstant }),
    ),
    credits_assigned: count,
    before: holdings,
    after: holdings,
    ...money,
  }),
  z.object({ outcome: z.literal('insufficient_unspent'), unspent: count, shortfall: integer.min(1), ...money }),
  z.object({ outcome: z.enum(['balance_too_large', 'member_not_found', 'invalid_credits']), ...money }),
]);

const lasting = z.object({ unspent: count, last_expires_at: serverInstant });

/** `extend_member_credits(p_request_id, p_member_id, p_days)` */
export const extendAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('extended'),
    member_id: z.guid(),
    credits: integer.min(1),
    extensions: z.array(
      z.object({
        allocation_id: z.guid(),
        corrects: z.guid(),
        credits: integer.min(1),
        expires_before: serverInstant,
        expires_at: serverInstant,
      }),
    ),
    before: lasting,
    after: lasting,
    ...money,
  }),
  z.object({
    outcome: z.literal('invalid_validity'),
    /** The most days possible, where it is the new expiry that lies too far away. */
    latest: count.optional(),
    ...money,
  }),
  z.object({ outcome: z.enum(['no_unspent_credits', 'member_not_found', 'member_inactive']), ...money }),
]);

const statusOf = z.object({ status: memberStatus });

/** `set_member_status(p_request_id, p_member_id, p_status)` */
export const statusAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.enum(['updated', 'unchanged']),
    member_id: z.guid(),
    status: memberStatus,
    /** Unspent credits that the member keeps. */
    unspent: count,
    before: statusOf,
    after: statusOf,
    replayed: z.boolean(),
  }),
  z.object({ outcome: z.enum(['invalid_status', 'member_not_found']), replayed: z.boolean() }),
]);

const identity = z.object({ first_name: z.string(), email: z.string() });

/** `update_member(p_request_id, p_member_id, p_first_name, p_email)`; an argument that is left out stays as it is. */
export const updateAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.enum(['updated', 'unchanged']),
    member_id: z.guid(),
    first_name: z.string(),
    email: z.string(),
    before: identity,
    after: identity,
    replayed: z.boolean(),
  }),
  z.object({
    outcome: z.enum(['member_not_found', 'invalid_name', 'invalid_email', 'email_taken']),
    replayed: z.boolean(),
  }),
]);

/** `stage_member_upload(p_upload_id, p_file_name, p_rows)`: rows as upload_members takes them, kept without any effect. */
export const stageAnswer = z.object({
  rows: z.array(
    z.object({
      row: integer,
      outcome: z.enum(['staged', 'refused']),
      reason: z.string().nullable(),
      field: z.string().nullable(),
      replayed: z.boolean(),
    }),
  ),
  staged_total: count,
  server_time: serverInstant,
});

/** `commit_member_upload(p_upload_id)`: every staged row, or none. */
export const commitAnswer = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('committed'),
    rows: count,
    created: count,
    updated: count,
    unchanged: count,
    credits: count,
    before: balances,
    after: balances,
    ...money,
  }),
  z.object({ outcome: z.literal('insufficient_credits'), shortfall: integer.min(1), row: integer, ...money }),
  z.object({
    outcome: z.literal('rows_refused'),
    /** The first 1,000. */
    refused: z.array(z.object({ row: integer, reason: z.string(), field: z.string().nullable() })),
    refused_total: integer.min(1),
    ...money,
  }),
  z.object({ outcome: z.literal('upload_not_staged'), ...money }),
]);
