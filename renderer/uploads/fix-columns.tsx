import { Button } from '@mantine/core';
import type { ColumnMapping, UploadField, UploadRow } from '../../shared/contract/uploads.ts';
import type { GridColumn } from '../design/data-grid.tsx';
import { formatCount } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { rowState } from '../messages/row-words.ts';
import { issueWords, uploadFieldWords } from '../messages/rule-words.ts';
import { CellField } from './cell-field.tsx';
import classes from './fix-step.module.css';
import type { CellEditing } from './use-cell-editing.ts';

const order: readonly UploadField[] = ['email', 'first_name', 'credits', 'validity_days', 'expires_on', 'status'];

const widths: Readonly<Record<UploadField, string>> = {
  // An address is read to its end, where domains differ; the others are short.
  email: 'minmax(19rem, 6fr)',
  first_name: 'minmax(7rem, 1fr)',
  credits: 'minmax(9.25rem, 1fr)',
  validity_days: 'minmax(8rem, 1fr)',
  expires_on: 'minmax(8.5rem, 1fr)',
  status: 'minmax(7rem, 1fr)',
  ignore: '0',
};

/** The fields that the file fills, in the order of the grid. */
export function dataFieldsOf(mapping: ColumnMapping): UploadField[] {
  return order.filter((field) => mapping.includes(field));
}

/** The columns of the correction grid: one for each field that the file fills, with its issues in words. */
export function fixColumns(
  mapping: ColumnMapping,
  editing: CellEditing,
  onSkip: (row: UploadRow) => void,
): GridColumn<UploadRow>[] {
  return [
    {
      id: 'row',
      header: 'Row',
      width: '4rem',
      render: (row) => <span className={classes['row-number']}>{formatCount(row.row)}</span>,
    },
    {
      id: 'state',
      header: 'State',
      width: '8.5rem',
      render: (row) => <RowStateCell row={row} />,
    },
    ...dataFieldsOf(mapping).map((field): GridColumn<UploadRow> => ({
      id: field,
      header: uploadFieldWords[field],
      width: widths[field],
      render: (row) => <FieldCell row={row} field={field} editing={editing} />,
    })),
    {
      id: 'skip',
      header: 'Leave out',
      width: '6.75rem',
      render: (row) => {
        const skipped = row.state === 'skipped';
        return (
          <Button
            size="compact-sm"
            variant="subtle"
            aria-label={skipped ? `Take row ${row.row} back in` : `Skip row ${row.row}`}
            onClick={() => onSkip(row)}
          >
            {skipped ? 'Take back' : 'Skip'}
          </Button>
        );
      },
    },
  ];
}

function RowStateCell({ row }: { row: UploadRow }) {
  const warnings = row.issues.some((issue) => issue.severity === 'warning');
  const { text, tone } = rowState(row);
  return (
    <span className={classes['state']}>
      {row.state === 'ready' && warnings ? (
        <StateLabel tone="warning">Warning</StateLabel>
      ) : (
        <StateLabel tone={tone}>{text}</StateLabel>
      )}
      {row.member && <small>{row.member === 'new' ? 'new member' : 'existing member'}</small>}
    </span>
  );
}

interface FieldCellProps {
  readonly row: UploadRow;
  readonly field: UploadField;
  readonly editing: CellEditing;
}

function FieldCell({ row, field, editing }: FieldCellProps) {
  const value = row.values[field] ?? '';
  const { open } = editing;
  if (open && open.row === row.row && open.field === field) {
    return (
      <CellField
        label={`${uploadFieldWords[field]}, row ${row.row}`}
        start={open.value}
        onCommit={(next) => void editing.commit({ row: row.row, field, value: next })}
        onCancel={editing.cancel}
      />
    );
  }
  // Issues of the whole row stand beside its first field.
  const issues = row.issues.filter((issue) => issue.field === field || (issue.field === null && field === 'email'));
  const worst = issues.find((issue) => issue.severity === 'error') ?? issues[0];
  const words = worst && issueWords(worst);
  return (
    <div
      className={classes['field']}
      data-severity={row.state === 'skipped' ? undefined : worst?.severity}
      onDoubleClick={() => editing.start({ row: row.row, field, value })}
    >
      <span className={classes['value']} title={value}>
        {value || <span className={classes['blank']}>empty</span>}
      </span>
      {words && (
        <span className={classes['issue']} title={`${words.title}. ${words.next}`}>
          {words.title}
          {issues.length > 1 && ` (+${issues.length - 1})`}
        </span>
      )}
    </div>
  );
}
