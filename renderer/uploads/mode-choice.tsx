import { MAX_CREDITS_PER_ALLOCATION } from '../../shared/contract/limits.ts';
import type { DryRun, UploadMode } from '../../shared/contract/uploads.ts';
import { formatCount, plural } from '../design/format.ts';
import classes from './review-step.module.css';

/** What the server applies in one transaction; main refuses more. */
const MOST_ROWS = 50_000;

/** Why an upload cannot be sent as one whole, or null when it can. */
export function wholeProblem(run: DryRun): string | null {
  if (run.errors > 0) {
    return `${plural(run.errors, 'row')} with errors ${run.errors === 1 ? 'is' : 'are'} neither corrected nor skipped.`;
  }
  if (run.ready > MOST_ROWS)
    return `At most ${formatCount(MOST_ROWS)} rows can be sent as one; these are ${formatCount(run.ready)}.`;
  if (run.credits > MAX_CREDITS_PER_ALLOCATION) {
    return `At most ${formatCount(MAX_CREDITS_PER_ALLOCATION)} credits can be given as one; these are ${formatCount(run.credits)}.`;
  }
  return null;
}

interface ModeChoiceProps {
  readonly run: DryRun;
  readonly mode: UploadMode;
  readonly onChoose: (mode: UploadMode) => void;
}

/** The two ways to send, each with its consequences for this very upload. */
export function ModeChoice({ run, mode, onChoose }: ModeChoiceProps) {
  const problem = wholeProblem(run);
  return (
    <fieldset className={classes['modes']}>
      <legend className="visually-hidden">How to send</legend>
      <label className={classes['mode']}>
        <input
          type="radio"
          name="mode"
          checked={mode === 'valid_only'}
          onChange={() => onChoose('valid_only')}
          aria-label="Send the valid rows"
          aria-describedby="mode-valid"
        />
        <span>
          <strong>Send the valid rows</strong>
          <span id="mode-valid">{validWords(run)}</span>
        </span>
      </label>
      <label className={classes['mode']} data-disabled={problem !== null || undefined}>
        <input
          type="radio"
          name="mode"
          checked={mode === 'all_or_nothing'}
          disabled={problem !== null && mode !== 'all_or_nothing'}
          onChange={() => onChoose('all_or_nothing')}
          aria-label="All or nothing"
          aria-describedby="mode-whole"
        />
        <span>
          <strong>All or nothing</strong>
          <span id="mode-whole">{problem === null ? wholeWords(run) : `Not possible: ${problem}`}</span>
        </span>
      </label>
    </fieldset>
  );
}

function validWords({ ready, errors, exceeds }: DryRun): string {
  return [
    `${plural(ready, 'row')} ${ready === 1 ? 'is' : 'are'} sent, each for itself: one that the server refuses does not hold up the others.`,
    ...(errors > 0
      ? [
          `${plural(errors, 'row')} with errors ${errors === 1 ? 'stays' : 'stay'} behind, to be corrected and sent afterwards.`,
        ]
      : []),
    ...(exceeds
      ? [`From row ${formatCount(exceeds.row)} on they wait here until credits are added to the balance.`]
      : []),
  ].join(' ');
}

function wholeWords({ ready, exceeds }: DryRun): string {
  if (exceeds) {
    return `The balance lacks ${plural(exceeds.by, 'credit')}: the server would refuse all ${plural(ready, 'row')}, and nothing would change.`;
  }
  return `All ${plural(ready, 'row')} are confirmed together. If the server refuses a single one, nothing is changed, and you see which and why.`;
}
