import type { OpenDatabase, ReadDatabase } from './database.ts';
import { inSlices } from './in-slices.ts';

/** Few enough for two milliseconds, enough that the index does not write out every few members. */
const MEMBERS_A_STEP = 100;

/** The last rowid of `members` that is in the search; null when all are. */
export function searchThrough(database: ReadDatabase): number | null {
  return (
    database.get<{ search_through: number | null }>('select search_through from pull_state')?.search_through ?? null
  );
}

/**
 * Puts the members that a first pull left out into the search, in slices; goes on where it was left. Row by row during the pull
 * it would take several times as long.
 */
export async function fillSearch(database: OpenDatabase): Promise<void> {
  if (!database.isOpen || searchThrough(database) === null) return;
  await inSlices(database, () => {
    const from = searchThrough(database);
    if (from === null) return false;
    const through =
      database.get<{ through: number | null }>(
        `select max(rowid) as through from (select rowid from members where rowid > ? order by rowid limit ${MEMBERS_A_STEP})`,
        from,
      )?.through ?? null;
    if (through !== null) {
      database.run(
        `insert into member_search (rowid, name, email)
         select rowid, name_key, folded(email) from members where rowid > ? and rowid <= ? order by rowid`,
        from,
        through,
      );
    }
    database.run('update pull_state set search_through = ?', through);
    return through !== null;
  });
}
