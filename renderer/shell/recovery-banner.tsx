import { Button } from '@mantine/core';
import type { CacheRecovery } from '../../shared/contract/application.ts';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Notice } from '../design/notice.tsx';
import classes from './shell.module.css';

/** Says once that data on this computer was damaged, or came back out of the journal, what it is, and what to do. */
export function RecoveryBanner() {
  const latest = useQuery('application.recovery', {}).data?.latest;
  const dismiss = useCommand('application.dismissRecovery');
  if (latest === undefined || latest === null) return null;
  return (
    <div className={classes['banner']}>
      <Notice
        tone="warning"
        title={
          latest.reason === 'corrupt'
            ? 'Data on this computer was damaged and has been restored'
            : 'The second journal knew more than the database'
        }
        actions={
          <Button size="xs" loading={dismiss.running} onClick={() => void dismiss.run({})}>
            I have read this
          </Button>
        }
      >
        {latest.reason === 'corrupt' ? afterDamage(latest) : fromJournal(latest)}
      </Notice>
    </div>
  );
}

const lookFirst = 'Nothing that came back is sent before you have looked at it under Sync.';

function afterDamage({ items, drafts, lost, setAside }: CacheRecovery): string {
  return [
    `Items for sending that came back: ${items}. Uploads: ${drafts}.`,
    ...(lost > 0 ? ['Not everything could be read: compare your uploads with their files.'] : []),
    `${lookFirst} Members and balances are read again from the server.`,
    ...(setAside === '' ? [] : [`The damaged file is kept as ${setAside}.`]),
  ].join(' ');
}

/** Whoever was told that the disk is full finds what they were refused: no damage, and nothing to restore. */
function fromJournal({ items, drafts, lost }: CacheRecovery): string {
  return [
    ...(items + drafts > 0
      ? [
          `Items for sending that came back: ${items}. Uploads: ${drafts}.`,
          'They were cut off while they were written down (a full disk, a power cut), or the database has lost them; one that you were told could not be saved may be among them.',
          lookFirst,
        ]
      : []),
    ...(lost > 0
      ? [
          `Entries that only a newer Partner Console can read: ${lost}. They are kept for it: install that version again.`,
        ]
      : []),
  ].join(' ');
}
