import type { CacheRecovery } from '../../shared/contract/application.ts';
import type { ReadDatabase, WriteDatabase } from './database.ts';

/** The latest recovery that nobody has dismissed; null when there is none. */
export function latestRecovery(database: ReadDatabase): CacheRecovery | null {
  const latest = database.get<CacheRecovery>(
    `select recovery, happened_at as happenedAt, reason, items, drafts, lost, set_aside as setAside
     from cache_recovered where seen = 0 order by recovery desc limit 1`,
  );
  return latest ?? null;
}

/** Somebody has read it. The record stays. */
export function dismissRecoveries(database: WriteDatabase): void {
  database.run('update cache_recovered set seen = 1 where seen = 0');
}
