import { Button, SegmentedControl, Select, TextInput } from '@mantine/core';
import { IconDownload, IconSearch } from '@tabler/icons-react';
import type { ItemFilter, ShownItems } from '../../shared/contract/sync-filter.ts';
import type { SyncStatus } from '../../shared/contract/sync.ts';
import type { Export } from '../bridge/use-export.ts';
import { formatCount } from '../design/format.ts';
import classes from './sync-page.module.css';

const states: readonly [ShownItems, string][] = [
  ['open', 'Open'],
  ['attention', 'Need attention'],
  ['waiting', 'Planned'],
  ['checking', 'Checking'],
  ['held', 'Waiting'],
  ['refused', 'Refused'],
  ['partial', 'Partly done'],
  ['confirmed', 'Confirmed'],
  ['all', 'All'],
];

const kinds: readonly [NonNullable<ItemFilter['kind']>, string][] = [
  ['assign_member_credits', 'Assign credits'],
  ['revoke_member_credits', 'Take credits back'],
  ['extend_member_credits', 'Extend credits'],
  ['set_member_status', 'Change status'],
  ['upload_members', 'Uploads'],
];

interface ItemFiltersProps {
  readonly filter: ItemFilter;
  readonly onChange: (filter: ItemFilter) => void;
  readonly status: SyncStatus | undefined;
  readonly files: Export;
  /** How many items the filter shows; undefined while that is not known. */
  readonly total: number | undefined;
}

/** Which items are shown: by state, kind and words; and a file of exactly these. */
export function ItemFilters({ filter, onChange, status, files, total }: ItemFiltersProps) {
  const counts: Partial<Record<ShownItems, number>> = {
    attention: status?.attention ?? 0,
    checking: status?.checking ?? 0,
  };
  return (
    <search className={classes['filters']}>
      <div className={classes['states']}>
        <SegmentedControl
          aria-label="Items to show"
          value={filter.show}
          onChange={(value) => {
            const chosen = states.find(([state]) => state === value);
            // A reason belongs to refused items.
            if (chosen) onChange({ ...filter, show: chosen[0], reason: null });
          }}
          data={states.map(([value, label]) => {
            const items = counts[value] ?? 0;
            return { value, label: items > 0 ? `${label} ${formatCount(items)}` : label };
          })}
        />
      </div>
      <TextInput
        type="search"
        aria-label="Search the items"
        placeholder="Member, file or number"
        className={classes['search'] ?? ''}
        leftSection={<IconSearch size={16} aria-hidden />}
        maxLength={200}
        value={filter.search}
        onChange={(event) => onChange({ ...filter, search: event.currentTarget.value })}
      />
      <Select
        aria-label="Kind of item"
        placeholder="Every kind"
        className={classes['kind'] ?? ''}
        clearable
        clearButtonProps={{ 'aria-label': 'Every kind' }}
        value={filter.kind}
        onChange={(value) => onChange({ ...filter, kind: kinds.find(([kind]) => kind === value)?.[0] ?? null })}
        data={kinds.map(([value, label]) => ({ value, label }))}
      />
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        loading={files.share !== null}
        disabled={!total}
        onClick={() => files.run({ kind: 'outbox', format: 'csv', filter })}
      >
        Export{total ? ` ${formatCount(total)}` : ''}
      </Button>
    </search>
  );
}
