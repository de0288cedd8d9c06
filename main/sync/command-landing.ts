import type * as z from 'zod';
import type { WriteDatabase } from '../cache/database.ts';
import { landAssigned, landRefused } from '../cache/land-command.ts';
import { landExtended, landRevoked, landStatus } from '../cache/land-correction.ts';
import type { MemberCommand } from '../cache/outbox-payload.ts';
import { extendAnswer, revokeAnswer, statusAnswer } from '../remote/command-answers.ts';
import type { AssignAnswer } from '../remote/partner-functions.ts';
import type { RecordedOutcome } from '../remote/sending-answers.ts';
import { assignAnswer } from '../remote/wire.ts';

/** Writes what the server answered to a command, in one transaction. `now` in milliseconds. */
export type Landing = (database: WriteDatabase, itemId: string, now: number) => void;

interface OfMember {
  readonly memberEmail: string;
}

/** From the server's answer to a command to what is written of it. */
export const landingOf = {
  /** `savesBalance`: false for one of many, after which the balance is written once. */
  assigned(payload: OfMember & { readonly note: string | null }, answer: AssignAnswer, savesBalance = true): Landing {
    if (answer.outcome !== 'assigned') {
      const shortfall = answer.outcome === 'insufficient_credits' ? answer.shortfall : null;
      return refusedAs(answer.outcome, shortfall, savesBalance ? answer : null);
    }
    const assigned = {
      allocationId: answer.allocation_id,
      memberId: answer.member_id,
      credits: answer.credits,
      expiresAt: answer.expires_at,
      creditsAssigned: answer.credits_assigned,
      balance: answer.balance,
      replayed: answer.replayed,
    };
    return (database, itemId, now) => landAssigned(database, itemId, payload, assigned, now, savesBalance);
  },

  revoked(payload: OfMember & { readonly reason: string | null }, answer: z.infer<typeof revokeAnswer>): Landing {
    if (answer.outcome !== 'revoked') {
      return refusedAs(answer.outcome, answer.outcome === 'insufficient_unspent' ? answer.shortfall : null, answer);
    }
    const revoked = {
      memberId: answer.member_id,
      memberEmail: payload.memberEmail,
      balance: answer.balance,
      replayed: answer.replayed,
      creditsAssigned: answer.credits_assigned,
      reason: payload.reason,
      entries: answer.revocations.map(({ allocation_id, credits, expires_at }) => ({
        allocationId: allocation_id,
        credits,
        expiresAt: expires_at,
      })),
    };
    return (database, itemId, now) => landRevoked(database, itemId, revoked, now);
  },

  extended(payload: OfMember, answer: z.infer<typeof extendAnswer>): Landing {
    if (answer.outcome !== 'extended') return refusedAs(answer.outcome, null, answer);
    const extended = {
      memberId: answer.member_id,
      memberEmail: payload.memberEmail,
      balance: answer.balance,
      replayed: answer.replayed,
      lastExpiresAt: answer.after.last_expires_at,
      entries: answer.extensions.map(({ allocation_id, credits, expires_before, expires_at }) => ({
        allocationId: allocation_id,
        credits,
        expiresBefore: expires_before,
        expiresAt: expires_at,
      })),
    };
    return (database, itemId, now) => landExtended(database, itemId, extended, now);
  },

  changed(answer: z.infer<typeof statusAnswer>): Landing {
    if (answer.outcome !== 'updated' && answer.outcome !== 'unchanged') return refusedAs(answer.outcome, null, null);
    const changed = { memberId: answer.member_id, status: answer.status, replayed: answer.replayed };
    return (database, itemId, now) => landStatus(database, itemId, changed, now);
  },
};

/** What the server has recorded for a command; null when it is another one's, or of a shape that nothing can be told from. */
export function readOutcome(command: MemberCommand, outcome: RecordedOutcome): Landing | null {
  if (outcome.command !== command.kind) return null;
  switch (command.kind) {
    case 'assign_member_credits':
      return read(assignAnswer, outcome, (value) => landingOf.assigned(command.payload, value));
    case 'revoke_member_credits':
      return read(revokeAnswer, outcome, (value) => landingOf.revoked(command.payload, value));
    case 'extend_member_credits':
      return read(extendAnswer, outcome, (value) => landingOf.extended(command.payload, value));
    case 'set_member_status':
      return read(statusAnswer, outcome, (value) => landingOf.changed(value));
  }
}

function read<Value>(
  schema: z.ZodType<Value>,
  outcome: RecordedOutcome,
  landing: (value: Value) => Landing,
): Landing | null {
  const parsed = schema.safeParse(outcome);
  return parsed.success ? landing(parsed.data) : null;
}

/** `money`: null where the answer tells no balance. That of a replayed one is old. */
function refusedAs(
  reason: string,
  shortfall: number | null,
  money: { readonly balance: number; readonly replayed: boolean } | null,
): Landing {
  const balance = money === null || money.replayed ? null : money.balance;
  return (database, itemId, now) => landRefused(database, itemId, { reason, shortfall }, balance, now);
}
