import { Avatar } from '@mantine/core';
import type { SessionState } from '../../shared/contract/session.ts';
import type { Command } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { formatAge } from '../design/format.ts';
import classes from './sign-in-page.module.css';

interface OfflineAccountsProps {
  readonly accounts: Extract<SessionState, { status: 'signed_out' }>['offlineAccounts'];
  readonly command: Command<'session.continueOffline'>;
}

/** Accounts whose data is on this computer: they open without a connection. */
export function OfflineAccounts({ accounts, command }: OfflineAccountsProps) {
  return (
    <section className={classes['accounts']} aria-label="Continue offline">
      <h2>Continue offline</h2>
      {accounts.map((account) => (
        <button
          key={account.accountId}
          type="button"
          className={classes['account']}
          disabled={command.running}
          onClick={() => void command.run({ accountId: account.accountId })}
        >
          <Avatar name={account.fullName || account.email} color="iris" size={32} radius="xl" aria-hidden />
          <div>
            <span className={classes['line']}>{account.email}</span>
            <span className={classes['detail']}>
              {account.serverUrl.replace(/^https?:\/\//, '')} · used {formatAge(account.lastUsedAt)}
            </span>
          </div>
        </button>
      ))}
      {command.error && <ErrorNotice error={command.error} />}
    </section>
  );
}
