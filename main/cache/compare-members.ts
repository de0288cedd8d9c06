import type { ReadDatabase, WriteDatabase } from './database.ts';
import { type MemberState, saveMember, storedColumns } from './member-rows.ts';
import type { SearchChanges } from './search-changes.ts';

/** How far the comparison with the server is, or what the last one found. */
export interface Comparison {
  readonly isComparing: boolean;
  /** Members that were not here, or not as the server has them. */
  readonly mended: number;
  /** Members that were here and that the server does not have. */
  readonly removed: number;
}

export function readComparison(database: ReadDatabase): Comparison {
  const row = database.get<{ is_comparing: number; mended: number; removed: number }>(
    'select is_comparing, mended, removed from pull_state',
  );
  return { isComparing: row?.is_comparing === 1, mended: row?.mended ?? 0, removed: row?.removed ?? 0 };
}

/**
 * From here on the feed is read from its beginning, and what it does not bring is removed at its end (`endComparison`). Survives a
 * restart. What is here stays visible, with its age, and what waits in the outbox is not touched. `receiptsToo`: the server may have
 * forgotten what it once confirmed.
 */
export function beginComparison(database: WriteDatabase, { receiptsToo = false } = {}): void {
  database.run(
    `update pull_state set cursor = null, comparison = comparison + 1, is_comparing = 1, mended = 0, removed = 0,
       receipts_from = iif(?, 0, receipts_from)`,
    receiptsToo ? 1 : 0,
  );
}

/** Writes a member only where it is not as the server has it, so that comparing costs little and counts what it mends. */
export function compareMember(
  database: WriteDatabase,
  search: SearchChanges,
  member: MemberState,
  expiryAt: string,
): void {
  if (isStored(database, member, expiryAt)) {
    database.run(
      'update members set seen_in = (select comparison from pull_state) where member_id = ?',
      member.memberId,
    );
    return;
  }
  saveMember(database, search, member, expiryAt);
  database.run('update pull_state set mended = mended + 1');
}

/**
 * Removes what the feed did not bring from its beginning to its end, and has the search built anew. In the transaction of the feed's last
 * page. What waits in the outbox for a member that is gone stays.
 */
export function endComparison(database: WriteDatabase): void {
  const removed = database.run('delete from members where seen_in <> (select comparison from pull_state)');
  database.run('delete from allocations where seen_in <> (select comparison from pull_state)');
  // The index keeps no text of its own: whether it says what the members say cannot be compared.
  database.execute(`insert into member_search (member_search) values ('delete-all')`);
  database.run('update pull_state set is_comparing = 0, removed = removed + ?, search_through = 0', removed);
}

/** Keys are as the columns of `storedColumns`: both sides are compared as one text. */
const columns = `member_id as memberId, first_name as firstName, name_key as nameKey, email, email_key as key, status, user_id as userId,
  credits_assigned as creditsAssigned, available, used, next_expiry as nextExpiry, created_at as createdAt`;

function isStored(database: ReadDatabase, member: MemberState, expiryAt: string): boolean {
  const row = database.get(`select ${columns} from members where member_id = ?`, member.memberId);
  if (JSON.stringify(row) !== JSON.stringify(storedColumns(member, expiryAt))) return false;
  const credits = database.all(
    'select expires_at, available, used, expired, revoked from member_credits where member_id = ? order by expires_at',
    member.memberId,
  );
  const sessions = database.all(
    'select session_id, status, scheduled_at from member_sessions where member_id = ? order by session_id',
    member.memberId,
  );
  const expected = [
    member.credits
      .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1))
      .map(({ expiresAt, available, used, expired, revoked }) => ({
        expires_at: expiresAt,
        available,
        used,
        expired,
        revoked,
      })),
    member.sessions
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, status, scheduledAt }) => ({ session_id: id, status, scheduled_at: scheduledAt })),
  ];
  return JSON.stringify([credits, sessions]) === JSON.stringify(expected);
}
