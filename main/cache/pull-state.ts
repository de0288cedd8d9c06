import type { AllocationKind } from '../../shared/contract/values.ts';
import { compareMember, endComparison, readComparison } from './compare-members.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';
import { instantAt } from './instant.ts';
import { expiryInstant, type MemberState, removeMember, saveMember } from './member-rows.ts';
import { type PartnerState, savePartner } from './partner.ts';
import { trackSearchChanges } from './search-changes.ts';

/** An entry of the ledger as the feed brings it. */
export interface AllocationState {
  readonly allocationId: string;
  readonly kind: AllocationKind;
  readonly memberId: string | null;
  readonly email: string;
  /** Given (positive) or taken back (negative); of an extension, how many credits' expiry moved. */
  readonly credits: number;
  readonly expiresAt: string | null;
  readonly source: string;
  readonly note: string | null;
  readonly actor: string | null;
  readonly createdAt: string;
}

/** One page of the feed. */
export interface ChangePage {
  readonly partner: PartnerState;
  readonly members: readonly MemberState[];
  readonly allocations: readonly AllocationState[];
  readonly removedMembers: readonly string[];
  readonly cursor: string;
  readonly hasMore: boolean;
}

/** Where the feed was left, and when (instant) it was last read to its end; nulls before. */
export function readPullState(database: ReadDatabase): { cursor: string | null; completedAt: string | null } {
  const row = database.get<{ cursor: string | null; completed_at: string | null }>(
    'select cursor, completed_at from pull_state',
  );
  return { cursor: row?.cursor ?? null, completedAt: row?.completed_at ?? null };
}

/**
 * Writes some members of a page ahead of its cursor, in one transaction. Until `applyChangePage` has written the rest, the page is to be
 * asked for again: that a member comes twice does no harm. `receivedAt` in milliseconds.
 */
export function applyMembers(
  database: WriteDatabase,
  page: Pick<ChangePage, 'members' | 'removedMembers' | 'hasMore'>,
  receivedAt: number,
): void {
  database.transaction(() => {
    const expiryAt = expiryInstant(database, receivedAt);
    database.run(
      `insert into pull_state (only_row, expiry_at, search_through)
       values (1, ?, iif(? and not exists (select 1 from members), 0, null)) on conflict (only_row) do nothing`,
      expiryAt,
      page.hasMore ? 1 : 0,
    );
    const search = trackSearchChanges(database);
    for (const memberId of page.removedMembers) removeMember(database, search, memberId);
    const isComparing = readComparison(database).way === 'feed';
    for (const member of page.members) {
      if (!isComparing) saveMember(database, search, member, expiryAt);
      else compareMember(database, search, member, expiryAt);
    }
    search.flush();
  });
}

/**
 * Writes one page, or the rest of it, and the cursor behind it in ONE transaction: a crash leaves the page either wholly in, or to be
 * asked for again. `receivedAt` in milliseconds.
 */
export function applyChangePage(database: WriteDatabase, page: ChangePage, receivedAt: number): void {
  database.transaction(() => {
    applyMembers(database, page, receivedAt);
    for (const allocation of page.allocations) saveAllocation(database, allocation);
    if (!page.hasMore && readComparison(database).way === 'feed') endComparison(database);
    savePartner(database, page.partner, receivedAt);
    database.run('update pull_state set cursor = @cursor, completed_at = coalesce(@completedAt, completed_at)', {
      cursor: page.cursor,
      completedAt: page.hasMore ? null : instantAt(receivedAt),
    });
  });
}

const insertAllocation = `insert into allocations (allocation_id, kind, member_id, email, credits, expires_at, source, note, actor, created_at, seen_in)
  values (@allocationId, @kind, @memberId, @email, @credits, @expiresAt, @source, @note, @actor, @createdAt,
    coalesce((select comparison from pull_state), 0))`;

/** The ledger's own entry: wins over what a receipt told earlier. */
export function saveAllocation(database: WriteDatabase, allocation: AllocationState): void {
  database.run(
    `${insertAllocation} on conflict (allocation_id) do update set kind = excluded.kind, member_id = excluded.member_id, email = excluded.email,
       credits = excluded.credits, expires_at = excluded.expires_at, source = excluded.source, note = excluded.note,
       actor = excluded.actor, created_at = excluded.created_at, seen_in = excluded.seen_in`,
    { ...allocation },
  );
}

/** What a receipt tells of an allocation, ahead of the ledger's own entry. */
export function saveAllocationAhead(database: WriteDatabase, allocation: AllocationState): void {
  database.run(`${insertAllocation} on conflict (allocation_id) do nothing`, { ...allocation });
}

/** Forgets everything that can be pulled again. The outbox and the drafts stay. */
export function clearCache(database: WriteDatabase): void {
  database.transaction(() => {
    database.execute(
      `delete from members; delete from member_credits; delete from member_sessions; delete from allocations;
       delete from partner; delete from pull_state;
       insert into member_search (member_search) values ('delete-all');`,
    );
  });
}
