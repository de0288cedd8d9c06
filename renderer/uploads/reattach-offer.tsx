import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { openUpload } from '../navigation/navigation-store.ts';

/** A file of ours that came back corrected: its corrections belong into the upload it came from, not into a new one. */
export function ReattachOffer({ draft }: { draft: DraftDetail }) {
  const origin = draft.analysis?.reattach ?? null;
  const reattach = useCommand('uploads.reattach');
  const [asNew, setAsNew] = useState(false);
  if (origin === null || asNew) return null;
  const takeOver = async (): Promise<void> => {
    const result = await reattach.run({ draftId: draft.draftId, into: origin.draftId });
    if (!result.ok) return;
    const { unknown, ignoredChanges } = result.value;
    notifications.show({
      title:
        unknown === 0
          ? 'Corrections taken over'
          : `Corrections taken over, except ${plural(unknown, 'row')} of the file`,
      message: reattachWords(result.value),
      // Nothing of the file is to be lost from sight: this is not to pass by unread.
      ...(unknown + ignoredChanges > 0 ? { color: 'yellow', autoClose: false, withCloseButton: true } : {}),
    });
    openUpload({ draftId: result.value.draft.draftId });
  };
  return (
    <>
      {reattach.error && <ErrorNotice error={reattach.error} />}
      <Notice
        tone="info"
        title={`This file belongs to “${origin.fileName}”, an upload of ${plural(origin.rows, 'row')}`}
        actions={
          <>
            <Button size="xs" variant="default" onClick={() => setAsNew(true)}>
              Treat as a new upload
            </Button>
            <Button size="xs" loading={reattach.running} onClick={() => void takeOver()}>
              Take the corrections over
            </Button>
          </>
        }
      >
        Your corrections go into that upload, in one step that undo takes back. Rows that are confirmed stay as they
        are; nothing is given twice.
      </Notice>
    </>
  );
}

/** `12 rows changed. 3 were confirmed already and stay so.` */
function reattachWords({
  changed,
  confirmedLeft,
  unknown,
  ignoredChanges,
}: OperationOutput<'uploads.reattach'>): string {
  const were = (rows: number): string => `${formatCount(rows)} ${rows === 1 ? 'was' : 'were'}`;
  return [
    `${plural(changed, 'row')} changed.`,
    ...(confirmedLeft > 0
      ? [`${were(confirmedLeft)} confirmed already and ${confirmedLeft === 1 ? 'stays' : 'stay'} so.`]
      : []),
    ...(unknown > 0
      ? [
          `${were(unknown)} left out: without a receipt of that upload, or with one that stands in the file twice. ${unknown === 1 ? 'It is' : 'They are'} kept as a draft of ${unknown === 1 ? 'its' : 'their'} own: upload or discard it.`,
        ]
      : []),
    ...(ignoredChanges > 0
      ? [
          `${plural(ignoredChanges, 'row')} ${ignoredChanges === 1 ? 'differs' : 'differ'} in columns that are not used: nothing of that was taken over.`,
        ]
      : []),
  ].join(' ');
}
