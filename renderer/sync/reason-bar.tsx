import { Button } from '@mantine/core';
import type { ItemFilter } from '../../shared/contract/sync-filter.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatCount } from '../design/format.ts';
import { refusalWords } from '../messages/refusal-words.ts';
import classes from './sync-page.module.css';

/** As many reasons as fit; rarer ones are found in the list. */
const SHOWN_REASONS = 6;

interface ReasonBarProps {
  readonly filter: ItemFilter;
  readonly onChange: (filter: ItemFilter) => void;
  /** Items that the filter shows. */
  readonly total: number;
}

/** Refused items by reason, and one decision for all of a reason: refusals come in swarms. */
export function ReasonBar({ filter, onChange, total }: ReasonBarProps) {
  const reasons = useQuery('sync.reasons', {}).data?.reasons ?? [];
  const retryAll = useCommand('sync.retryAll');
  const { reason, kind, search } = filter;
  if (reasons.length === 0) return null;
  return (
    <section className={classes['reasons']} aria-label="Refused, by reason">
      {reasons.slice(0, SHOWN_REASONS).map((one) => (
        <Button
          key={one.reason}
          size="xs"
          variant={one.reason === reason ? 'light' : 'default'}
          aria-pressed={one.reason === reason}
          onClick={() =>
            onChange(
              one.reason === reason ? { ...filter, reason: null } : { ...filter, show: 'refused', reason: one.reason },
            )
          }
        >
          {refusalWords(one.reason, null).title} · {formatCount(one.items)}
        </Button>
      ))}
      {reason !== null && total > 0 && (
        <Button
          size="xs"
          loading={retryAll.running}
          onClick={() => {
            void retryAll.run({ reason, kind, search }).then((result) => {
              if (result.ok) onChange({ ...filter, show: 'open', reason: null });
            });
          }}
        >
          Retry all {formatCount(total)}
        </Button>
      )}
      {retryAll.error && <ErrorNotice error={retryAll.error} />}
    </section>
  );
}
