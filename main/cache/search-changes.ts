import type { WriteDatabase } from './database.ts';
import { searchThrough } from './fill-search.ts';

interface SearchEntry {
  readonly memberId: string;
  readonly rowid: number;
  readonly name: string;
  readonly email: string;
}

/**
 * Keeps the search index in step with the members that one transaction changes. Every member is noted before its row is touched;
 * `flush` then compares and writes. In two statements at most, because each statement on the index makes it write out
 * all it has gathered: row by row a first pull took five times as long.
 */
export interface SearchChanges {
  note(memberId: string): void;
  flush(): void;
}

export function trackSearchChanges(database: WriteDatabase): SearchChanges {
  const before = new Map<string, SearchEntry | null>();
  // During a first pull the members beyond come later, all at once: see fill-search.ts.
  const through = searchThrough(database) ?? Number.MAX_SAFE_INTEGER;
  const entryOf = (memberId: string): SearchEntry | null =>
    database.get<SearchEntry>(
      'select member_id as memberId, rowid, name_key as name, folded(email) as email from members where member_id = ? and rowid <= ?',
      memberId,
      through,
    ) ?? null;
  return {
    note(memberId) {
      if (!before.has(memberId)) before.set(memberId, entryOf(memberId));
    },
    flush() {
      const gone: SearchEntry[] = [];
      const come: SearchEntry[] = [];
      for (const [memberId, old] of before) {
        const fresh = entryOf(memberId);
        if (old?.rowid === fresh?.rowid && old?.name === fresh?.name && old?.email === fresh?.email) continue;
        if (old !== null) gone.push(old);
        if (fresh !== null) come.push(fresh);
      }
      before.clear();
      // The index holds no text of its own: to forget an entry it must be told exactly what it was built from.
      if (gone.length > 0) {
        database.run(
          `insert into member_search (member_search, rowid, name, email)
           select 'delete', value ->> 'rowid', value ->> 'name', value ->> 'email' from json_each(?)`,
          JSON.stringify(gone),
        );
      }
      if (come.length > 0) {
        database.run(
          `insert into member_search (rowid, name, email)
           select value ->> 'rowid', value ->> 'name', value ->> 'email' from json_each(?)`,
          JSON.stringify(come),
        );
      }
    },
  };
}
