import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import { type UploadField, uploadField, type UploadRow } from '../../shared/contract/uploads.ts';
import { useCommand } from '../bridge/use-command.ts';

export interface CellEdit {
  readonly row: number;
  readonly field: UploadField;
  readonly value: string;
}

export interface CellEditing {
  /** The cell with an open field, and what the field starts with. */
  readonly open: CellEdit | null;
  readonly error: AppError | null;
  readonly start: (edit: CellEdit) => void;
  /** Opens the field when the key asks for it: F2, Enter, or a character, which then replaces the value. */
  readonly startByKey: (event: KeyboardEvent, row: UploadRow, columnId: string) => boolean;
  readonly commit: (edit: CellEdit) => Promise<void>;
  readonly cancel: () => void;
  /** The row as the last edit left it, until the list itself is read again. */
  readonly latest: (row: UploadRow) => UploadRow;
}

interface CellEditingOptions {
  readonly draftId: string;
  /** The field was closed, with or without a new value. */
  readonly onClosed: () => void;
  /** A new value goes to main now. */
  readonly onCommit: (row: number) => void;
  /** It is stored: the text before and the new one. */
  readonly onStored: (field: UploadField, from: string, to: string) => void;
}

/** Editing one cell at a time; a value counts once main has stored it. */
export function useCellEditing({ draftId, onClosed, onCommit, onStored }: CellEditingOptions): CellEditing {
  const edit = useCommand('uploads.editCell');
  const [open, setOpen] = useState<CellEdit | null>(null);
  const [answers, setAnswers] = useState<ReadonlyMap<number, { base: UploadRow; row: UploadRow }>>(new Map());
  const seen = useRef(new Map<number, UploadRow>());
  const { run, error } = edit;

  return useMemo(
    (): CellEditing => ({
      open,
      error,
      start: setOpen,
      startByKey(event, row, columnId) {
        const field = uploadField.safeParse(columnId);
        if (!field.success || event.altKey || event.ctrlKey || event.metaKey) return false;
        const isCharacter = event.key.length === 1;
        if (!isCharacter && event.key !== 'F2' && event.key !== 'Enter') return false;
        setOpen({ row: row.row, field: field.data, value: isCharacter ? event.key : (row.values[field.data] ?? '') });
        return true;
      },
      async commit(change) {
        setOpen(null);
        onClosed();
        const base = seen.current.get(change.row);
        if (base && (base.values[change.field] ?? '') === change.value) return;
        onCommit(change.row);
        const result = await run({ draftId, ...change });
        if (!result.ok || !base) return;
        setAnswers((before) => new Map(before).set(change.row, { base, row: result.value.row }));
        onStored(change.field, base.values[change.field] ?? '', change.value);
      },
      cancel() {
        setOpen(null);
        onClosed();
      },
      latest(row) {
        seen.current.set(row.row, row);
        const answer = answers.get(row.row);
        return answer && answer.base === row ? answer.row : row;
      },
    }),
    [open, error, answers, draftId, run, onClosed, onCommit, onStored],
  );
}
