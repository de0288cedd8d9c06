import { Button } from '@mantine/core';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { plural } from '../design/format.ts';
import { Notice } from '../design/notice.tsx';

interface ReadAgainNoticeProps {
  readonly draft: DraftDetail;
  /** Goes back to how the rows were read; absent where that is not looked at otherwise, or chosen elsewhere. */
  readonly onAsBefore?: (() => void) | undefined;
}

/** Says before it happens what reading the file otherwise gives up, and that nothing is given up by looking. */
export function ReadAgainNotice({ draft, onAsBefore }: ReadAgainNoticeProps) {
  const { look = null, corrections = 0 } = draft;
  if (draft.stage !== 'fix' || (look === null && corrections === 0)) return null;
  const kept = corrections === 0 ? 'The rows' : `The rows and your ${plural(corrections, 'correction')}`;
  return look === null ? (
    <Notice tone="info" title={`Your ${plural(corrections, 'correction')} ${corrections === 1 ? 'is' : 'are'} kept`}>
      Only reading the file otherwise gives up corrections, and you are asked before.
    </Notice>
  ) : (
    <Notice
      tone="warning"
      title="The file was not read like this yet"
      actions={
        onAsBefore && (
          <Button size="xs" variant="default" onClick={onAsBefore}>
            Read as before
          </Button>
        )
      }
    >
      {kept} stay as they are until you continue.
    </Notice>
  );
}
