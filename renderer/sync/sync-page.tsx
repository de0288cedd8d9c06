import { Button, Tabs } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconRefresh } from '@tabler/icons-react';
import type { SyncStatus } from '../../shared/contract/sync.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatAge, formatCount, formatMoment } from '../design/format.ts';
import { Page } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { faultWords } from '../messages/error-words.ts';
import { syncSummary } from '../messages/sync-words.ts';
import { CompareBar } from './compare-bar.tsx';
import { ItemList } from './item-list.tsx';
import { RoundList } from './round-list.tsx';
import classes from './sync-page.module.css';

/** Everything that waits on this computer or was answered, and what each sync did. */
export function SyncPage() {
  const status = useQuery('sync.status', {});
  const syncNow = useCommand('sync.now');
  const pause = useCommand('sync.pause');
  const resume = useCommand('sync.resume');
  const error = syncNow.error ?? pause.error ?? resume.error ?? status.error;
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
      <Tabs defaultValue="items" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="items">Items</Tabs.Tab>
          <Tabs.Tab value="history">History</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="items" className={classes['panel'] ?? ''}>
          <ItemList status={status.data} />
        </Tabs.Panel>
        <Tabs.Panel value="history" className={classes['panel'] ?? ''}>
          <CompareBar />
          <RoundList />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function StatusLine({ status }: { status: SyncStatus }) {
  const { text, tone } = syncSummary(status);
  const next = status.nextAttemptAt ? `next attempt at ${formatMoment(status.nextAttemptAt)}` : null;
  const details = [
    status.lastPullAt ? dataAge(text, status.lastPullAt) : 'nothing read from the server yet',
    // The one line above says the most urgent; the rest stands here.
    ...(status.fault === null || text.includes(faultWords(status.fault))
      ? []
      : [`last fault: ${faultWords(status.fault)}`]),
    ...(status.paused && !text.toLowerCase().includes('paused') ? ['sending is paused'] : []),
    ...(status.waiting > 0 && !text.includes('planned') ? [`${formatCount(status.waiting)} planned`] : []),
    ...(status.checking > 0 && !text.includes('being checked')
      ? [`${formatCount(status.checking)} being checked`]
      : []),
    ...(next ? [next] : []),
  ];
  return (
    <span className={classes['status']}>
      <StateLabel tone={tone}>{text}</StateLabel>
      <span>{details.join(' · ')}</span>
    </span>
  );
}

/** The age always; the time too, where the line above does not have it. */
function dataAge(summary: string, lastPullAt: string): string {
  const age = formatAge(lastPullAt);
  return summary.includes('data from') ? `read ${age}` : `data from ${formatMoment(lastPullAt)}, ${age}`;
}
