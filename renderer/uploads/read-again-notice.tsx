import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { Notice } from '../design/notice.tsx';

/** Says before it happens that reading the file again gives up the corrections made so far. */
export function ReadAgainNotice({ draft }: { draft: DraftDetail }) {
  if (draft.stage !== 'fix' || !draft.canUndo) return null;
  return (
    <Notice tone="warning" title="Reading the file again gives up your corrections">
      They are kept as long as you go back to Fix without changing anything here.
    </Notice>
  );
}
