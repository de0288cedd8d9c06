import { Button, CloseButton, Kbd, Select, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import type { MemberFilter } from '../../shared/contract/members.ts';
import { changeMemberList, emptyMemberFilter, useNavigation } from '../navigation/navigation-store.ts';
import { creditFilterWords, statusFilterWords } from './filter-words.ts';
import classes from './members-page.module.css';

const statuses = Object.entries(statusFilterWords).map(([value, label]) => ({ value, label }));
const credits = Object.entries(creditFilterWords).map(([value, label]) => ({ value, label }));

interface MemberFiltersProps {
  readonly filter: MemberFilter;
  /** Arrow down in the search goes to the list. */
  readonly onLeave: () => void;
}

/** Search and filters of the list of members. */
export function MemberFilters({ filter, onLeave }: MemberFiltersProps) {
  const requests = useNavigation((state) => state.searchRequests);
  const search = useRef<HTMLInputElement>(null);
  const seen = useRef(0);
  useEffect(() => {
    if (requests === seen.current) return;
    seen.current = requests;
    search.current?.focus();
    search.current?.select();
  }, [requests]);

  const change = (part: Partial<MemberFilter>): void => changeMemberList({ filter: { ...filter, ...part } });
  const isFiltered = filter.search !== '' || filter.status !== null || filter.credits !== null;
  return (
    <search className={classes['filters']}>
      <TextInput
        ref={search}
        className={classes['search']}
        type="search"
        aria-label="Search by name or e-mail"
        placeholder="Search by name or e-mail"
        maxLength={200}
        leftSection={<IconSearch size={16} aria-hidden />}
        rightSection={
          filter.search === '' ? (
            <Kbd size="xs">/</Kbd>
          ) : (
            <CloseButton size="sm" aria-label="Clear the search" onClick={() => change({ search: '' })} />
          )
        }
        value={filter.search}
        onChange={(event) => change({ search: event.currentTarget.value })}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            onLeave();
          }
          if (event.key === 'Escape' && filter.search !== '') {
            event.preventDefault();
            change({ search: '' });
          }
        }}
      />
      <Select
        aria-label="Status"
        placeholder="All statuses"
        className={classes['filter']}
        data={statuses}
        clearable
        value={filter.status}
        onChange={(value) => change({ status: oneOf(statusFilterWords, value) })}
      />
      <Select
        aria-label="Credits"
        placeholder="All credits"
        className={classes['filter']}
        data={credits}
        clearable
        value={filter.credits}
        onChange={(value) => change({ credits: oneOf(creditFilterWords, value) })}
      />
      {isFiltered && (
        <Button variant="subtle" onClick={() => changeMemberList({ filter: emptyMemberFilter })}>
          Clear filters
        </Button>
      )}
    </search>
  );
}

function oneOf<Value extends string>(words: Readonly<Record<Value, string>>, value: string | null): Value | null {
  return value !== null && value in words ? (value as Value) : null;
}
