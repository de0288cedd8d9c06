import { ActionIcon, Button, SegmentedControl } from '@mantine/core';
import { IconFileUpload, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { DraftSummary } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ConfirmDialog } from '../design/confirm-dialog.tsx';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatAge, formatCount, formatFullMoment, plural } from '../design/format.ts';
import { Card, Page } from '../design/page.tsx';
import { StateLabel } from '../design/state-label.tsx';
import { draftStageWords } from '../messages/state-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import { HistoryList } from './history-list.tsx';
import { usePastedFile } from './use-pasted-file.ts';
import classes from './draft-list.module.css';

const takePasted = (file: File): void => openUpload({ file });

/** Every upload of this computer with its file, rows, errors and age; each can be taken up where it was left. */
export function DraftList() {
  const { data, error } = useQuery('uploads.list', {});
  const discard = useCommand('uploads.discard');
  const [asking, setAsking] = useState<DraftSummary | null>(null);
  const [place, setPlace] = useState<'computer' | 'server'>('computer');
  const [attempt, setAttempt] = useState(0);
  usePastedFile(takePasted);
  const start = (
    <Button leftSection={<IconFileUpload size={16} aria-hidden />} onClick={() => openUpload('new')}>
      New upload
    </Button>
  );
  return (
    <Page
      title="Uploads"
      note={
        place === 'computer'
          ? 'Prepared on this computer, also offline. Nothing is sent before you have reviewed it.'
          : 'Sent from every computer of your organisation, as the server has it now.'
      }
      actions={place === 'server' || (data && data.drafts.length > 0) ? start : undefined}
    >
      <SegmentedControl
        className={classes['place']}
        aria-label="Uploads to show"
        value={place}
        onChange={(value) => setPlace(value === 'server' ? 'server' : 'computer')}
        data={[
          { value: 'computer', label: 'On this computer' },
          { value: 'server', label: 'History' },
        ]}
      />
      {place === 'server' && (
        <HistoryList key={attempt} onLocal={() => setPlace('computer')} onRetry={() => setAttempt(attempt + 1)} />
      )}
      {error && <ErrorNotice error={error} />}
      {discard.error && <ErrorNotice error={discard.error} />}
      {place === 'computer' && data?.drafts.length === 0 && (
        <Card>
          <EmptyState icon={IconFileUpload} title="No uploads yet" actions={start}>
            Choose the Excel or CSV file of your HR system: you see what it will do and cost before anything is sent.
          </EmptyState>
        </Card>
      )}
      {place === 'computer' && data && data.drafts.length > 0 && (
        <Card>
          <div className={classes['frame']}>
            <table className={classes['table']}>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">State</th>
                  <th scope="col" data-align="end">
                    Rows
                  </th>
                  <th scope="col" data-align="end">
                    Errors
                  </th>
                  <th scope="col">Answers</th>
                  <th scope="col">Changed</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.drafts.map((draft) => (
                  <DraftLine key={draft.draftId} draft={draft} onDiscard={() => setAsking(draft)} />
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      <ConfirmDialog
        opened={asking !== null}
        title="Discard this upload?"
        confirmLabel="Discard upload"
        running={discard.running}
        onClose={() => setAsking(null)}
        onConfirm={() => {
          if (asking) void discard.run({ draftId: asking.draftId }).then(() => setAsking(null));
        }}
      >
        {asking && discardWords(asking)}
      </ConfirmDialog>
    </Page>
  );
}

function discardWords(draft: DraftSummary): string {
  const rows = plural(draft.rows, 'row');
  if (draft.confirmed > 0) {
    return `“${draft.fileName}”: its list of ${rows} is removed from this computer. ${plural(draft.confirmed, 'confirmed row')} ${draft.confirmed === 1 ? 'stays' : 'stay'} confirmed.`;
  }
  return `“${draft.fileName}”: ${rows} and your corrections are removed from this computer. Nothing of it was sent. Your file stays where it is.`;
}

function answerWords({ stage, confirmed, refused, waiting }: DraftSummary): string {
  const parts = [
    ...(confirmed > 0 ? [`${formatCount(confirmed)} confirmed`] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
    ...(waiting > 0 ? [`${formatCount(waiting)} ${stage === 'stopped' ? 'not sent' : 'waiting'}`] : []),
  ];
  return parts.length === 0 ? '–' : parts.join(' · ');
}

/** Rows that wait for the server must not lose the list they belong to. */
function canDiscard(draft: DraftSummary): boolean {
  return draft.stage !== 'queued' && draft.stage !== 'sending' && draft.stage !== 'paused' && draft.stage !== 'reading';
}

function DraftLine({ draft, onDiscard }: { draft: DraftSummary; onDiscard: () => void }) {
  const stage = draftStageWords[draft.stage];
  const isRead = draft.stage !== 'receiving' && draft.stage !== 'columns';
  const isOpen = draft.stage !== 'done' && draft.stage !== 'stopped';
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className={classes['open']}
          onClick={() => openUpload({ draftId: draft.draftId })}
          aria-label={`${isOpen ? 'Resume' : 'Open'} ${draft.fileName}`}
        >
          {draft.fileName}
        </button>
      </th>
      <td>
        <StateLabel tone={draft.refused > 0 && !isOpen ? 'refused' : stage.tone}>
          {draft.refused > 0 && !isOpen ? `${formatCount(draft.refused)} refused` : stage.text}
        </StateLabel>
      </td>
      <td data-align="end">{isRead ? formatCount(draft.rows) : '–'}</td>
      <td data-align="end">{draft.errors > 0 ? formatCount(draft.errors) : '–'}</td>
      <td>{answerWords(draft)}</td>
      <td>
        <time dateTime={draft.changedAt} title={formatFullMoment(draft.changedAt)}>
          {formatAge(draft.changedAt)}
        </time>
      </td>
      <td data-align="end">
        {canDiscard(draft) && (
          <ActionIcon variant="subtle" color="gray" aria-label={`Discard ${draft.fileName}`} onClick={onDiscard}>
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        )}
      </td>
    </tr>
  );
}
