import { useMediaQuery } from '@mantine/hooks';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { MemberRow, MemberSort } from '../../shared/contract/members.ts';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import { usePages } from '../bridge/use-pages.ts';
import { DataGrid, type GridHandle } from '../design/data-grid.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount, formatMoment, plural } from '../design/format.ts';
import { hasModifier, isDialogOpen, isTyping } from '../design/keys.ts';
import { Page } from '../design/page.tsx';
import {
  changeMemberList,
  closeMember,
  emptyMemberFilter,
  openMember,
  useNavigation,
} from '../navigation/navigation-store.ts';
import { AssignManyDialog } from './assign-many-dialog.tsx';
import type { MemberAction } from './member-actions.tsx';
import { MemberFilters } from './member-filters.tsx';
import { compactMemberColumns, memberColumns, narrowMemberColumns, selectionColumn } from './member-columns.tsx';
import { MemberPanel } from './member-panel.tsx';
import classes from './members-page.module.css';
import { NoMembers } from './no-members.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { useSelection } from './use-selection.ts';

const pageOf = (answer: OperationOutput<'members.page'>): OperationOutput<'members.page'> => answer;

/** Single letters that begin a command on the member under the cursor, or of the panel. */
const actionKeys: Readonly<Record<string, MemberAction>> = { a: 'assign', r: 'revoke' };

/** All members of the partner: search, filters, order, and the panel of one of them. */
export function MembersPage() {
  const filter = useNavigation((state) => state.memberFilter);
  const sort = useNavigation((state) => state.memberSort);
  const memberId = useNavigation((state) => state.memberId);
  const pages = usePages<'members.page', MemberRow>('members.page', { filter, sort }, pageOf);
  const grid = useRef<GridHandle>(null);
  const active = useRef(0);
  const [focusPanel, setFocusPanel] = useState(0);
  const [action, setAction] = useState<MemberAction | null>(null);
  const { rowAt } = pages;
  const isCompact = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
  const selected = useSelection(filter);
  const { clear, selectAll } = selected;
  const isAnySelected = selected.selection.by === 'filter' || selected.selection.members.size > 0;
  const [assigningMany, setAssigningMany] = useState(false);
  const columns = [
    selectionColumn(selected.isSelected, selected.toggle),
    ...(memberId !== null ? narrowMemberColumns : isCompact ? compactMemberColumns : memberColumns),
  ];

  const open = useCallback((id: string) => {
    setAction(null);
    openMember(id);
  }, []);
  const close = useCallback(() => {
    closeMember();
    setAction(null);
    grid.current?.focus();
  }, []);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isDialogOpen()) return;
      if (event.key === 'Escape' && memberId !== null) {
        event.preventDefault();
        return action === null ? close() : setAction(null);
      }
      if (event.key === 'Escape' && isAnySelected && !isTyping(event)) {
        event.preventDefault();
        return clear();
      }
      if (
        event.key.toLowerCase() === 'a' &&
        hasModifier(event) &&
        !event.shiftKey &&
        !event.altKey &&
        !isTyping(event)
      ) {
        event.preventDefault();
        return selectAll();
      }
      const wanted = actionKeys[event.key.toLowerCase()];
      if (wanted === undefined || event.altKey || hasModifier(event) || isTyping(event)) return;
      if (wanted === 'assign' && isAnySelected && action === null) {
        event.preventDefault();
        return setAssigningMany(true);
      }
      const target = memberId ?? rowAt(active.current)?.memberId;
      if (target === undefined) return;
      event.preventDefault();
      openMember(target);
      setAction(wanted);
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [action, clear, close, isAnySelected, memberId, rowAt, selectAll]);

  const listKey = JSON.stringify([filter, sort]);
  useEffect(() => {
    if (!pages.changing) grid.current?.goTo(0);
    // Only a new search, filter or order goes back to the top, not each answer.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [listKey]);

  const first = pages.first;
  const isFiltered = JSON.stringify(filter) !== JSON.stringify(emptyMemberFilter);
  return (
    <Page
      title="Members"
      layout="fill"
      note={
        first && (
          <span aria-live="polite">
            {first.total === first.totalUnfiltered
              ? plural(first.total, 'member')
              : `${formatCount(first.total)} of ${plural(first.totalUnfiltered, 'member')}`}
            {first.asOf !== null && ` · as of ${formatMoment(first.asOf)}`}
          </span>
        )
      }
    >
      <MemberFilters filter={filter} onLeave={() => grid.current?.focus()} />
      <SelectionBar
        selection={selected.selection}
        total={first?.total ?? 0}
        onSelectAll={selectAll}
        onClear={clear}
        onAssign={() => setAssigningMany(true)}
      />
      <AssignManyDialog
        opened={assigningMany}
        selection={selected.selection}
        onClose={() => setAssigningMany(false)}
        onQueued={clear}
      />
      {pages.error && <ErrorNotice error={pages.error} />}
      <div className={classes['split']}>
        {first && (
          <DataGrid
            ref={grid}
            label="Members"
            columns={columns}
            rowCount={first.total}
            rowAt={rowAt}
            onShow={pages.show}
            onActive={(index) => {
              active.current = index;
              const row = rowAt(index);
              if (memberId !== null && row) open(row.memberId);
            }}
            onOpen={(row, by) => {
              open(row.memberId);
              if (by === 'key') setFocusPanel((count) => count + 1);
            }}
            sort={sort}
            onSort={(by) => changeMemberList({ sort: nextSort(sort, by) })}
            multiselectable
            isSelected={(row) => (isAnySelected ? selected.isSelected(row) : row.memberId === memberId)}
            onKey={(event, row) => {
              if (event.key !== ' ' || !event.shiftKey || row === undefined) return false;
              selected.toggle(row);
              return true;
            }}
            empty={<NoMembers filter={filter} isFiltered={isFiltered} asOf={first.asOf} />}
          />
        )}
        {memberId !== null && (
          <MemberPanel
            key={memberId}
            memberId={memberId}
            focus={focusPanel}
            action={action}
            onAction={setAction}
            onClose={close}
          />
        )}
      </div>
    </Page>
  );
}

/** A second press on a header turns the order round. */
function nextSort(sort: MemberSort, columnId: string): MemberSort {
  const column = memberColumns.find((candidate) => candidate.id === columnId);
  if (!column?.sortBy) return sort;
  if (sort.by !== column.sortBy) return { by: column.sortBy, direction: 'ascending' };
  return { by: sort.by, direction: sort.direction === 'ascending' ? 'descending' : 'ascending' };
}
