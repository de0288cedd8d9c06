import { Button } from '@mantine/core';
import type { DryRun } from '../../shared/contract/uploads.ts';
import { formatCount, formatMoment, plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';
import { openUpload } from '../navigation/navigation-store.ts';

/** What differs from the last upload of the same file, and a warning when nothing does. */
export function LastUpload({ run }: { run: DryRun }) {
  const { lastUpload, sameFileSentAt } = run;
  const show = lastUpload && (
    <Button size="xs" variant="default" onClick={() => openUpload({ draftId: lastUpload.draftId })}>
      Show that upload
    </Button>
  );
  if (sameFileSentAt !== null) {
    return (
      <Notice
        tone="warning"
        title={`A file with the same content was sent on ${formatMoment(sameFileSentAt)}`}
        actions={show}
      >
        Sending it again gives its credits a second time.
      </Notice>
    );
  }
  if (!lastUpload) return null;
  const { fileName, sentAt, added, removed, changed } = lastUpload;
  return (
    <Notice tone="info" title={`Compared with “${fileName}”, sent on ${formatMoment(sentAt)}`} actions={show}>
      {plural(added, 'person', 'people')} {added === 1 ? 'is' : 'are'} new in the file, {formatCount(changed)}{' '}
      {changed === 1 ? 'has' : 'have'} other values, {formatCount(removed)} {removed === 1 ? 'is' : 'are'} no longer in
      it. Who is no longer in it is not touched.
    </Notice>
  );
}
