import * as z from 'zod';
import { operation } from './operation.ts';
import { allocationKind, count, instant, memberStatus, slice, uuid } from './values.ts';

export const memberFilter = z.object({
  /** Matches any part of name or e-mail, case and accents ignored. */
  search: z.string().max(200),
  status: memberStatus.nullable(),
  credits: z.enum(['none', 'available', 'expiring_30', 'expiring_60', 'expiring_90']).nullable(),
});
export type MemberFilter = z.infer<typeof memberFilter>;

export const memberSort = z.object({
  by: z.enum(['name', 'email', 'status', 'available', 'next_expiry', 'created_at']),
  direction: z.enum(['ascending', 'descending']),
});
export type MemberSort = z.infer<typeof memberSort>;

export const memberRow = z.object({
  memberId: uuid,
  firstName: z.string(),
  email: z.string(),
  status: memberStatus,
  /** Credits ever assigned, as the server counts them. */
  creditsAssigned: count,
  /** Confirmed and unexpired now. */
  available: count,
  used: count,
  nextExpiry: instant.nullable(),
  /** Credits for this member that wait on this computer. */
  planned: count,
  createdAt: instant,
});
export type MemberRow = z.infer<typeof memberRow>;

export const plannedItem = z.object({
  itemId: uuid,
  /** To be given, or of `revoke` to be taken back; 0 of the others. */
  credits: count,
  queuedAt: instant,
  state: z.enum(['queued', 'sending', 'checking', 'refused', 'held']),
  origin: z.enum(['assign', 'upload', 'revoke', 'extend', 'status']),
  /** Of an extension. */
  days: count.nullable(),
  /** Of a change of status. */
  status: memberStatus.nullable(),
});

export const memberDetail = z.object({
  member: memberRow,
  asOf: instant.nullable(),
  /** Soonest expiry first. */
  creditsByExpiry: z.array(z.object({ expiresAt: instant, available: count, used: count, expired: count })),
  /** Newest first, at most 200. */
  allocations: z.array(
    z.object({
      id: uuid,
      kind: allocationKind,
      /** Of a revocation negative; of an extension, how many credits' expiry moved (to `expiresAt`). */
      credits: z.number().int(),
      expiresAt: instant.nullable(),
      source: z.string(),
      note: z.string().nullable(),
      actor: z.string().nullable(),
      at: instant,
    }),
  ),
  sessions: z.array(z.object({ id: uuid, status: z.string(), scheduledAt: instant.nullable() })),
  planned: z.array(plannedItem),
});
export type MemberDetail = z.infer<typeof memberDetail>;

export const memberOperations = {
  'members.page': operation(
    'cache',
    z.object({ filter: memberFilter, sort: memberSort, ...slice.shape }),
    z.object({ rows: z.array(memberRow), total: count, totalUnfiltered: count, asOf: instant.nullable() }),
  ),
  'members.read': operation('cache', z.object({ memberId: uuid }), memberDetail),
  /** Queues making a member active or inactive; its credits stay its own. */
  'members.setStatus': operation(
    'queue',
    z.object({ memberId: uuid, status: z.enum(['active', 'inactive']) }),
    z.object({ itemId: uuid }),
  ),
};
