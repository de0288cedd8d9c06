import { Button } from '@mantine/core';
import type { UploadRow } from '../../shared/contract/uploads.ts';
import { StateLabel } from '../design/state-label.tsx';
import { issueSuggestion, issueWords, uploadFieldWords } from '../messages/rule-words.ts';
import classes from './fix-step.module.css';
import type { CellEdit } from './use-cell-editing.ts';

/** Everything that is wrong with the row under the cursor, in words, with what to do about it. */
export function RowIssues({ row, onTake }: { row: UploadRow; onTake: (edit: CellEdit) => void }) {
  return (
    <section className={classes['issues']} aria-label={`Row ${row.row}`} aria-live="polite">
      <strong className={classes['issues-row']}>Row {row.row}</strong>
      {row.issues.length === 0 ? (
        <span className={classes['fine']}>Nothing to correct. F2 edits a cell, Delete skips the row.</span>
      ) : (
        <ul className={classes['issue-list']}>
          {row.issues.map((issue) => {
            const words = issueWords(issue);
            const suggestion = issueSuggestion(issue);
            const { field } = issue;
            return (
              <li key={`${issue.code} ${field ?? ''}`}>
                <StateLabel tone={issue.severity === 'error' ? 'refused' : 'warning'}>
                  {field ? uploadFieldWords[field] : 'Whole row'}
                </StateLabel>
                <span>
                  {words.title}. {words.next}
                </span>
                {suggestion && field && (
                  <Button
                    size="compact-xs"
                    variant="light"
                    onClick={() => onTake({ row: row.row, field, value: suggestion })}
                  >
                    Use {suggestion}
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
