import { Button } from '@mantine/core';
import { IconGitCompare } from '@tabler/icons-react';
import { useCallback, useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import classes from './sync-page.module.css';

/** Compares everything with the server on demand, tells how far it is, and what was different. */
export function CompareBar() {
  const compare = useCommand('sync.compare');
  const stop = useCommand('sync.stopComparing');
  const [progress, setProgress] = useState('');
  const [result, setResult] = useState<OperationOutput<'sync.compare'> | null>(null);
  const onEvent = useCallback((event: BridgeEvent) => {
    if (event.event === 'pull_progress') setProgress(`${plural(event.members, 'member')} read so far.`);
    if (event.event === 'compare_progress') setProgress(progressWords(event));
  }, []);
  useBridgeEvent(onEvent);
  const run = async (): Promise<void> => {
    setProgress('Looking for what has changed.');
    setResult(null);
    const answer = await compare.run({});
    if (answer.ok) setResult(answer.value);
  };
  return (
    <section className={classes['compare']} aria-label="Compare with the server">
      <Button
        size="xs"
        variant="default"
        leftSection={<IconGitCompare size={16} aria-hidden />}
        loading={compare.running}
        onClick={() => void run()}
      >
        Compare everything with the server now
      </Button>
      {compare.running && (
        <Button size="xs" variant="subtle" onClick={() => void stop.run({})}>
          Stop comparing
        </Button>
      )}
      <output>
        {compare.running && `${progress} What waits here stays as it is.`}
        {result && resultWords(result)}
      </output>
      {compare.error && <ErrorNotice error={compare.error} />}
    </section>
  );
}

function progressWords(progress: Extract<BridgeEvent, { event: 'compare_progress' }>): string {
  const compared = `${formatCount(progress.compared)} of ${plural(progress.buckets, 'group')} of members compared`;
  return `${compared}, ${formatCount(progress.differing)} of them different; ${plural(progress.members, 'member')} read anew.`;
}

function resultWords({ members, mended, removed, stopped }: OperationOutput<'sync.compare'>): string {
  const found = `${formatCount(mended)} brought up to date, ${formatCount(removed)} removed`;
  if (stopped) return `Stopped before everything was compared: ${found}.`;
  if (mended + removed === 0) return `All ${formatCount(members)} members are the same here and on the server.`;
  return `${plural(members, 'member')} compared: ${found}.`;
}
