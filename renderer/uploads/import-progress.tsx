import { Button, Progress } from '@mantine/core';
import { useCallback, useState } from 'react';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';
import { formatCount, plural } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { useEscape } from './use-escape.ts';
import classes from './new-upload.module.css';

type ImportProgressEvent = Extract<BridgeEvent, { event: 'import_progress' }>;

function progressWords({ phase, done, total, rows }: ImportProgressEvent): string {
  if (phase === 'checking') return `Checking: ${formatCount(done)} of ${plural(total ?? rows, 'row')}`;
  const part = total ? `, ${formatCount(Math.floor((done / total) * 100))} % of the file` : '';
  return `Reading: ${plural(rows, 'row')} so far${part}`;
}

/** How far reading and checking have come; Esc ends it and keeps the upload at the step before. */
export function ImportProgress({ draftId, fileName }: { draftId: string; fileName: string }) {
  const [progress, setProgress] = useState<ImportProgressEvent | null>(null);
  const { run: cancelImport, running: cancelling } = useCommand('uploads.cancelImport');
  const onEvent = useCallback(
    (event: BridgeEvent) => {
      if (event.event === 'import_progress' && event.draftId === draftId) setProgress(event);
    },
    [draftId],
  );
  useBridgeEvent(onEvent);
  const cancel = useCallback(() => void cancelImport({ draftId }), [cancelImport, draftId]);
  useEscape(cancel);

  const share = progress?.total ? (progress.done / progress.total) * 100 : 0;
  return (
    <Card>
      <div className={classes['drop']}>
        <output className={classes['progress']}>
          <p className={classes['title']}>Reading {fileName}</p>
          <Progress value={share} aria-label="Part of the file that is read" />
          <p className={classes['text']}>{progress ? progressWords(progress) : 'Starting'}</p>
          <Button variant="default" size="xs" loading={cancelling} onClick={cancel}>
            Cancel (Esc)
          </Button>
        </output>
      </div>
    </Card>
  );
}
