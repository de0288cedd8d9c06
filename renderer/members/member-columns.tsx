import { Checkbox } from '@mantine/core';
import type { MemberRow, MemberSort } from '../../shared/contract/members.ts';
import type { GridColumn } from '../design/data-grid.tsx';
import { daysUntil, formatCount, formatDay, formatDaysUntil } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { memberStatusWords } from '../messages/state-words.ts';
import classes from './members-page.module.css';

type MemberColumn = GridColumn<MemberRow> & { readonly sortBy?: MemberSort['by'] };

/** The columns of the list of members; `id` is the order's name where a column can be sorted by. */
export const memberColumns: readonly MemberColumn[] = [
  {
    id: 'name',
    sortBy: 'name',
    header: 'Name',
    width: 'minmax(6.5rem, 0.8fr)',
    sortable: true,
    render: (row) => <span className={classes['name']}>{row.firstName || '–'}</span>,
  },
  {
    id: 'email',
    sortBy: 'email',
    header: 'E-mail',
    width: 'minmax(9rem, 2.4fr)',
    sortable: true,
    render: (row) => (
      <span className={classes['ellipsis']} title={row.email}>
        {row.email}
      </span>
    ),
  },
  {
    id: 'status',
    sortBy: 'status',
    header: 'Status',
    width: '6.75rem',
    sortable: true,
    render: (row) => {
      const { text, tone } = memberStatusWords[row.status];
      return <StateLabel tone={tone}>{text}</StateLabel>;
    },
  },
  {
    id: 'available',
    sortBy: 'available',
    header: 'Available',
    width: '6.25rem',
    align: 'end',
    sortable: true,
    render: (row) => (
      <span className={row.available === 0 ? classes['zero'] : classes['number']}>{formatCount(row.available)}</span>
    ),
  },
  {
    id: 'planned',
    header: 'Planned',
    width: '5.25rem',
    align: 'end',
    render: (row) =>
      row.planned > 0 ? (
        <span className={classes['planned']}>+{formatCount(row.planned)}</span>
      ) : (
        <span className={classes['zero']}>–</span>
      ),
  },
  {
    id: 'next_expiry',
    sortBy: 'next_expiry',
    header: 'Next expiry',
    width: '11.5rem',
    sortable: true,
    render: (row) =>
      row.nextExpiry === null ? (
        <span className={classes['zero']}>–</span>
      ) : (
        <span className={classes['expiry']} data-soon={daysUntil(row.nextExpiry) <= 30 || undefined}>
          {formatDay(row.nextExpiry)}
          <small>{formatDaysUntil(row.nextExpiry)}</small>
        </span>
      ),
  },
  {
    id: 'created_at',
    sortBy: 'created_at',
    header: 'Member since',
    width: '7.75rem',
    sortable: true,
    render: (row) => formatDay(row.createdAt),
  },
];

/** The column of boxes that select members; the keyboard selects by the row's own keys. */
export function selectionColumn(
  isSelected: (row: MemberRow) => boolean,
  toggle: (row: MemberRow) => void,
): MemberColumn {
  return {
    id: 'select',
    header: 'Selected',
    hidesHeader: true,
    width: '2.75rem',
    render: (row) => (
      <Checkbox
        size="xs"
        tabIndex={-1}
        aria-label={`Select ${row.firstName || row.email}`}
        checked={isSelected(row)}
        // A click on the box is not a click on the row, which would open the member.
        onClick={(event) => event.stopPropagation()}
        onChange={() => toggle(row)}
      />
    ),
  };
}

const besidePanel: ReadonlySet<string> = new Set(['name', 'email', 'status', 'available', 'planned']);

/** The columns of a narrow window: the last one would stand cut off at its edge. */
export const compactMemberColumns = memberColumns.filter((column) => column.id !== 'created_at');

/** The columns that stay while the panel of a member takes its place beside the list. */
export const narrowMemberColumns = memberColumns.filter((column) => besidePanel.has(column.id));
