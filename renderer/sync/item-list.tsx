import { IconCloudCheck } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { ItemFilter } from '../../shared/contract/sync-filter.ts';
import type { OutboxItem, SyncStatus } from '../../shared/contract/sync.ts';
import { useExport } from '../bridge/use-export.ts';
import { usePages } from '../bridge/use-pages.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { plural } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { syncSummary } from '../messages/sync-words.ts';
import { ItemFilters } from './item-filters.tsx';
import { Pager } from './pager.tsx';
import { ReasonBar } from './reason-bar.tsx';
import type { Surroundings } from './item-story.ts';
import { SyncItem } from './sync-item.tsx';
import classes from './sync-page.module.css';

const rowsOf = ({ items, total }: OperationOutput<'sync.items'>): { rows: OutboxItem[]; total: number } => ({
  rows: items,
  total,
});

/** Items on screen at once, however many there are. */
const STEP = 50;
const everything: ItemFilter = { show: 'open', kind: null, reason: null, search: '' };

/** The items of the outbox: filtered, a page at a time, each with its actions; and files of them. */
export function ItemList({ status }: { status: SyncStatus | undefined }) {
  const [filter, setFilter] = useState(everything);
  const [wanted, setWanted] = useState(0);
  const pages = usePages<'sync.items', OutboxItem>('sync.items', filter, rowsOf);
  const files = useExport();
  const list = useRef<HTMLUListElement>(null);
  const total = pages.total ?? 0;
  // Items may have gone since the page was chosen.
  const offset = Math.min(wanted, Math.max(0, Math.floor((total - 1) / STEP) * STEP));
  const shown = Math.min(STEP, total - offset);

  const go = (next: number): void => {
    setWanted(next);
    pages.show(next, next + STEP - 1);
    list.current?.focus({ preventScroll: true });
    list.current?.scrollIntoView({ block: 'start' });
  };
  const change = (next: ItemFilter): void => {
    setFilter(next);
    setWanted(0);
    pages.show(0, STEP - 1);
  };
  const error = pages.error ?? files.error;
  const sync: Surroundings = status ?? { signedIn: true, paused: false, connection: 'unknown', fault: null };
  return (
    <>
      {error && <ErrorNotice error={error} />}
      <ItemFilters filter={filter} onChange={change} status={status} files={files} total={pages.total} />
      <ReasonBar filter={filter} onChange={change} total={total} />
      {pages.total === 0 && <NothingHere filter={filter} status={status} />}
      {total > 0 && (
        <ul ref={list} tabIndex={-1} className={classes['items']} aria-label="Items" aria-busy={pages.changing}>
          {Array.from({ length: shown }, (_, index) => {
            const item = pages.rowAt(offset + index);
            return item && <SyncItem key={item.itemId} item={item} sync={sync} />;
          })}
        </ul>
      )}
      <Pager label="Pages of items" offset={offset} step={STEP} total={total} onGo={go} />
    </>
  );
}

function NothingHere({ filter, status }: { filter: ItemFilter; status: SyncStatus | undefined }) {
  if (filter.search !== '' || filter.kind !== null || filter.reason !== null)
    return <Nothing title="No item matches" />;
  if (filter.show === 'attention') return <Nothing title="Nothing needs your attention" />;
  if (filter.show === 'all' || filter.show === 'confirmed') {
    return <Nothing title="Nothing was sent from this computer yet" />;
  }
  if (filter.show !== 'open') return <Nothing title="No item is in this state" />;
  const waiting = status?.waiting ?? 0;
  const what = waiting === 0 ? 'nothing planned' : plural(waiting, 'item');
  return (
    <Nothing title={status?.lastPullAt ? `${syncSummary(status).text} · ${what}` : 'Nothing planned'}>
      What you assign or upload appears here until the server has confirmed it.
    </Nothing>
  );
}

function Nothing({ title, children }: { title: string; children?: string }) {
  return (
    <Card>
      <EmptyState icon={IconCloudCheck} title={title}>
        {children}
      </EmptyState>
    </Card>
  );
}
