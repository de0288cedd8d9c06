import { Button } from '@mantine/core';
import { IconSearchOff, IconUsers } from '@tabler/icons-react';
import type { MemberFilter } from '../../shared/contract/members.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { changeMemberList, emptyMemberFilter, openUpload } from '../navigation/navigation-store.ts';
import { activeFilters } from './filter-words.ts';

/** What stands in place of the list when it is empty: the filters that hide everybody, or how members come in. */
export function NoMembers({ filter, isFiltered }: { filter: MemberFilter; isFiltered: boolean }) {
  if (!isFiltered) {
    return (
      <EmptyState
        icon={IconUsers}
        title="No members yet"
        actions={<Button onClick={() => openUpload('new')}>New upload</Button>}
      >
        Bring them in with a CSV from your HR system.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={IconSearchOff}
      title="No member matches"
      actions={<Button onClick={() => changeMemberList({ filter: emptyMemberFilter })}>Clear</Button>}
    >
      Looked for {activeFilters(filter).join(', ')}.
    </EmptyState>
  );
}
