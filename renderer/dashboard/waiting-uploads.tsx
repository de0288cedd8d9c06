import { Button } from '@mantine/core';
import { useQuery } from '../bridge/use-query.ts';
import { plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { openUpload } from '../navigation/navigation-store.ts';

/** Uploads whose rows wait on this computer, also after a restart: nothing that was prepared is out of sight. */
export function WaitingUploads() {
  const drafts = useQuery('uploads.list', {}).data?.drafts ?? [];
  const waiting = drafts.filter((draft) => draft.waiting > 0 && draft.stage !== 'stopped');
  return waiting.map((draft) => (
    <Notice
      key={draft.draftId}
      tone="info"
      title={`${plural(draft.waiting, 'row')} of ${draft.fileName} ${draft.waiting === 1 ? 'waits' : 'wait'} on this computer`}
      actions={
        <Button size="xs" variant="default" onClick={() => openUpload({ draftId: draft.draftId })}>
          Show
        </Button>
      }
    >
      {draft.stage === 'paused' ? 'Paused. Resume to go on.' : 'They go out by themselves.'}
    </Notice>
  ));
}
