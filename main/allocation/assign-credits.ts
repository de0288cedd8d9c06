import type { AppError } from '../../shared/app-error.ts';
import type { Assignment } from '../../shared/contract/allocation.ts';
import { err, ok, type Result } from '../../shared/result.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { findMember } from '../cache/member-pages.ts';
import { queueAssignment } from '../cache/outbox.ts';

/**
 * Queues an assignment in one transaction: it is planned from now on, whatever happens to this computer. More than the
 * balance may be planned (the balance may grow before it is sent); the server decides. Errors: `not_found` for a member
 * the cache does not know, `refused` with `member_inactive`. `now` in milliseconds. Answers the item's id.
 */
export function assignCredits(
  database: WriteDatabase,
  assignment: Assignment,
  now: number,
): Result<{ readonly itemId: string }, AppError> {
  return database.transaction(() => {
    const member = findMember(database, assignment.memberId);
    if (member === undefined) return err({ code: 'not_found', what: 'member' });
    if (member.status === 'inactive') return err({ code: 'refused', reason: 'member_inactive' });
    const itemId = queueAssignment(
      database,
      { ...assignment, memberName: member.name, memberEmail: member.email },
      now,
    );
    return ok({ itemId });
  });
}
