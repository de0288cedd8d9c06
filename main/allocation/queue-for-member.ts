import type { AppError } from '../../shared/app-error.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { findMember } from '../cache/member-pages.ts';
import { queueCommand } from '../cache/outbox.ts';
import type { MemberCommand } from '../cache/outbox-payload.ts';
import { readSituation } from '../cache/situation.ts';

/** What is known of the member is added when the command is queued. */
type Terms<Command extends MemberCommand> = Omit<
  Command['payload'],
  'memberId' | 'memberName' | 'memberEmail' | 'seen'
>;

/** A command as the person gives it. */
export type WantedCommand =
  | { kind: 'assign_member_credits'; terms: Terms<Extract<MemberCommand, { kind: 'assign_member_credits' }>> }
  | { kind: 'revoke_member_credits'; terms: Terms<Extract<MemberCommand, { kind: 'revoke_member_credits' }>> }
  | { kind: 'extend_member_credits'; terms: Terms<Extract<MemberCommand, { kind: 'extend_member_credits' }>> }
  | { kind: 'set_member_status'; terms: Terms<Extract<MemberCommand, { kind: 'set_member_status' }>> };

/**
 * Queues a command on one member in one transaction, with what is known of the member at this moment: it is planned from now
 * on, whatever happens to this computer. More than the balance, or than a member has, may be planned (both may grow before
 * it is sent); the server decides. Errors: `not_found` for a member whom the cache does not know, `refused` with
 * `member_inactive` where an inactive member would be given credits or longer ones. `now` in milliseconds.
 */
export function queueForMember(
  database: WriteDatabase,
  memberId: string,
  command: WantedCommand,
  now: number,
): Result<{ readonly itemId: string }, AppError> {
  return database.transaction(() => {
    const member = findMember(database, memberId);
    if (member === undefined) return err({ code: 'not_found', what: 'member' });
    const needsActive = command.kind === 'assign_member_credits' || command.kind === 'extend_member_credits';
    if (needsActive && member.status === 'inactive') return err({ code: 'refused', reason: 'member_inactive' });
    const known = {
      memberId,
      memberName: member.name,
      memberEmail: member.email,
      seen: readSituation(database, memberId),
    };
    return ok({ itemId: queueCommand(database, withMember(command, known), now) });
  });
}

function withMember(
  command: WantedCommand,
  known: Pick<MemberCommand['payload'], 'memberId' | 'memberName' | 'memberEmail' | 'seen'>,
): MemberCommand {
  switch (command.kind) {
    case 'assign_member_credits':
      return { kind: command.kind, payload: { ...known, ...command.terms } };
    case 'revoke_member_credits':
      return { kind: command.kind, payload: { ...known, ...command.terms } };
    case 'extend_member_credits':
      return { kind: command.kind, payload: { ...known, ...command.terms } };
    case 'set_member_status':
      return { kind: command.kind, payload: { ...known, ...command.terms } };
  }
}
