import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { Fix } from '../../shared/contract/upload-fixing.ts';
import type { DraftDetail, UploadRow } from '../../shared/contract/uploads.ts';
import { useBridge } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';
import { usePages } from '../bridge/use-pages.ts';
import { useQuery } from '../bridge/use-query.ts';
import { DataGrid, type GridHandle } from '../design/data-grid.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { ExportProgress } from './export-progress.tsx';
import { FillColumnDialog } from './fill-column-dialog.tsx';
import { findIssue, type FoundIssue, type RowList } from './find-issue.ts';
import { FixBar } from './fix-bar.tsx';
import { dataFieldsOf, fixColumns } from './fix-columns.tsx';
import { ManyRowsProgress } from './many-rows-progress.tsx';
import { NoRows } from './no-rows.tsx';
import { RepeatedOffer } from './repeated-offer.tsx';
import { RowIssues } from './row-issues.tsx';
import { RuleChips } from './rule-chips.tsx';
import { useCellEditing } from './use-cell-editing.ts';
import { useExport } from '../bridge/use-export.ts';
import { useFixKeys } from './use-fix-keys.ts';
import { useManyRows } from './use-many-rows.ts';
import { useRepeatedValue } from './use-repeated-value.ts';

const pageOf = (answer: OperationOutput<'uploads.rows'>): OperationOutput<'uploads.rows'> => answer;

interface FixStepProps {
  readonly draft: DraftDetail;
  readonly onReview: () => void;
}

/** Every row of the file with what is wrong beside it: correct in place or wherever it occurs, skip, undo. */
export function FixStep({ draft, onReview }: FixStepProps) {
  const { draftId } = draft;
  const { bridge } = useBridge();
  const [list, setList] = useState<RowList>({ show: draft.errors > 0 ? 'errors' : 'all', code: null });
  const [activeIndex, setActiveIndex] = useState(0);
  const [filling, setFilling] = useState(false);
  const pages = usePages<'uploads.rows', UploadRow>('uploads.rows', { draftId, ...list }, pageOf);
  const counts = useQuery('uploads.issueCounts', { draftId }).data?.counts ?? [];
  const grid = useRef<GridHandle>(null);
  const goTo = useRef<FoundIssue | null>(null);
  const many = useManyRows(draft);
  const files = useExport();
  const setSkipped = useCommand('uploads.setSkipped');
  const repeated = useRepeatedValue(draftId);
  const focusGrid = useCallback(() => grid.current?.focus(), []);
  const edited = useRef<{ readonly row: number; readonly index: number } | null>(null);
  const onCommit = useCallback(
    (row: number) => {
      edited.current = { row, index: activeIndex };
    },
    [activeIndex],
  );
  const editing = useCellEditing({ draftId, onClosed: focusGrid, onCommit, onStored: repeated.look });
  const { total } = pages;
  const rowAt = (index: number): UploadRow | undefined => {
    const row = pages.rowAt(index);
    return row && editing.latest(row);
  };
  const cursor = Math.min(activeIndex, Math.max(0, (total ?? 0) - 1));
  const active = rowAt(cursor);
  const busy = many.progress !== null;

  // The first thing under the hands is the first thing to correct.
  const isListed = total !== undefined;
  const firstField = pages.rowAt(0)?.issues[0]?.field ?? undefined;
  const started = useRef(false);
  useEffect(() => {
    if (!isListed || started.current) return;
    started.current = true;
    grid.current?.focus();
    grid.current?.goTo(0, firstField);
  }, [isListed, firstField]);

  // A row that was put right leaves the list of errors: the cursor then stands on the next one, at what is wrong there.
  const activeField = active?.issues[0]?.field ?? undefined;
  useEffect(() => {
    const last = edited.current;
    if (!last || active?.row === undefined || (active.row === last.row && cursor === last.index)) return;
    edited.current = null;
    if (cursor === last.index) grid.current?.goTo(cursor, activeField);
  }, [active?.row, activeField, cursor]);

  const severity = draft.errors > 0 ? 'error' : 'warning';
  const goToIssue = useCallback(
    async (direction: 'next' | 'previous') => {
      // Skipped rows have nothing to correct: the search goes on in the whole file.
      const wanted: RowList = list.show === 'skipped' ? { show: 'all', code: null } : list;
      // A row that is still on its way stands at least at its place in the list.
      const from = { row: active?.row ?? cursor + 1, index: cursor };
      const found = await findIssue({ bridge, draftId, list: wanted, from, total: total ?? 0, direction, severity });
      if (!found) return;
      goTo.current = wanted === list ? null : found;
      setList(wanted);
      grid.current?.goTo(found.index, found.field ?? undefined);
      grid.current?.focus();
    },
    [bridge, draftId, list, active?.row, cursor, total, severity],
  );
  useEffect(() => {
    const target = goTo.current;
    if (!target || pages.changing || total === undefined) return;
    goTo.current = null;
    grid.current?.goTo(target.index, target.field ?? undefined);
  }, [pages.changing, total]);
  const onIssue = useCallback((direction: 'next' | 'previous') => void goToIssue(direction), [goToIssue]);
  const { undo, redo } = many;
  useFixKeys({ onIssue, onUndo: undo, onRedo: redo });

  const { run: runSkip } = setSkipped;
  const skip = useCallback(
    (row: UploadRow) => void runSkip({ draftId, rows: [row.row], skipped: row.state !== 'skipped' }),
    [draftId, runSkip],
  );
  const fixMany = (fix: Fix): void => {
    setFilling(false);
    repeated.dismiss();
    many.fix(fix);
    // Whoever pressed a button of the row goes on in the rows, also when the button is gone.
    grid.current?.focus();
  };
  const showList = (next: RowList): void => {
    setList(next);
    grid.current?.goTo(0);
  };
  const mapping = draft.analysis?.mapping;
  const columns = useMemo(() => fixColumns(mapping ?? [], editing, skip), [mapping, editing, skip]);
  const error = editing.error ?? setSkipped.error ?? many.error ?? pages.error;
  const { offer } = repeated;

  return (
    <>
      <FixBar
        draft={draft}
        show={list.show}
        busy={busy}
        changed={many.changed}
        onShow={(show) => showList({ show, code: null })}
        onUndo={undo}
        onRedo={redo}
        onNext={() => onIssue('next')}
        onTrim={() => fixMany({ kind: 'trim' })}
        onFill={() => setFilling(true)}
        onDownload={() => files.run({ kind: 'rows', draftId, rows: 'problems', format: 'xlsx' })}
        onSkipErrors={many.skipErrors}
        onReview={onReview}
      />
      <RuleChips counts={counts} list={list} onChoose={(code) => showList({ show: list.show, code })} />
      {error && <ErrorNotice error={error} />}
      {many.progress && (
        <ManyRowsProgress progress={many.progress} cancelling={many.cancelling} onCancel={many.cancel} />
      )}
      <ExportProgress files={files} />
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
          empty={<NoRows list={list} onAll={() => showList({ show: 'all', code: null })} />}
        />
      )}
      {offer && (
        <RepeatedOffer
          offer={offer}
          running={busy}
          onReplace={() => fixMany({ kind: 'value', field: offer.field, from: offer.from, to: offer.to })}
          onDismiss={() => {
            repeated.dismiss();
            focusGrid();
          }}
        />
      )}
      {active && (
        <RowIssues row={active} counts={counts} onTake={(edit) => void editing.commit(edit)} onFix={fixMany} />
      )}
      {filling && (
        <FillColumnDialog fields={dataFieldsOf(mapping ?? [])} onFill={fixMany} onClose={() => setFilling(false)} />
      )}
    </>
  );
}
