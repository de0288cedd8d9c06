import { Button } from '@mantine/core';
import { useCommand } from '../bridge/use-command.ts';
import { useQuery } from '../bridge/use-query.ts';
import { Notice } from '../design/notice.tsx';
import classes from './shell.module.css';

/** Says once that data on this computer was damaged, what came back, and what to do. */
export function RecoveryBanner() {
  const latest = useQuery('application.recovery', {}).data?.latest;
  const dismiss = useCommand('application.dismissRecovery');
  if (latest === undefined || latest === null) return null;
  return (
    <div className={classes['banner']}>
      <Notice
        tone="warning"
        title="Data on this computer was damaged and has been restored"
        actions={
          <Button size="xs" loading={dismiss.running} onClick={() => void dismiss.run({})}>
            I have read this
          </Button>
        }
      >
        Items for sending that came back: {latest.items}. Uploads: {latest.drafts}.
        {latest.lost > 0 ? ' Not everything could be read: compare your uploads with their files.' : ''} Nothing that
        came back is sent before you have looked at it under Sync. Members and balances are read again from the server.
        {latest.setAside === '' ? '' : ` The damaged file is kept as ${latest.setAside}.`}
      </Notice>
    </div>
  );
}
