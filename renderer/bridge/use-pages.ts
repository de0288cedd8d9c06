import { useCallback, useState, useSyncExternalStore } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import { useBridge } from './bridge-provider.tsx';
import type { QueryName } from './operation-tables.ts';

/** Reading operations that answer one slice of a list. */
type PagedName = Extract<QueryName, 'members.page' | 'uploads.rows' | 'sync.items' | 'sync.history'>;

/** Rows that cross the bridge at once; the contract allows 200. */
const PAGE_SIZE = 100;

interface Pages<Name extends PagedName, Row> {
  /** Undefined while the page that holds this row is on its way. */
  readonly rowAt: (index: number) => Row | undefined;
  readonly total: number | undefined;
  readonly first: OperationOutput<Name> | undefined;
  readonly error: AppError | undefined;
  /** True while the list on screen still answers the search or filter before. */
  readonly changing: boolean;
  readonly show: (from: number, to: number) => void;
}

function pageInput<Name extends PagedName>(filterKey: string, page: number): OperationInput<Name> {
  const filter = JSON.parse(filterKey) as object;
  return { ...filter, offset: page * PAGE_SIZE, limit: PAGE_SIZE } as OperationInput<Name>;
}

/**
 * A list read by pages for whatever part of it is on screen. When the filter changes, the rows of the filter before
 * stay until the first page of the new one is here: no flicker, no spinner.
 */
export function usePages<Name extends PagedName, Row>(
  name: Name,
  filter: Omit<OperationInput<Name>, 'offset' | 'limit'>,
  rowsOf: (answer: OperationOutput<Name>) => { rows: readonly Row[]; total: number },
): Pages<Name, Row> {
  const { queries } = useBridge();
  const [pages, setPages] = useState({ first: 0, last: 0 });
  const key = JSON.stringify(filter);
  const [answeredKey, setAnsweredKey] = useState(key);

  const watch = useCallback(
    (listener: () => void) => {
      // Page 0 is always watched: it carries the total.
      const watched = new Set([0]);
      for (let page = pages.first; page <= pages.last; page += 1) watched.add(page);
      const ends = Array.from(watched, (page) => queries.watch(name, pageInput<Name>(key, page), listener));
      return () => {
        for (const end of ends) end();
      };
    },
    [queries, name, key, pages],
  );
  useSyncExternalStore(watch, () => queries.revision(name));

  const wanted = queries.snapshot(name, pageInput<Name>(key, 0));
  if (wanted.data && answeredKey !== key) setAnsweredKey(key);
  const shownKey = wanted.data ? key : answeredKey;
  const first = queries.snapshot(name, pageInput<Name>(shownKey, 0)).data;

  const rowAt = (index: number): Row | undefined => {
    const page = queries.snapshot(name, pageInput<Name>(shownKey, Math.floor(index / PAGE_SIZE))).data;
    return page && rowsOf(page).rows[index % PAGE_SIZE];
  };
  const show = useCallback((from: number, to: number) => {
    const next = { first: Math.floor(from / PAGE_SIZE), last: Math.floor(to / PAGE_SIZE) };
    setPages((before) => (before.first === next.first && before.last === next.last ? before : next));
  }, []);

  return {
    rowAt,
    total: first && rowsOf(first).total,
    first,
    error: wanted.error,
    changing: shownKey !== key,
    show,
  };
}
