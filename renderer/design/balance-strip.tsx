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
  const stale = balance.confirmedAt !== null && isStale(balance.confirmedAt);
  return (
    <dl className={classes['strip']} data-size={size}>
      <div className={classes['number']}>
        <dt>Confirmed</dt>
        <dd>{balance.confirmed === null ? '–' : formatCount(balance.confirmed)}</dd>
        <span className={classes['note']} data-stale={stale || undefined}>
          {balance.confirmedAt === null ? (
            'not yet read from the server'
          ) : (
            <time dateTime={balance.confirmedAt} title={formatFullMoment(balance.confirmedAt)}>
              as of {formatMoment(balance.confirmedAt)}
            </time>
          )}
        </span>
      </div>
      <span className={classes['sign']} aria-hidden>
        −
      </span>
      <div className={classes['number']}>
        <dt>Planned</dt>
        <dd data-tone={balance.planned + adding > 0 ? 'planned' : undefined}>
          {formatCount(balance.planned + adding)}
        </dd>
        <span className={classes['note']}>
          {adding > 0 ? `${formatCount(balance.planned)} + ${formatCount(adding)}` : 'waits on this computer'}
        </span>
      </div>
      <span className={classes['sign']} aria-hidden>
        =
      </span>
      <div className={classes['number']}>
        <dt>Left after sync</dt>
        <dd data-tone={left !== null && left < 0 ? 'refused' : undefined}>{left === null ? '–' : formatCount(left)}</dd>
        <span className={classes['note']}>
          {left !== null && left < 0 ? `${formatCount(-left)} more than there are` : 'once all is confirmed'}
        </span>
      </div>
    </dl>
  );
}
