import type { ReadDatabase, WriteDatabase } from './database.ts';
import { type MemberState, saveMember, storedColumns } from './member-rows.ts';
import type { SearchChanges } from './search-changes.ts';

/**
 * How everything is compared with the server: by digests of buckets, of which those alone are transferred that differ; or, where the server
 * has none or most of it differs, by reading the feed from its beginning.
 */
export type ComparisonWay = 'buckets' | 'feed';

/** How far the comparison with the server is, or what the last one found. */
export interface Comparison {
  readonly isComparing: boolean;
  /** Null while none is at work. */
  readonly way: ComparisonWay | null;
  /** Members that were not here, or not as the server has them. */
  readonly mended: number;
  /** Members that were here and that the server does not have. */
  readonly removed: number;
}

export function readComparison(database: ReadDatabase): Comparison {
  const row = database.get<{ is_comparing: number; mended: number; removed: number }>(
    'select is_comparing, mended, removed from pull_state',
  );
  const way = row === undefined ? null : (ways[row.is_comparing] ?? null);
  return { isComparing: way !== null, way, mended: row?.mended ?? 0, removed: row?.removed ?? 0 };
}

/** By `is_comparing`. */
const ways: readonly (ComparisonWay | null)[] = [null, 'feed', 'buckets'];

/**
 * A comparison is at work from here on, also after a restart. `feed`: the feed is read from its beginning, and what it does not bring is
 * removed at its end (`endComparison`). `buckets`: the feed goes on where it is until `endBuckets`. What is here stays visible, with its
 * age, and what waits in the outbox is not touched. `receiptsToo`: the server may have forgotten what it once confirmed.
 */
export function beginComparison(database: WriteDatabase, way: ComparisonWay, { receiptsToo = false } = {}): void {
  database.run(
    `update pull_state set cursor = iif(@way = 1, null, cursor), comparison = comparison + iif(@way = 1, 1, 0), is_comparing = @way,
       mended = 0, removed = 0, receipts_from = iif(@receiptsToo, 0, receipts_from)`,
    { way: ways.indexOf(way), receiptsToo: receiptsToo ? 1 : 0 },
  );
}

/** Writes a member only where it is not as the server has it, so that comparing costs little and counts what it mends. */
export function compareMember(
  database: WriteDatabase,
  search: SearchChanges,
  member: MemberState,
  expiryAt: string,
): void {
  if (!mendMember(database, search, member, expiryAt)) {
    database.run(
      'update members set seen_in = (select comparison from pull_state) where member_id = ?',
      member.memberId,
    );
  }
}

/** As `compareMember`, without a mark on what is as it should be. Answers whether it was mended. */
export function mendMember(
  database: WriteDatabase,
  search: SearchChanges,
  member: MemberState,
  expiryAt: string,
): boolean {
  if (isStored(database, member, expiryAt)) return false;
  saveMember(database, search, member, expiryAt);
  database.run('update pull_state set mended = mended + 1');
  return true;
}

/**
 * Removes what the feed did not bring from its beginning to its end, and has the search built anew. In the transaction of the feed's last
 * page. What waits in the outbox for a member that is gone stays.
 */
export function endComparison(database: WriteDatabase): void {
  const removed = database.run('delete from members where seen_in <> (select comparison from pull_state)');
  database.run('delete from allocations where seen_in <> (select comparison from pull_state)');
  end(database, removed);
}

/** Everything was compared by buckets: the feed goes on from the position that the digests stood for. One transaction. */
export function endBuckets(database: WriteDatabase, cursor: string): void {
  database.transaction(() => {
    database.run('update pull_state set cursor = ?', cursor);
    end(database, 0);
  });
}

/** No comparison is at work any more; what it has mended so far stays so. */
export function stopComparison(database: WriteDatabase): void {
  database.run('update pull_state set is_comparing = 0');
}

function end(database: WriteDatabase, removed: number): void {
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
    storedCredits(member),
    member.sessions
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, status, scheduledAt }) => ({ session_id: id, status, scheduled_at: scheduledAt })),
  ];
  return JSON.stringify([credits, sessions]) === JSON.stringify(expected);
}

/** The server's expiries may differ by less than the cache keeps: there they are one. */
function storedCredits(member: MemberState): object[] {
  const byExpiry = new Map<string, MemberState['credits'][number]>();
  for (const credits of member.credits) {
    const { expiresAt } = credits;
    const before = byExpiry.get(expiresAt) ?? { available: 0, used: 0, expired: 0, revoked: 0 };
    byExpiry.set(expiresAt, {
      expiresAt,
      available: before.available + credits.available,
      used: before.used + credits.used,
      expired: before.expired + credits.expired,
      revoked: before.revoked + credits.revoked,
    });
  }
  return Array.from(byExpiry.values())
    .toSorted((a, b) => (a.expiresAt < b.expiresAt ? -1 : 1))
    .map(({ expiresAt, ...counts }) => ({ expires_at: expiresAt, ...counts }));
}
