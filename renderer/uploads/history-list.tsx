import { Button } from '@mantine/core';
import { IconCloudOff, IconHistory } from '@tabler/icons-react';
import { useState } from 'react';
import type { PastUpload } from '../../shared/contract/upload-history.ts';
import { useQuery } from '../bridge/use-query.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatFullMoment, formatMoment, plural } from '../design/format.ts';
import { Card } from '../design/page.tsx';
import { errorWords } from '../messages/error-words.ts';
import { openUpload } from '../navigation/navigation-store.ts';
import tables from './draft-list.module.css';
import classes from './history-list.module.css';
import { UndoUploadDialog } from './undo-upload-dialog.tsx';

interface HistoryListProps {
  /** Shows the uploads of this computer instead, which need no connection. */
  readonly onLocal: () => void;
  readonly onRetry: () => void;
}

/** Every upload of the organisation, from whichever computer, as the server has it: counts, who, and what is left to take back. */
export function HistoryList({ onLocal, onRetry }: HistoryListProps) {
  const [pages, setPages] = useState<(string | null)[]>([null]);
  const before = pages.at(-1) ?? null;
  const { data, error, loading } = useQuery('uploads.history', { before });
  const [undoing, setUndoing] = useState<PastUpload | null>(null);

  const isOffline = error?.code === 'offline' || error?.code === 'timeout';
  if (isOffline && !data) {
    return (
      <Card>
        <EmptyState
          icon={IconCloudOff}
          title="The history is kept by the server"
          actions={
            <>
              <Button variant="default" loading={loading} onClick={onRetry}>
                Try again
              </Button>
              <Button variant="default" onClick={onLocal}>
                Uploads of this computer
              </Button>
            </>
          }
        >
          {errorWords(error).title}. Without a connection only the uploads of this computer can be shown, and none can
          be undone. Nothing is lost.
        </EmptyState>
      </Card>
    );
  }
  const last = data?.uploads.at(-1);
  return (
    <>
      {error && (
        <ErrorNotice
          error={error}
          actions={
            <Button size="xs" variant="default" loading={loading} onClick={onRetry}>
              Try again
            </Button>
          }
        />
      )}
      {!data && loading && <output className={classes['wait']}>Asking the server…</output>}
      {data?.uploads.length === 0 && (
        <Card>
          <EmptyState icon={IconHistory} title={before === null ? 'Nothing was sent yet' : 'No earlier uploads'} />
        </Card>
      )}
      {data && data.uploads.length > 0 && (
        <Card>
          <div className={tables['frame']}>
            <table className={`${tables['table']} ${classes['table']}`} aria-label="Uploads that were sent">
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">Sent</th>
                  <th scope="col">By</th>
                  <th scope="col">Rows</th>
                  <th scope="col" data-align="end">
                    Credits
                  </th>
                  <th scope="col">Of these now</th>
                  <th scope="col">
                    <span className="visually-hidden">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {data.uploads.map((upload) => (
                  <HistoryLine key={upload.uploadId} upload={upload} onUndo={() => setUndoing(upload)} />
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      {(pages.length > 1 || data?.more) && (
        <div className={classes['pager']}>
          <Button variant="default" disabled={pages.length === 1} onClick={() => setPages(pages.slice(0, -1))}>
            Newer
          </Button>
          <Button
            variant="default"
            disabled={!data?.more || !last}
            onClick={() => {
              if (last) setPages([...pages, last.at]);
            }}
          >
            Older
          </Button>
        </div>
      )}
      {undoing && <UndoUploadDialog key={undoing.uploadId} upload={undoing} onClose={() => setUndoing(null)} />}
    </>
  );
}

function rowWords({ created, updated, unchanged, refused }: PastUpload): string {
  const parts = [
    ...(created > 0 ? [`${formatCount(created)} new`] : []),
    ...(updated > 0 ? [`${formatCount(updated)} updated`] : []),
    ...(unchanged > 0 ? [`${formatCount(unchanged)} unchanged`] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
  ];
  return parts.length === 0 ? '–' : parts.join(' · ');
}

/** `12 unspent · 3 used`: what has become of the credits that an upload gave. */
function fateWords({
  unspent,
  used,
  expired,
  revoked,
}: Pick<PastUpload, 'unspent' | 'used' | 'expired' | 'revoked'>): string {
  const parts = [
    ...(unspent > 0 ? [`${formatCount(unspent)} unspent`] : []),
    ...(used > 0 ? [`${formatCount(used)} used`] : []),
    ...(expired > 0 ? [`${formatCount(expired)} expired`] : []),
    ...(revoked > 0 ? [`${formatCount(revoked)} taken back`] : []),
  ];
  return parts.length === 0 ? '–' : parts.join(' · ');
}

function HistoryLine({ upload, onUndo }: { upload: PastUpload; onUndo: () => void }) {
  const { draftId } = upload;
  return (
    <tr>
      <th scope="row">
        {draftId === null ? (
          upload.fileName
        ) : (
          <button
            type="button"
            className={tables['open']}
            onClick={() => openUpload({ draftId })}
            aria-label={`Open ${upload.fileName}`}
          >
            {upload.fileName}
          </button>
        )}
      </th>
      <td>
        <time dateTime={upload.at} title={formatFullMoment(upload.at)}>
          {formatMoment(upload.at)}
        </time>
      </td>
      <td data-wrap="address">{upload.actor ?? 'not recorded'}</td>
      <td data-wrap>{rowWords(upload)}</td>
      <td data-align="end">{formatCount(upload.credits)}</td>
      <td data-wrap>{fateWords(upload)}</td>
      <td data-align="end">
        {upload.unspent > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={`Undo… ${upload.fileName}: ${plural(upload.unspent, 'unspent credit')}`}
            onClick={onUndo}
          >
            Undo…
          </Button>
        )}
      </td>
    </tr>
  );
}
