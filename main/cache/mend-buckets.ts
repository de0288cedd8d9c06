import { bucketOf } from './bucket-digests.ts';
import { mendMember } from './compare-members.ts';
import type { WriteDatabase } from './database.ts';
import { expiryInstant, type MemberState, removeMember } from './member-rows.ts';
import { type AllocationState, saveAllocation } from './pull-state.ts';
import { trackSearchChanges } from './search-changes.ts';

/** What the server holds of buckets that differ, or a part of it. */
export interface BucketEntries {
  readonly members: readonly MemberState[];
  readonly allocations: readonly AllocationState[];
}

/** Writes what is not as the server has it, in one transaction. What waits in the outbox is not touched. `now` in milliseconds. */
export function mendEntries(database: WriteDatabase, { members, allocations }: BucketEntries, now: number): void {
  database.transaction(() => {
    const expiryAt = expiryInstant(database, now);
    const search = trackSearchChanges(database);
    for (const member of members) mendMember(database, search, member, expiryAt);
    search.flush();
    for (const allocation of allocations) saveAllocation(database, allocation);
  });
}

/** Rows of the cache that the server may not have: those that buckets held when they were digested. */
export interface Suspects {
  readonly buckets: number;
  /** Buckets of which all members, or all entries of the ledger, were read. */
  readonly members: ReadonlySet<number>;
  readonly allocations: ReadonlySet<number>;
  readonly memberRows: readonly number[];
  readonly allocationRows: readonly number[];
}

/**
 * Removes what these buckets held and the server did not bring, in one transaction. A row that came since is not among them: a receipt may
 * have brought it after the server was asked.
 */
export function removeUnknown(
  database: WriteDatabase,
  suspects: Suspects,
  brought: { readonly members: ReadonlySet<string>; readonly allocations: ReadonlySet<string> },
): void {
  database.transaction(() => {
    const search = trackSearchChanges(database);
    let removed = 0;
    for (const row of suspects.memberRows) {
      const id = database.get<{ id: string }>('select member_id as id from members where rowid = ?', row)?.id;
      // Under the number of a row that is gone there may be another by now.
      if (id === undefined || brought.members.has(id) || !suspects.members.has(bucketOf(id, suspects.buckets)))
        continue;
      removeMember(database, search, id);
      removed += 1;
    }
    search.flush();
    for (const row of suspects.allocationRows) {
      const entry = database.get<{ id: string; of: string }>(
        'select allocation_id as id, coalesce(member_id, allocation_id) as of from allocations where rowid = ?',
        row,
      );
      if (entry === undefined || brought.allocations.has(entry.id)) continue;
      if (!suspects.allocations.has(bucketOf(entry.of, suspects.buckets))) continue;
      database.run('delete from allocations where allocation_id = ?', entry.id);
    }
    database.run('update pull_state set removed = removed + ?', removed);
  });
}
