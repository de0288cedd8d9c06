import { Button } from '@mantine/core';
import { formatCount, plural } from '../design/format.ts';
import classes from './members-page.module.css';
import type { Selection } from './use-selection.ts';

interface SelectionBarProps {
  readonly selection: Selection;
  /** Members whom the filter leaves. */
  readonly total: number;
  readonly onSelectAll: () => void;
  readonly onClear: () => void;
  readonly onAssign: () => void;
}

/** Who is selected, and what can be done with them; nothing while nobody is. */
export function SelectionBar({ selection, total, onSelectAll, onClear, onAssign }: SelectionBarProps) {
  const isAll = selection.by === 'filter';
  const count = isAll ? total : selection.members.size;
  return (
    <div className={classes['selection']} data-empty={count === 0 || undefined}>
      <output>
        {count > 0 &&
          (isAll ? `All ${plural(count, 'matching member')} selected` : `${plural(count, 'member')} selected`)}
      </output>
      {count > 0 && (
        <>
          <Button size="xs" onClick={onAssign} aria-keyshortcuts="A">
            Assign credits to selected
          </Button>
          {!isAll && (
            <Button size="xs" variant="default" onClick={onSelectAll}>
              Select all {formatCount(total)} matching
            </Button>
          )}
          <Button size="xs" variant="subtle" onClick={onClear}>
            Clear selection
          </Button>
        </>
      )}
    </div>
  );
}
