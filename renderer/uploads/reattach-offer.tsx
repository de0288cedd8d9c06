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
    notifications.show({ title: 'Corrections taken over', message: reattachWords(result.value) });
    openUpload({ draftId: result.value.draft.draftId });
  };
  return (
    <>
      {reattach.error && <ErrorNotice error={reattach.error} />}
      <Notice
        tone="info"
        title={`This file belongs to “${origin.fileName}”: ${plural(origin.rows, 'row')} of it came back`}
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
function reattachWords({ changed, confirmedLeft, unknown }: OperationOutput<'uploads.reattach'>): string {
  return [
    `${plural(changed, 'row')} changed.`,
    ...(confirmedLeft > 0 ? [`${formatCount(confirmedLeft)} were confirmed already and stay so.`] : []),
    ...(unknown > 0 ? [`${formatCount(unknown)} could not be told and were left out.`] : []),
  ].join(' ');
}
