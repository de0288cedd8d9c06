import { IconCloudOff, IconFileCheck, IconReceipt } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import type { ApplicationInfo } from '../../shared/contract/application.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import { useCommand } from '../bridge/use-command.ts';
import { BrandMark } from '../design/brand-mark.tsx';
import { Notice } from '../design/notice.tsx';
import { errorWords } from '../messages/error-words.ts';
import { CopyForIt } from './copy-for-it.tsx';
import { OfflineAccounts } from './offline-accounts.tsx';
import { SignInForm } from './sign-in-form.tsx';
import classes from './sign-in-page.module.css';

interface SignInPageProps {
  readonly info: ApplicationInfo;
  readonly session: Extract<SessionState, { status: 'signed_out' }>;
  /** What stands above the form, e.g. that the console behind this window was lost. */
  readonly children?: ReactNode;
}

const promises = [
  { icon: IconFileCheck, text: 'Prepare hundreds of rows from your HR export, corrected before anything is sent.' },
  { icon: IconReceipt, text: 'Every row ends with a receipt or a reason. Nothing is given twice.' },
  { icon: IconCloudOff, text: 'Works on the train: what you prepare offline is sent when you are back.' },
];

/** Sign in with e-mail and password, or open what this computer already has. */
export function SignInPage({ info, session, children }: SignInPageProps) {
  const signIn = useCommand('session.signIn');
  const goOffline = useCommand('session.continueOffline');
  return (
    <div className={classes['page']}>
      <aside className={classes['side']} aria-label="About Partner Console">
        <div className={classes['brand']}>
          <BrandMark size={32} />
          <span>Partner Console</span>
        </div>
        <div className={classes['claim']}>
          <p className={classes['headline']}>Credits for your people, accounted for to the last one.</p>
          <ul className={classes['promises']}>
            {promises.map(({ icon: Icon, text }) => (
              <li key={text}>
                <Icon size={20} stroke={1.6} aria-hidden />
                <span>{text}</span>
              </li>
            ))}
          </ul>
        </div>
        <p className={classes['version']}>Version {info.version}</p>
      </aside>
      <main className={classes['main']}>
        <div className={classes['form']}>
          {children}
          {session.notOpened && <NotOpened error={session.notOpened} version={info.version} />}
          <div>
            <h1 className={classes['title']}>Sign in</h1>
            <p className={classes['lead']}>with the account of a partner admin</p>
          </div>
          <SignInForm info={info} session={session} command={signIn} />
          {!session.sessionIsKept && (
            <Notice tone="info" title="You will sign in again at each start">
              This computer has no keyring that could keep your sign-in safe, so it is not kept at all.
            </Notice>
          )}
          {session.offlineAccounts.length > 0 && (
            <OfflineAccounts accounts={session.offlineAccounts} command={goOffline} />
          )}
        </div>
      </main>
    </div>
  );
}

function NotOpened({ error, version }: { error: AppError; version: string }) {
  const words = errorWords(error);
  return (
    <Notice tone="refused" title={words.title} actions={<CopyForIt error={error} version={version} />}>
      {words.next} Your account was not opened: that is tried again every few minutes, and when you sign in.
    </Notice>
  );
}
