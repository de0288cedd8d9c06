import { Button } from '@mantine/core';
import { formatCount } from '../design/format.ts';
import classes from './sync-page.module.css';

interface PagerProps {
  /** What is paged, for screen readers. */
  readonly label: string;
  readonly offset: number;
  readonly step: number;
  readonly total: number;
  readonly onGo: (offset: number) => void;
}

/** Goes through a long list a page at a time; nothing where one page holds all. */
export function Pager({ label, offset, step, total, onGo }: PagerProps) {
  if (total <= step) return null;
  const last = Math.floor((total - 1) / step) * step;
  return (
    <nav className={classes['pager']} aria-label={label}>
      <Button size="xs" variant="default" disabled={offset === 0} onClick={() => onGo(0)}>
        First
      </Button>
      <Button size="xs" variant="default" disabled={offset === 0} onClick={() => onGo(offset - step)}>
        Previous
      </Button>
      <output>
        {formatCount(offset + 1)}–{formatCount(Math.min(offset + step, total))} of {formatCount(total)}
      </output>
      <Button size="xs" variant="default" disabled={offset >= last} onClick={() => onGo(offset + step)}>
        Next
      </Button>
      <Button size="xs" variant="default" disabled={offset >= last} onClick={() => onGo(last)}>
        Last
      </Button>
    </nav>
  );
}
