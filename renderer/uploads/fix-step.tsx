import { ActionIcon, Button, SegmentedControl } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { DraftDetail, UploadField, UploadRow } from '../../shared/contract/uploads.ts';
import { useBridge } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';
import { usePages } from '../bridge/use-pages.ts';
import { DataGrid, type GridHandle } from '../design/data-grid.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, plural } from '../design/format.ts';
import { hasModifier, isDialogOpen, isTyping, modifier } from '../design/keys.ts';
import { findError } from './find-error.ts';
import { fixColumns } from './fix-columns.tsx';
import classes from './fix-step.module.css';
import { NoRows } from './no-rows.tsx';
import { RowIssues } from './row-issues.tsx';
import { type CellEdit, useCellEditing } from './use-cell-editing.ts';

type Shown = 'all' | 'errors' | 'warnings' | 'skipped';

const pageOf = (answer: OperationOutput<'uploads.rows'>): OperationOutput<'uploads.rows'> => answer;

interface FixStepProps {
  readonly draft: DraftDetail;
  readonly onReview: () => void;
}

/** Every row of the file with what is wrong beside it: correct in place, skip, undo. */
export function FixStep({ draft, onReview }: FixStepProps) {
  const { draftId } = draft;
  const { bridge } = useBridge();
  const [show, setShow] = useState<Shown>(draft.errors > 0 ? 'errors' : 'all');
  const [activeIndex, setActiveIndex] = useState(0);
  const pages = usePages<'uploads.rows', UploadRow>('uploads.rows', { draftId, show }, pageOf);
  const grid = useRef<GridHandle>(null);
  const goTo = useRef<{ row: number; field: UploadField | null } | null>(null);
  const setSkipped = useCommand('uploads.setSkipped');
  const undo = useCommand('uploads.undo');
  const redo = useCommand('uploads.redo');
  const focusGrid = useCallback(() => grid.current?.focus(), []);
  const editing = useCellEditing(draftId, focusGrid);
  const { total } = pages;
  const rowAt = (index: number): UploadRow | undefined => {
    const row = pages.rowAt(index);
    return row && editing.latest(row);
  };
  const active = rowAt(Math.min(activeIndex, Math.max(0, (total ?? 0) - 1)));

  const nextError = useCallback(
    async (direction: 1 | -1) => {
      const found = await findError(bridge, draftId, active?.row ?? 0, direction);
      if (!found) return;
      goTo.current = found;
      setShow('all');
      // In the whole file a row stands at its own number.
      grid.current?.goTo(found.row - 1, found.field ?? undefined);
      grid.current?.focus();
    },
    [bridge, draftId, active?.row],
  );
  useEffect(() => {
    const target = goTo.current;
    if (show !== 'all' || !target || pages.changing || total === undefined) return;
    goTo.current = null;
    grid.current?.goTo(target.row - 1, target.field ?? undefined);
  }, [show, pages.changing, total]);

  const { run: runUndo } = undo;
  const { run: runRedo } = redo;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isDialogOpen()) return;
      if (event.key === 'F8') {
        event.preventDefault();
        void nextError(event.shiftKey ? -1 : 1);
        return;
      }
      if (!hasModifier(event) || isTyping(event)) return;
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      void (key === 'y' || event.shiftKey ? runRedo({ draftId }) : runUndo({ draftId }));
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [draftId, nextError, runRedo, runUndo]);

  const { run: runSkip } = setSkipped;
  const skip = useCallback(
    (row: UploadRow) => void runSkip({ draftId, rows: [row.row], skipped: row.state !== 'skipped' }),
    [draftId, runSkip],
  );
  const mapping = draft.analysis?.mapping;
  const columns = useMemo(() => fixColumns(mapping ?? [], editing, skip), [mapping, editing, skip]);
  const error = editing.error ?? setSkipped.error ?? undo.error ?? redo.error ?? pages.error;

  return (
    <>
      <div className={classes['bar']}>
        <SegmentedControl
          aria-label="Rows to show"
          value={show}
          onChange={(value) => setShow(shownOf(value))}
          data={[
            { value: 'all', label: `All ${formatCount(draft.rows)}` },
            { value: 'errors', label: `Errors ${formatCount(draft.errors)}` },
            { value: 'warnings', label: `Warnings ${formatCount(draft.warnings)}` },
            { value: 'skipped', label: `Skipped ${formatCount(draft.skipped)}` },
          ]}
        />
        <div className={classes['undo']}>
          <ActionIcon
            variant="subtle"
            size="lg"
            aria-label="Undo"
            disabled={!draft.canUndo}
            onClick={() => void undo.run({ draftId })}
            title={`Undo (${modifier}+Z)`}
          >
            <IconArrowBackUp size={18} aria-hidden />
          </ActionIcon>
          <ActionIcon
            variant="subtle"
            size="lg"
            aria-label="Redo"
            disabled={!draft.canRedo}
            onClick={() => void redo.run({ draftId })}
            title={`Redo (${modifier}+Shift+Z)`}
          >
            <IconArrowForwardUp size={18} aria-hidden />
          </ActionIcon>
        </div>
        <div className={classes['end']}>
          <span className={draft.errors === 0 ? classes['count'] : 'visually-hidden'} aria-live="polite">
            {draft.errors === 0 ? 'No errors left' : `${plural(draft.errors, 'row')} with errors`}
          </span>
          <Button variant="default" disabled={draft.errors === 0} onClick={() => void nextError(1)} title="F8">
            Next error
          </Button>
          <Button
            variant="default"
            disabled={draft.errors === 0}
            loading={setSkipped.running}
            onClick={() => void setSkipped.run({ draftId, rows: 'all_errors', skipped: true })}
          >
            Skip all remaining errors
          </Button>
          <Button onClick={onReview}>Review</Button>
        </div>
      </div>
      {error && <ErrorNotice error={error} />}
      {total !== undefined && (
        <DataGrid
          ref={grid}
          label={`Rows of ${draft.fileName}`}
          columns={columns}
          rowCount={total}
          rowAt={rowAt}
          rowHeight={3.25}
          byCell
          onShow={pages.show}
          onActive={setActiveIndex}
          onKey={(event, row, _index, columnId) => {
            if (!row) return false;
            if (event.key === 'Delete') {
              skip(row);
              return true;
            }
            return editing.startByKey(event, row, columnId);
          }}
          toneOf={(row) => row.state}
          empty={<NoRows show={show} onAll={() => setShow('all')} />}
        />
      )}
      {active && <RowIssues row={active} onTake={(edit: CellEdit) => void editing.commit(edit)} />}
    </>
  );
}

function shownOf(value: string): Shown {
  return value === 'errors' || value === 'warnings' || value === 'skipped' ? value : 'all';
}
