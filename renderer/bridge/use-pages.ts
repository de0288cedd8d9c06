import { useCallback, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import { useBridge } from './bridge-provider.tsx';
import type { QueryName } from './operation-tables.ts';

/** Reading operations that answer one slice of a list. */
type PagedName = Extract<QueryName, 'members.page' | 'uploads.rows' | 'sync.items'>;

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
  const [range, setRange] = useState({ from: 0, to: 0 });
  const key = JSON.stringify(filter);
  const shownKey = useRef(key);
  const inputs = useMemo(() => {
    const input = (filterKey: string, page: number): OperationInput<Name> => {
      const parsed = JSON.parse(filterKey) as object;
      return { ...parsed, offset: page * PAGE_SIZE, limit: PAGE_SIZE } as OperationInput<Name>;
    };
    return input;
  }, []);

  const firstPage = Math.floor(range.from / PAGE_SIZE);
  const lastPage = Math.floor(range.to / PAGE_SIZE);
  const version = useRef(0);
  const watch = useCallback(
    (listener: () => void) => {
      const changed = (): void => {
        version.current += 1;
        listener();
      };
      // Page 0 is always watched: it carries the total.
      const pages = new Set([0]);
      for (let page = firstPage; page <= lastPage; page += 1) pages.add(page);
      const ends = Array.from(pages, (page) => queries.watch(name, inputs(key, page), changed));
      return () => {
        for (const end of ends) end();
      };
    },
    [queries, name, key, inputs, firstPage, lastPage],
  );
  useSyncExternalStore(watch, () => version.current);

  const wanted = queries.snapshot(name, inputs(key, 0));
  if (wanted.data) shownKey.current = key;
  const filterKey = shownKey.current;
  const current = filterKey === key ? wanted : queries.snapshot(name, inputs(filterKey, 0));
  const first = current.data;

  const rowAt = (index: number): Row | undefined => {
    const page = queries.snapshot(name, inputs(filterKey, Math.floor(index / PAGE_SIZE))).data;
    return page && rowsOf(page).rows[index % PAGE_SIZE];
  };
  const show = useCallback((from: number, to: number) => {
    setRange((before) =>
      Math.floor(before.from / PAGE_SIZE) === Math.floor(from / PAGE_SIZE) &&
      Math.floor(before.to / PAGE_SIZE) === Math.floor(to / PAGE_SIZE)
        ? before
        : { from, to },
    );
  }, []);

  return {
    rowAt,
    total: first && rowsOf(first).total,
    first,
    error: wanted.error,
    changing: filterKey !== key,
    show,
  };
}
