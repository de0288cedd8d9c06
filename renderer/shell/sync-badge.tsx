import { useQuery } from '../bridge/use-query.ts';
import { formatAge, formatMoment } from '../design/format.ts';
import { StateLabel } from '../design/state-label.tsx';
import { syncSummary } from '../messages/sync-words.ts';
import { openSection } from '../navigation/navigation-store.ts';
import classes from './shell.module.css';

/** How things stand between this computer and the server; leads to the sync centre. */
export function SyncBadge() {
  const status = useQuery('sync.status', {}).data;
  if (!status) return null;
  const { text, tone } = syncSummary(status);
  return (
    <>
      <button
        type="button"
        className={classes['badge']}
        data-testid="sync-badge"
        title={
          status.lastPullAt
            ? `Open the sync centre. Data from ${formatMoment(status.lastPullAt)}, ${formatAge(status.lastPullAt)}`
            : 'Open the sync centre. Nothing was read from the server yet'
        }
        onClick={() => openSection('sync')}
      >
        <StateLabel tone={tone}>{text}</StateLabel>
      </button>
      <span className="visually-hidden" aria-live="polite">
        {text}
      </span>
    </>
  );
}
