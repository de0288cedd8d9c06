import type { BalanceNumbers } from '../../shared/contract/values.ts';
import { formatCount, formatFullMoment, formatMoment, isStale } from './format.ts';
import classes from './balance-strip.module.css';

interface BalanceStripProps {
  readonly balance: BalanceNumbers;
  /** `large` on the dashboard, `compact` beside a form. */
  readonly size?: 'large' | 'compact';
  /** Credits that are about to be planned on top: the numbers then show before and after. */
  readonly adding?: number;
}

/** The three numbers that always stand together: confirmed with its time, planned, left after sync. */
export function BalanceStrip({ balance, size = 'compact', adding = 0 }: BalanceStripProps) {
  const left = balance.left === null ? null : balance.left - adding;
  const planned = balance.planned + adding;
  const stale = balance.confirmedAt !== null && isStale(balance.confirmedAt);
  return (
    <dl className={classes['strip']} data-size={size}>
      <div className={classes['number']}>
        <dt>Confirmed</dt>
        <dd className={classes['value']} data-number="confirmed">
          {balance.confirmed === null ? '–' : formatCount(balance.confirmed)}
        </dd>
        <dd className={classes['note']} data-stale={stale || undefined}>
          {balance.confirmedAt === null ? (
            'not yet read from the server'
          ) : (
            <time dateTime={balance.confirmedAt} title={formatFullMoment(balance.confirmedAt)}>
              as of {formatMoment(balance.confirmedAt)}
            </time>
          )}
        </dd>
      </div>
      <div className={classes['number']} data-sign="minus">
        <dt>Planned</dt>
        <dd className={classes['value']} data-number="planned" data-tone={planned > 0 ? 'planned' : undefined}>
          {formatCount(planned)}
        </dd>
        <dd className={classes['note']}>{plannedNote(balance.planned, adding)}</dd>
      </div>
      <div className={classes['number']} data-sign="equals">
        <dt>Left after sync</dt>
        <dd
          className={classes['value']}
          data-number="left"
          data-tone={left !== null && left < 0 ? 'refused' : undefined}
        >
          {left === null ? '–' : formatCount(left)}
        </dd>
        <dd className={classes['note']}>
          {left !== null && left < 0 ? `${formatCount(-left)} more than there are` : 'once all is confirmed'}
        </dd>
      </div>
    </dl>
  );
}

function plannedNote(planned: number, adding: number): string {
  if (adding > 0) return `${formatCount(planned)} + ${formatCount(adding)}`;
  return planned > 0 ? 'waits on this computer' : 'nothing waits';
}
