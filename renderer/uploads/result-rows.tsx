import { SegmentedControl } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import type { DraftDetail, UploadRow } from '../../shared/contract/uploads.ts';
import { usePages } from '../bridge/use-pages.ts';
import { DataGrid, type GridColumn } from '../design/data-grid.tsx';
import { EmptyState } from '../design/empty-state.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { rowState } from '../messages/row-words.ts';
import classes from './send-step.module.css';

type Shown = 'all' | 'confirmed' | 'refused' | 'skipped';

const pageOf = (answer: OperationOutput<'uploads.rows'>): OperationOutput<'uploads.rows'> => answer;

const columns: readonly GridColumn<UploadRow>[] = [
  { id: 'row', header: 'Row', width: '4.75rem', render: (row) => formatCount(row.row) },
  {
    id: 'email',
    header: 'E-mail',
    width: 'minmax(11.5rem, 2fr)',
    render: (row) => <span className={classes['ellipsis']}>{row.values.email ?? ''}</span>,
  },
  { id: 'credits', header: 'Credits', width: '6rem', align: 'end', render: (row) => row.values.credits || '–' },
  {
    id: 'state',
    header: 'State',
    width: '9rem',
    render: (row) => {
      const { text, tone } = rowState(row);
      return <StateLabel tone={tone}>{text}</StateLabel>;
    },
  },
  {
    id: 'answer',
    header: 'Receipt or reason',
    width: 'minmax(16rem, 3fr)',
    render: (row) => <Answer row={row} />,
  },
];

function Answer({ row }: { row: UploadRow }) {
  const { detail } = rowState(row);
  const receipt = row.outcome?.allocationId;
  const text = [detail, receipt ? `receipt ${receipt.slice(0, 8)}` : null].filter((part) => part !== null).join(', ');
  return (
    <span className={classes['answer']} title={receipt ? `${text} (${receipt})` : text}>
      {text}
    </span>
  );
}

/** Every row of a sent upload with the server's receipt or reason. */
export function ResultRows({ draft }: { draft: DraftDetail }) {
  const [show, setShow] = useState<Shown>('all');
  const pages = usePages<'uploads.rows', UploadRow>('uploads.rows', { draftId: draft.draftId, show }, pageOf);
  return (
    <>
      <SegmentedControl
        className={classes['filter']}
        aria-label="Rows to show"
        value={show}
        onChange={(value) => setShow(shownOf(value))}
        data={[
          { value: 'all', label: `All ${formatCount(draft.rows)}` },
          { value: 'confirmed', label: `Confirmed ${formatCount(draft.confirmed)}` },
          { value: 'refused', label: `Refused ${formatCount(draft.refused)}` },
          { value: 'skipped', label: `Skipped ${formatCount(draft.skipped)}` },
        ]}
      />
      {pages.error && <ErrorNotice error={pages.error} />}
      {pages.total !== undefined && (
        <DataGrid
          label={`Answers to ${draft.fileName}`}
          columns={columns}
          rowCount={pages.total}
          rowAt={pages.rowAt}
          rowHeight={3.25}
          onShow={pages.show}
          toneOf={(row) => row.state}
          empty={<EmptyState icon={IconFilterOff} title="No row is in this state" />}
        />
      )}
    </>
  );
}

function shownOf(value: string): Shown {
  return value === 'confirmed' || value === 'refused' || value === 'skipped' ? value : 'all';
}
