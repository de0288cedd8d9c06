import { Button } from '@mantine/core';
import { IconChecks, IconFilterOff } from '@tabler/icons-react';
import { EmptyState } from '../design/empty-state.tsx';
import { ruleName } from '../messages/rule-names.ts';
import type { RowList } from './find-issue.ts';

interface NoRowsProps {
  readonly list: RowList;
  readonly onAll: () => void;
}

/** What stands in the correction grid when the filter shows no row. */
export function NoRows({ list, onAll }: NoRowsProps) {
  const all = (
    <Button variant="default" onClick={onAll}>
      Show all rows
    </Button>
  );
  const { show, code } = list;
  if (code !== null) {
    return (
      <EmptyState icon={IconChecks} title={`No row with “${ruleName(code)}” is left`} actions={all}>
        Choose another reason above, or review what the upload will do.
      </EmptyState>
    );
  }
  if (show === 'errors') {
    return (
      <EmptyState icon={IconChecks} title="No errors left" actions={all}>
        Every row is ready or skipped. Review what the upload will do.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={IconFilterOff} title={`No ${show === 'all' ? '' : show} rows`.replace('  ', ' ')} actions={all} />
  );
}
