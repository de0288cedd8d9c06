import { Button, Progress } from '@mantine/core';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { Card } from '../design/page.tsx';
import { heldReasonWords, outboxStateWords } from '../messages/state-words.ts';
import { openSection, openUpload } from '../navigation/navigation-store.ts';
import { ResultRows } from './result-rows.tsx';
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
            {isOver && (refused > 0 || waiting > 0) && (
              <Button loading={retryRefused.running} onClick={() => void correct()}>
                {refused > 0 ? 'Correct refused rows' : 'Prepare the unsent rows again'}
              </Button>
            )}
          </div>
        </div>
        <Progress.Root size="lg" aria-hidden>
          <Progress.Section value={share(confirmed, total)} color="moss.6" />
          <Progress.Section value={share(refused, total)} color="coral.5" />
        </Progress.Root>
      </Card>
      <Standing draft={draft} />
      <ResultRows draft={draft} />
    </>
  );
}

function share(part: number, total: number): number {
  return total === 0 ? 0 : (part / total) * 100;
}

function title(draft: DraftDetail): string {
  switch (draft.stage) {
    case 'done':
      return draft.refused === 0 ? 'Every row is confirmed' : 'Every row has its answer';
    case 'stopped':
      return 'Stopped';
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

/** In exact words what was done and what was not, and why it waits when it does. */
function Standing({ draft }: { draft: DraftDetail }) {
  const items = useQuery('sync.items', { show: 'open', offset: 0, limit: 200 }).data?.items;
  const item = items?.find((candidate) => candidate.itemId === draft.outboxItemId);
  const { stage, confirmed, refused, waiting } = draft;
  const was = (count: number): string => (count === 1 ? 'row is' : 'rows are');

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
  return null;
}
