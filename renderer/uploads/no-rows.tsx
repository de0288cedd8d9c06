import { Button } from '@mantine/core';
import { IconChecks, IconFilterOff } from '@tabler/icons-react';
import { EmptyState } from '../design/empty-state.tsx';

interface NoRowsProps {
  readonly show: 'all' | 'errors' | 'warnings' | 'skipped';
  readonly onAll: () => void;
  readonly onReview: () => void;
}

/** What stands in the correction grid when the filter shows no row. */
export function NoRows({ show, onAll, onReview }: NoRowsProps) {
  const all = (
    <Button variant="default" onClick={onAll}>
      Show all rows
    </Button>
  );
  if (show === 'errors') {
    return (
      <EmptyState
        icon={IconChecks}
        title="No errors left"
        actions={
          <>
            {all}
            <Button onClick={onReview}>Go to review</Button>
          </>
        }
      >
        Every row is ready or skipped.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={IconFilterOff} title={`No ${show === 'all' ? '' : show} rows`.replace('  ', ' ')} actions={all} />
  );
}
