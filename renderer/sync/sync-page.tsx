import { Button, SegmentedControl } from '@mantine/core';
import { IconCloudCheck, IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import { useState } from 'react';
import type { OutboxItem, SyncStatus } from '../../shared/contract/sync.ts';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import { useCommand } from '../bridge/use-command.ts';
import { usePages } from '../bridge/use-pages.ts';
import { useQuery } from '../bridge/use-query.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatMoment, plural } from '../design/format.ts';
import { Card, Page } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { syncSummary } from '../messages/sync-words.ts';
import { SyncItem } from './sync-item.tsx';
import classes from './sync-page.module.css';

type Shown = 'open' | 'attention' | 'confirmed' | 'all';

const rowsOf = ({ items, total }: OperationOutput<'sync.items'>): { rows: OutboxItem[]; total: number } => ({
  rows: items,
  total,
});

const STEP = 50;

/** Everything that waits on this computer or was answered: its state, receipt or reason, and what can be done. */
export function SyncPage() {
  const status = useQuery('sync.status', {});
  const [show, setShow] = useState<Shown>('open');
  const [limit, setLimit] = useState(STEP);
  const pages = usePages<'sync.items', OutboxItem>('sync.items', { show }, rowsOf);
  const syncNow = useCommand('sync.now');
  const pause = useCommand('sync.pause');
  const resume = useCommand('sync.resume');
  const error = syncNow.error ?? pause.error ?? resume.error ?? status.error ?? pages.error;
  const total = pages.total ?? 0;
  const shown = Math.min(limit, total);

  const showMore = (): void => {
    pages.show(0, limit + STEP);
    setLimit(limit + STEP);
  };
  return (
    <Page
      title="Sync"
      note={status.data && <StatusLine status={status.data} />}
      actions={
        <>
          {status.data?.paused ? (
            <Button
              variant="default"
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
              loading={resume.running}
              onClick={() => void resume.run({})}
            >
              Resume sending
            </Button>
          ) : (
            <Button
              variant="default"
              leftSection={<IconPlayerPause size={16} aria-hidden />}
              loading={pause.running}
              onClick={() => void pause.run({})}
            >
              Pause sending
            </Button>
          )}
          <Button
            leftSection={<IconRefresh size={16} aria-hidden />}
            loading={syncNow.running}
            onClick={() => void syncNow.run({})}
          >
            Sync now
          </Button>
        </>
      }
    >
      {error && <ErrorNotice error={error} />}
      <SegmentedControl
        className={classes['filter']}
        aria-label="Items to show"
        value={show}
        onChange={(value) => {
          setShow(shownOf(value));
          setLimit(STEP);
        }}
        data={[
          { value: 'open', label: 'Open' },
          { value: 'attention', label: `Need attention${count(status.data?.attention)}` },
          { value: 'confirmed', label: 'Confirmed' },
          { value: 'all', label: 'All' },
        ]}
      />
      {pages.total === 0 && <NothingHere show={show} status={status.data} />}
      {total > 0 && (
        <ul className={classes['items']} aria-label="Items">
          {Array.from({ length: shown }, (_, index) => {
            const item = pages.rowAt(index);
            return item && <SyncItem key={item.itemId} item={item} paused={status.data?.paused ?? false} />;
          })}
        </ul>
      )}
      {shown < total && (
        <Button variant="default" className={classes['more']} onClick={showMore}>
          Show {formatCount(Math.min(STEP, total - shown))} more of {formatCount(total - shown)}
        </Button>
      )}
    </Page>
  );
}

function StatusLine({ status }: { status: SyncStatus }) {
  const { text, tone } = syncSummary(status);
  const next = status.nextAttemptAt ? `next attempt at ${formatMoment(status.nextAttemptAt)}` : null;
  const details = [
    ...(status.lastPullAt && tone !== 'confirmed' ? [`last read at ${formatMoment(status.lastPullAt)}`] : []),
    // The one line above says the most urgent; the rest stands here.
    ...(status.paused && !text.toLowerCase().includes('paused') ? ['sending is paused'] : []),
    ...(status.waiting > 0 && !text.includes('planned') ? [`${formatCount(status.waiting)} planned`] : []),
    ...(status.checking > 0 ? [`${formatCount(status.checking)} being checked`] : []),
    ...(next ? [next] : []),
  ];
  return (
    <span className={classes['status']}>
      <StateLabel tone={tone}>{text}</StateLabel>
      <span>{details.join(' · ')}</span>
    </span>
  );
}

function NothingHere({ show, status }: { show: Shown; status: SyncStatus | undefined }) {
  if (show === 'attention') {
    return (
      <Card>
        <EmptyState icon={IconCloudCheck} title="Nothing needs your attention" />
      </Card>
    );
  }
  if (show !== 'open') {
    return (
      <Card>
        <EmptyState icon={IconCloudCheck} title="Nothing was sent from this computer yet" />
      </Card>
    );
  }
  const waiting = status?.waiting ?? 0;
  return (
    <Card>
      <EmptyState
        icon={IconCloudCheck}
        title={
          status?.lastPullAt
            ? `Everything confirmed at ${formatMoment(status.lastPullAt)} · ${waiting === 0 ? 'nothing planned' : plural(waiting, 'item')}`
            : 'Nothing planned'
        }
      >
        What you assign or upload appears here until the server has confirmed it.
      </EmptyState>
    </Card>
  );
}

function count(value: number | undefined): string {
  return value ? ` ${formatCount(value)}` : '';
}

function shownOf(value: string): Shown {
  return value === 'attention' || value === 'confirmed' || value === 'all' ? value : 'open';
}
