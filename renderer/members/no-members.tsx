import { Button } from '@mantine/core';
import { IconSearchOff, IconUsers } from '@tabler/icons-react';
import type { MemberFilter } from '../../shared/contract/members.ts';
import { EmptyState } from '../design/empty-state.tsx';
import { changeMemberList, emptyMemberFilter, openUpload } from '../navigation/navigation-store.ts';
import { activeFilters } from './filter-words.ts';

interface NoMembersProps {
  readonly filter: MemberFilter;
  readonly isFiltered: boolean;
  /** Null before the first pull: then nobody knows yet who is there. */
  readonly asOf: string | null;
}

/** What stands in place of the list when it is empty: the filters that hide everybody, or how members come in. */
export function NoMembers({ filter, isFiltered, asOf }: NoMembersProps) {
  if (asOf === null) {
    return (
      <EmptyState icon={IconUsers} title="Not yet read from the server">
        Members appear here as soon as the server was reached for the first time.
      </EmptyState>
    );
  }
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
