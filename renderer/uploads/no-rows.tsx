import { Button } from '@mantine/core';
import { IconChecks, IconFilterOff } from '@tabler/icons-react';
import { EmptyState } from '../design/empty-state.tsx';

interface NoRowsProps {
  readonly show: 'all' | 'errors' | 'warnings' | 'skipped';
  readonly onAll: () => void;
}

/** What stands in the correction grid when the filter shows no row. */
export function NoRows({ show, onAll }: NoRowsProps) {
  const all = (
    <Button variant="default" onClick={onAll}>
      Show all rows
    </Button>
  );
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
