import { useEffect, useRef } from 'react';
import classes from './fix-step.module.css';

interface CellFieldProps {
  readonly label: string;
  readonly start: string;
  readonly onCommit: (value: string) => void;
  readonly onCancel: () => void;
}

/** The field of one cell while it is edited: Enter, Tab or leaving it keeps the value, Esc gives it up. */
export function CellField({ label, start, onCommit, onCancel }: CellFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => {
    input.current?.focus();
    input.current?.setSelectionRange(start.length, start.length);
  }, [start]);
  // Closing the field takes its focus away, which must not count as leaving it once more.
  const finish = (end: () => void): void => {
    if (finished.current) return;
    finished.current = true;
    end();
  };
  return (
    <input
      ref={input}
      className={classes['input']}
      aria-label={label}
      defaultValue={start}
      onBlur={(event) => {
        const { value } = event.currentTarget;
        finish(() => onCommit(value));
      }}
      onKeyDown={(event) => {
        const { value } = event.currentTarget;
        if (event.key === 'Enter' || event.key === 'Tab') {
          event.preventDefault();
          event.stopPropagation();
          finish(() => onCommit(value));
        }
        if (event.key === 'Escape') {
          event.preventDefault();
          event.stopPropagation();
          finish(onCancel);
        }
      }}
    />
  );
}
