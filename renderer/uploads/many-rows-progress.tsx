import { Button, Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import { formatCount, plural } from '../design/format.ts';
import { useEscape } from './use-escape.ts';
import type { ManyRowsProgress as Progressing } from './use-many-rows.ts';
import classes from './fix-step.module.css';

/** What is over in this time needs no progress. Milliseconds. */
const SHOWN_AFTER = 400;

interface ManyRowsProgressProps {
  readonly progress: Progressing;
  readonly cancelling: boolean;
  readonly onCancel: () => void;
}

/** How far a change over many rows has come. Esc ends it; what it did is taken back. */
export function ManyRowsProgress({ progress, cancelling, onCancel }: ManyRowsProgressProps) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER);
    return () => clearTimeout(timer);
  }, []);
  useEscape(onCancel);
  if (!shown) return null;
  const { done, total } = progress;
  return (
    <output className={classes['work']}>
      <span>{total === 0 ? 'Starting' : `${formatCount(done)} of ${plural(total, 'row')}`}</span>
      <Progress value={total === 0 ? 0 : (done / total) * 100} aria-label="Part of the rows that is done" />
      <Button size="xs" variant="default" loading={cancelling} onClick={onCancel}>
        Cancel (Esc)
      </Button>
    </output>
  );
}
