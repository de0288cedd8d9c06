import type { MemberSelection } from '../../shared/contract/allocation.ts';
import type { WriteDatabase } from '../cache/database.ts';
import { findMember, findMembers } from '../cache/member-pages.ts';
import { queueAssignment } from '../cache/outbox.ts';

export interface QueuedForMany {
  readonly queued: number;
  /** Left out: nobody gives credits to an inactive member. */
  readonly inactive: number;
  /** Left out: ids that the cache does not know. */
  readonly unknown: number;
}

/**
 * Queues the same assignment for each of many members, in ONE transaction: after a crash all of them wait, or none. The server
 * decides each by itself, in the order given, while the balance lasts. Roll the expiry before. `now` in milliseconds.
 */
export function assignToMany(
  database: WriteDatabase,
  selection: MemberSelection,
  terms: { readonly credits: number; readonly validityDays: number; readonly note: string | null },
  now: number,
): QueuedForMany {
  return database.transaction(() => {
    const members = selection.by === 'filter' ? findMembers(database, selection.filter, now) : [];
    const ids = new Set(selection.by === 'ids' ? selection.memberIds : []);
    for (const memberId of ids) {
      const member = findMember(database, memberId);
      if (member !== undefined) members.push(member);
    }
    const partner = database.get<{ balance: number; asOf: string }>('select balance, as_of as asOf from partner');
    const active = members.filter((member) => member.status !== 'inactive');
    for (const { memberId, name, email, status, creditsAssigned, available } of active) {
      const seen = {
        creditsAssigned,
        available,
        status,
        balance: partner?.balance ?? null,
        asOf: partner?.asOf ?? null,
      };
      queueAssignment(database, { memberId, memberName: name, memberEmail: email, seen, ...terms }, now);
    }
    return {
      queued: active.length,
      inactive: members.length - active.length,
      unknown: selection.by === 'ids' ? ids.size - members.length : 0,
    };
  });
}
