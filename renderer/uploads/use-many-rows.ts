import { useCallback, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { Fix } from '../../shared/contract/upload-fixing.ts';
import type { DraftDetail } from '../../shared/contract/uploads.ts';
import { useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';

/** How far a change over many rows has come; `total` is 0 until it is known. */
export interface ManyRowsProgress {
  readonly done: number;
  readonly total: number;
}

interface ManyRows {
  readonly error: AppError | null;
  /** Null when nothing over many rows is going on. */
  readonly progress: ManyRowsProgress | null;
  /** How many rows the last change was for; null before the first, and while one goes on. */
  readonly changed: number | null;
  readonly cancelling: boolean;
  readonly fix: (fix: Fix) => void;
  readonly skipErrors: () => void;
  readonly undo: () => void;
  readonly redo: () => void;
  readonly cancel: () => void;
}

/** Changes that may concern every row of an upload: they show how far they are, and can be ended and so taken back. */
export function useManyRows(draft: DraftDetail): ManyRows {
  const { draftId } = draft;
  const [seen, setSeen] = useState<ManyRowsProgress | null>(null);
  const [changed, setChanged] = useState<number | null>(null);
  const fixAll = useCommand('uploads.fixAll');
  const setSkipped = useCommand('uploads.setSkipped');
  const undoStep = useCommand('uploads.undo');
  const redoStep = useCommand('uploads.redo');
  const cancelFix = useCommand('uploads.cancelFix');
  const onEvent = useCallback(
    (event: BridgeEvent) => {
      if (event.event === 'fix_progress' && event.draftId === draftId) setSeen(event);
    },
    [draftId],
  );
  useBridgeEvent(onEvent);

  const { run: runFix } = fixAll;
  const { run: runSkip } = setSkipped;
  const { run: runUndo } = undoStep;
  const { run: runRedo } = redoStep;
  const { run: runCancel } = cancelFix;
  const start = useCallback(() => {
    setSeen(null);
    setChanged(null);
  }, []);
  const fix = useCallback(
    (change: Fix) => {
      start();
      void runFix({ draftId, fix: change }).then((result) => {
        if (result.ok) setChanged(result.value.changed);
      });
    },
    [draftId, runFix, start],
  );
  const skipErrors = useCallback(() => {
    start();
    void runSkip({ draftId, rows: 'all_errors', skipped: true });
  }, [draftId, runSkip, start]);
  const undo = useCallback(() => {
    start();
    void runUndo({ draftId });
  }, [draftId, runUndo, start]);
  const redo = useCallback(() => {
    start();
    void runRedo({ draftId });
  }, [draftId, runRedo, start]);
  const cancel = useCallback(() => void runCancel({ draftId }), [draftId, runCancel]);

  const running = fixAll.running || setSkipped.running || undoStep.running || redoStep.running;
  const ongoing = draft.work ?? null;
  const progress = running || ongoing ? (seen ?? ongoing ?? { done: 0, total: 0 }) : null;
  return {
    error: fixAll.error ?? setSkipped.error ?? undoStep.error ?? redoStep.error ?? cancelFix.error,
    progress,
    changed,
    cancelling: cancelFix.running,
    fix,
    skipErrors,
    undo,
    redo,
    cancel,
  };
}
