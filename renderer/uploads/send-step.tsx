import { Button, Progress } from '@mantine/core';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { BalanceStrip } from '../design/balance-strip.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { isRefusedWhole } from '../messages/row-words.ts';
import { heldReasonWords, outboxStateWords } from '../messages/state-words.ts';
import { openSection, openUpload } from '../navigation/navigation-store.ts';
import { ExportMenu } from './export-menu.tsx';
import { ExportProgress } from './export-progress.tsx';
import { ResultRows } from './result-rows.tsx';
import { useExport } from '../bridge/use-export.ts';
import classes from './send-step.module.css';

/** How sending goes, and afterwards the receipt or reason of every row. */
export function SendStep({ draft }: { draft: DraftDetail }) {
  const { draftId, stage, confirmed, refused, waiting } = draft;
  const pause = useCommand('uploads.pause');
  const resume = useCommand('uploads.resume');
  const stop = useCommand('uploads.stop');
  const retryRefused = useCommand('uploads.retryRefused');
  const error = pause.error ?? resume.error ?? stop.error ?? retryRefused.error;
  const total = confirmed + refused + waiting;
  const answered = confirmed + refused;
  const isOver = stage === 'done' || stage === 'stopped';
  const left = refused + waiting + draft.errors;
  const files = useExport();

  const correct = async (): Promise<void> => {
    const result = await retryRefused.run({ draftId });
    if (result.ok) openUpload({ draftId: result.value.draftId });
  };

  return (
    <>
      {error && <ErrorNotice error={error} />}
      <Card>
        <div className={classes['head']}>
          <output className={classes['words']}>
            <p className={classes['title']}>{title(draft)}</p>
            <p className={classes['counts']}>
              {formatCount(answered)} of {formatCount(total)} sent · {formatCount(confirmed)} confirmed ·{' '}
              {formatCount(refused)} refused
            </p>
          </output>
          <div className={classes['actions']}>
            {(stage === 'queued' || stage === 'sending') && (
              <Button variant="default" loading={pause.running} onClick={() => void pause.run({ draftId })}>
                Pause
              </Button>
            )}
            {stage === 'paused' && (
              <Button loading={resume.running} onClick={() => void resume.run({ draftId })}>
                Resume
              </Button>
            )}
            {!isOver && (
              <Button variant="default" loading={stop.running} onClick={() => void stop.run({ draftId })}>
                Stop
              </Button>
            )}
            {isOver && <ExportMenu draftId={draftId} hasProblems={left > 0} files={files} />}
            {isOver && left > 0 && (
              <Button loading={retryRefused.running} onClick={() => void correct()}>
                {correctWords(draft)}
              </Button>
            )}
          </div>
        </div>
        {isOver && <Summary draft={draft} />}
        <Progress.Root size="lg" aria-hidden>
          <Progress.Section value={share(confirmed, total)} color="moss.6" />
          <Progress.Section value={share(refused, total)} color="coral.5" />
        </Progress.Root>
      </Card>
      <ExportProgress files={files} />
      <Standing draft={draft} />
      <ResultRows draft={draft} />
    </>
  );
}

function correctWords({ refused, waiting, errors }: DraftDetail): string {
  if (refused > 0) return 'Correct refused rows';
  return errors > 0 && waiting === 0 ? 'Correct the rows that stayed behind' : 'Prepare the unsent rows again';
}

function share(part: number, total: number): number {
  return total === 0 ? 0 : (part / total) * 100;
}

function title(draft: DraftDetail): string {
  switch (draft.stage) {
    case 'done':
      if (draft.refused > 0) return 'Every row has its answer';
      return draft.errors > 0 ? 'Every row that was sent is confirmed' : 'Every row is confirmed';
    case 'stopped':
      return isRefusedWhole(draft) ? 'Refused as a whole: nothing was changed' : 'Stopped';
    case 'paused':
      return 'Paused';
    case 'sending':
      return 'Sending';
    case 'queued':
      return 'Planned: waits to be sent';
    case 'receiving':
    case 'columns':
    case 'reading':
    case 'fix':
      return 'Not sent';
  }
}

/** After it: what became of every row of the file, and the balance as it is now. */
function Summary({ draft }: { draft: DraftDetail }) {
  const balance = useQuery('dashboard.read', {}).data?.balance;
  const figures: [string, number][] = [
    ['Confirmed', draft.confirmed],
    ['Refused', draft.refused],
    [isRefusedWhole(draft) ? 'Not done' : 'Not sent', draft.waiting],
    ['Stayed behind with errors', draft.errors],
    ['Skipped', draft.skipped],
  ];
  return (
    <div className={classes['summary']}>
      <dl className={classes['figures']} aria-label="What became of the rows">
        {figures
          .filter(([, rows]) => rows > 0)
          .map(([name, rows]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{formatCount(rows)}</dd>
            </div>
          ))}
      </dl>
      {balance && <BalanceStrip balance={balance} />}
    </div>
  );
}

/** In exact words what was done and what was not, and why it waits when it does. */
function Standing({ draft }: { draft: DraftDetail }) {
  const items = useQuery('sync.items', { show: 'open', offset: 0, limit: 200 }).data?.items;
  const item = items?.find((candidate) => candidate.itemId === draft.outboxItemId);
  const isEverythingPaused = useQuery('sync.status', {}).data?.paused === true;
  const resumeSending = useCommand('sync.resume');
  const { stage, confirmed, refused, waiting } = draft;
  const was = (count: number): string => (count === 1 ? 'row is' : 'rows are');

  if (isRefusedWhole(draft)) {
    return (
      <Notice tone="refused" title={`${plural(refused, 'row')} held up the whole upload`}>
        The {plural(refused + waiting, 'row')} would take effect together, so none did. “Correct refused rows” brings
        all of them back, with the reason where there is one, to be sent anew.
      </Notice>
    );
  }
  if (stage === 'stopped') {
    return (
      <Notice tone="info" title={`${formatCount(waiting)} ${was(waiting)} not sent`}>
        {formatCount(confirmed)} {was(confirmed)} confirmed and stay so. {formatCount(refused)} {was(refused)} refused.
        For the rest nothing was done.
      </Notice>
    );
  }
  if (stage === 'done') return null;
  if (item?.state === 'held' && item.heldReason !== null && item.heldReason !== 'paused') {
    return (
      <Notice
        tone="warning"
        title={heldReasonWords[item.heldReason]}
        actions={
          <Button size="xs" variant="default" onClick={() => openSection('sync')}>
            Sync centre
          </Button>
        }
      >
        {plural(waiting, 'row')} {waiting === 1 ? 'waits' : 'wait'} on this computer.
      </Notice>
    );
  }
  if (stage === 'paused') {
    return (
      <Notice tone="info" title={`${formatCount(waiting)} ${was(waiting)} not sent yet`}>
        {formatCount(confirmed)} {was(confirmed)} confirmed. Resume goes on with the next row.
      </Notice>
    );
  }
  if (isEverythingPaused) {
    return (
      <Notice
        tone="warning"
        title="Sending is paused"
        actions={
          <Button
            size="xs"
            variant="default"
            loading={resumeSending.running}
            onClick={() => void resumeSending.run({})}
          >
            Resume sending
          </Button>
        }
      >
        Everything on this computer waits, {waiting === 1 ? 'this row' : `these ${formatCount(waiting)} rows`} too.
      </Notice>
    );
  }
  if (item?.state === 'checking') {
    return (
      <Notice tone="warning" title="Checking">
        {outboxStateWords.checking.meaning}
      </Notice>
    );
  }
  if (item?.lastError) {
    return (
      <Notice tone="warning" title="The server cannot be reached">
        {plural(waiting, 'row')} {waiting === 1 ? 'waits' : 'wait'} on this computer and {waiting === 1 ? 'goes' : 'go'}{' '}
        out by themselves. You can close the console.
      </Notice>
    );
  }
  if (draft.mode === 'all_or_nothing') {
    return (
      <Notice tone="info" title="All or nothing">
        The rows are handed over first and take effect together at the end. Until then none is confirmed.
      </Notice>
    );
  }
  return null;
}
