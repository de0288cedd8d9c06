import type { MemberState } from '../cache/member-rows.ts';
import type { AllocationState } from '../cache/pull-state.ts';
import type { ChangesAnswer } from '../remote/wire.ts';

/** A member of the server's as the cache takes it. */
export function toMemberState(member: ChangesAnswer['members'][number]): MemberState {
  return {
    memberId: member.id,
    firstName: member.first_name,
    email: member.email,
    status: member.status,
    userId: member.user_id,
    creditsAssigned: member.credits_assigned,
    createdAt: member.created_at,
    credits: member.credits.map(({ expires_at: expiresAt, ...counts }) => ({ expiresAt, ...counts })),
    sessions: member.sessions.map(({ id, status, scheduled_at: scheduledAt }) => ({ id, status, scheduledAt })),
  };
}

/** An entry of the ledger as the cache takes it. */
export function toAllocationState(allocation: ChangesAnswer['allocations'][number]): AllocationState {
  return {
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
  };
}
