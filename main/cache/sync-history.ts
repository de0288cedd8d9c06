import type { SyncRound } from '../../shared/contract/sync-history.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';

/** Older rounds are forgotten. */
const KEPT_ROUNDS = 1_000;

export type EndedRound = Omit<SyncRound, 'round' | 'repeats'>;

const columns = `round, started_by as startedBy, started_at as startedAt, ended_at as endedAt, repeats, milliseconds, sent,
  confirmed, refused, pulled_members as pulledMembers, pulled_allocations as pulledAllocations,
  removed_members as removedMembers, fault`;

/**
 * Writes a round down. One that the clock began and that did nothing, or met the same fault again, is counted on the round
 * before when that was alike: a night of looking in vain is one line. One transaction.
 */
export function appendRound(database: WriteDatabase, ended: EndedRound): void {
  database.transaction(() => {
    const last = database.get<SyncRound>(`select ${columns} from sync_history order by round desc limit 1`);
    if (last !== undefined && isUneventful(last) && isUneventful(ended) && last.fault === ended.fault) {
      database.run(
        'update sync_history set ended_at = ?, milliseconds = ?, repeats = repeats + 1 where round = ?',
        ended.endedAt,
        ended.milliseconds,
        last.round,
      );
      return;
    }
    database.run(
      `insert into sync_history (started_by, started_at, ended_at, milliseconds, sent, confirmed, refused,
         pulled_members, pulled_allocations, removed_members, fault)
       values (@startedBy, @startedAt, @endedAt, @milliseconds, @sent, @confirmed, @refused,
         @pulledMembers, @pulledAllocations, @removedMembers, @fault)`,
      { ...ended },
    );
    database.run('delete from sync_history where round <= (select max(round) from sync_history) - ?', KEPT_ROUNDS);
  });
}

function isUneventful(round: EndedRound): boolean {
  const { startedBy, sent, confirmed, refused, pulledMembers, pulledAllocations, removedMembers } = round;
  return startedBy === 'timer' && sent + confirmed + refused + pulledMembers + pulledAllocations + removedMembers === 0;
}

/** A page of the rounds, newest first. */
export function listRounds(
  database: ReadDatabase,
  page: { readonly offset: number; readonly limit: number },
): { rounds: SyncRound[]; total: number } {
  return {
    rounds: database.all<SyncRound>(
      `select ${columns} from sync_history order by round desc limit ? offset ?`,
      page.limit,
      page.offset,
    ),
    total: database.get<{ total: number }>('select count(*) as total from sync_history')?.total ?? 0,
  };
}
