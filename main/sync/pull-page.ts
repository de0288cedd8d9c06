import type { OpenDatabase } from '../cache/database.ts';
import { applyChangePage, type ChangePage, readPullState } from '../cache/pull-state.ts';
import type { Answer, Failure } from '../remote/failure.ts';
import type { PartnerFunctions } from '../remote/partner-functions.ts';
import type { ChangesAnswer } from '../remote/wire.ts';

/** Members of one page: small enough that writing it down holds up nobody who searches meanwhile. */
const PAGE_SIZE = 500;

const feedStandsStill: Failure = {
  kind: 'unavailable',
  error: 'wrong_shape',
  afterMs: null,
  mayHaveActed: false,
  tooSlow: false,
};

export interface PulledPage {
  readonly members: number;
  readonly allocations: number;
  readonly removed: number;
  readonly hasMore: boolean;
}

/** Asks for what changed since the last page and writes it down together with the new position. */
export async function pullPage(
  database: OpenDatabase,
  functions: PartnerFunctions,
  partnerId: string,
  now: () => number,
): Promise<Answer<PulledPage>> {
  const { cursor } = readPullState(database);
  const answer = await functions.changes(cursor, PAGE_SIZE);
  if (!answer.ok) return answer;
  // A feed that says "more" from where it stood would be asked for ever.
  if (answer.value.has_more && answer.value.cursor === cursor) return { ok: false, failure: feedStandsStill };
  // Another account's data must never enter this account's database, whatever token was sent.
  if (answer.value.partner.id !== partnerId)
    return { ok: false, failure: { kind: 'refused', reason: 'wrong_account' } };
  const page = toChangePage(answer.value);
  if (database.isOpen) applyChangePage(database, page, now());
  return {
    ok: true,
    value: {
      members: page.members.length,
      allocations: page.allocations.length,
      removed: page.removedMembers.length,
      hasMore: page.hasMore,
    },
  };
}

function toChangePage(answer: ChangesAnswer): ChangePage {
  const { partner } = answer;
  return {
    partner: {
      partnerId: partner.id,
      fullName: partner.full_name,
      email: partner.email,
      balance: partner.balance,
      lowBalance: partner.low_balance,
    },
    members: answer.members.map((member) => ({
      memberId: member.id,
      firstName: member.first_name,
      email: member.email,
      status: member.status,
      userId: member.user_id,
      creditsAssigned: member.credits_assigned,
      createdAt: member.created_at,
      credits: member.credits.map(({ expires_at: expiresAt, ...counts }) => ({ expiresAt, ...counts })),
      sessions: member.sessions.map(({ id, status, scheduled_at: scheduledAt }) => ({ id, status, scheduledAt })),
    })),
    allocations: answer.allocations.map((allocation) => ({
      allocationId: allocation.id,
      kind: allocation.kind,
      memberId: allocation.member_id,
      email: allocation.employee_email,
      credits: allocation.credits,
      expiresAt: allocation.expires_at,
      source: allocation.source,
      note: allocation.reason,
      actor: allocation.actor,
      createdAt: allocation.created_at,
    })),
    removedMembers: answer.removed_members,
    cursor: answer.cursor,
    hasMore: answer.has_more,
  };
}
