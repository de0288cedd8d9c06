import { Button } from '@mantine/core';
import { IconAlertTriangle, IconCircleX } from '@tabler/icons-react';
import { useState } from 'react';
import type { OperationOutput } from '../../shared/contract/bridge.ts';
import { formatCount, plural } from '../design/format.ts';
import { ruleName } from '../messages/rule-names.ts';
import type { RowList } from './find-issue.ts';
import classes from './rule-chips.module.css';

export type IssueCount = OperationOutput<'uploads.issueCounts'>['counts'][number];

/** Chips that stand before the rest is asked for. */
const SHOWN = 6;

interface RuleChipsProps {
  readonly counts: readonly IssueCount[];
  readonly list: RowList;
  readonly onChoose: (code: string | null) => void;
}

/** One filter for each rule that rows break, with how many do; pressed again, it shows the rows of all rules. */
export function RuleChips({ counts, list, onChoose }: RuleChipsProps) {
  const [all, setAll] = useState(false);
  const fitting = byCode(counts).filter(({ severity }) => {
    if (list.show === 'errors') return severity === 'error';
    if (list.show === 'warnings') return severity === 'warning';
    return list.show === 'all';
  });
  if (fitting.length === 0) return null;
  const shown = all ? fitting : fitting.filter(({ code }, index) => index < SHOWN || code === list.code);
  const hidden = fitting.length - shown.length;
  return (
    <fieldset className={classes['chips']} aria-label="Only rows with">
      {shown.map(({ code, severity, rows }) => {
        const Icon = severity === 'error' ? IconCircleX : IconAlertTriangle;
        return (
          <button
            key={code}
            type="button"
            className={classes['chip']}
            data-severity={severity}
            aria-pressed={list.code === code}
            // What is seen stands in it as it is seen, for who speaks to the computer.
            aria-label={`${ruleName(code)} ${plural(rows, 'row')}`}
            onClick={() => onChoose(list.code === code ? null : code)}
          >
            <Icon size={14} aria-hidden />
            {ruleName(code)} <span className={classes['rows']}>{formatCount(rows)}</span>
          </button>
        );
      })}
      {hidden > 0 && (
        <Button size="compact-sm" variant="subtle" onClick={() => setAll(true)}>
          {formatCount(hidden)} more
        </Button>
      )}
    </fieldset>
  );
}

/** A rule that rows break in several fields stands once. */
function byCode(counts: readonly IssueCount[]): IssueCount[] {
  const codes = new Map<string, IssueCount>();
  for (const count of counts) {
    const known = codes.get(count.code);
    codes.set(count.code, known ? { ...known, rows: known.rows + count.rows } : count);
  }
  return [...codes.values()].toSorted(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error') || b.rows - a.rows,
  );
}
