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
import { isRefusedWhole, rowState } from '../messages/row-words.ts';
import classes from './send-step.module.css';

type Shown = 'all' | 'confirmed' | 'refused' | 'skipped';

const pageOf = (answer: OperationOutput<'uploads.rows'>): OperationOutput<'uploads.rows'> => answer;

function columnsOf(ofRefusedWhole: boolean): readonly GridColumn<UploadRow>[] {
  return [
    { id: 'row', header: 'Row', width: '4rem', render: (row) => formatCount(row.row) },
    {
      id: 'email',
      header: 'E-mail',
      width: 'minmax(15rem, 1fr)',
      render: ({ values: { email = '' } }) => (
        <span className={classes['ellipsis']} title={email}>
          {email}
        </span>
      ),
    },
    { id: 'credits', header: 'Credits', width: '4.75rem', align: 'end', render: (row) => row.values.credits || '–' },
    {
      id: 'state',
      header: 'State',
      width: '8rem',
      render: (row) => {
        const { text, tone } = rowState(row, ofRefusedWhole);
        return <StateLabel tone={tone}>{text}</StateLabel>;
      },
    },
    {
      id: 'answer',
      header: 'Receipt or reason',
      width: 'minmax(16rem, 1fr)',
      render: (row) => <Answer row={row} ofRefusedWhole={ofRefusedWhole} />,
    },
  ];
}

function Answer({ row, ofRefusedWhole }: { row: UploadRow; ofRefusedWhole: boolean }) {
  const { detail } = rowState(row, ofRefusedWhole);
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
  const columns = columnsOf(isRefusedWhole(draft));
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
