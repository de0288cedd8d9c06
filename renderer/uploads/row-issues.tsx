import { Button } from '@mantine/core';
import type { Fix } from '../../shared/contract/upload-fixing.ts';
import type { RowIssue, UploadRow } from '../../shared/contract/uploads.ts';
import { formatCount } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { issueSuggestion, issueWords, uploadFieldWords } from '../messages/rule-words.ts';
import classes from './fix-step.module.css';
import type { IssueCount } from './rule-chips.tsx';
import type { CellEdit } from './use-cell-editing.ts';

interface RowIssuesProps {
  readonly row: UploadRow;
  readonly counts: readonly IssueCount[];
  readonly onTake: (edit: CellEdit) => void;
  readonly onFix: (fix: Fix) => void;
}

/** Everything that is wrong with the row under the cursor, in words, with what to do about it, here or wherever it occurs. */
export function RowIssues({ row, counts, onTake, onFix }: RowIssuesProps) {
  return (
    <section className={classes['issues']} aria-label={`Row ${row.row}`} aria-live="polite">
      <strong className={classes['issues-row']}>Row {formatCount(row.row)}</strong>
      {row.issues.length === 0 ? (
        <span className={classes['fine']}>Nothing to correct. F2 edits a cell, Delete skips the row.</span>
      ) : (
        <ul className={classes['issue-list']}>
          {row.issues.map((issue) => (
            <Issue
              key={`${issue.code} ${issue.field ?? ''}`}
              issue={issue}
              row={row.row}
              rows={row.state === 'skipped' ? 0 : rowsWith(counts, issue.code)}
              onTake={onTake}
              onFix={onFix}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function rowsWith(counts: readonly IssueCount[], code: string): number {
  return counts.reduce((rows, count) => rows + (count.code === code ? count.rows : 0), 0);
}

interface IssueProps extends Pick<RowIssuesProps, 'onTake' | 'onFix'> {
  readonly issue: RowIssue;
  readonly row: number;
  /** How many rows break this rule, this one included. */
  readonly rows: number;
}

function Issue({ issue, row, rows, onTake, onFix }: IssueProps) {
  const { code, field } = issue;
  const words = issueWords(issue);
  const suggestion = issueSuggestion(issue);
  return (
    <li>
      <StateLabel tone={issue.severity === 'error' ? 'refused' : 'warning'}>
        {field ? uploadFieldWords[field] : 'Whole row'}
      </StateLabel>
      <span>
        {words.title}. {words.next}
      </span>
      {suggestion && field && (
        <Button size="compact-xs" variant="light" onClick={() => onTake({ row, field, value: suggestion })}>
          Use {suggestion}
        </Button>
      )}
      {suggestion && rows > 1 && (
        <Button size="compact-xs" variant="light" onClick={() => onFix({ kind: 'suggestions', code })}>
          Take the suggestions in all {formatCount(rows)} rows
        </Button>
      )}
      {rows > 1 && (
        <Button size="compact-xs" variant="subtle" onClick={() => onFix({ kind: 'skip', code })}>
          Skip all {formatCount(rows)} rows like this
        </Button>
      )}
    </li>
  );
}
