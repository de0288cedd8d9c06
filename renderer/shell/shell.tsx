import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import type { ApplicationInfo } from '../../shared/contract/application.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import { useBridgeEvent } from '../bridge/bridge-provider.tsx';
import { useCommand } from '../bridge/use-command.ts';
import { openUpload, searchMembers, showShortcuts, useNavigation } from '../navigation/navigation-store.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { CoreNotice } from './core-notice.tsx';
import { RecoveryBanner } from './recovery-banner.tsx';
import { Rail } from './rail.tsx';
import classes from './shell.module.css';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import { SignOutDialog } from './sign-out-dialog.tsx';
import { TopBar } from './top-bar.tsx';
import { useShortcuts } from './use-shortcuts.ts';

interface ShellProps {
  readonly session: Exclude<SessionState, { status: 'signed_out' }>;
  readonly info: ApplicationInfo;
  readonly children: ReactNode;
}

/** What stays around every section: rail, top bar, banners, dialogs that belong to no section. */
export function Shell({ session, info, children }: ShellProps) {
  const { run: syncNow } = useCommand('sync.now');
  const section = useNavigation((state) => state.section);
  const main = useRef<HTMLElement>(null);
  const sync = useCallback(() => void syncNow({}), [syncNow]);
  useShortcuts(sync);

  const onEvent = useCallback(
    (event: BridgeEvent) => {
      if (event.event !== 'command') return;
      switch (event.command) {
        case 'new_upload':
          return openUpload('new');
        case 'sync_now':
          return sync();
        case 'show_shortcuts':
          return showShortcuts(true);
        case 'search':
          return searchMembers();
      }
    },
    [sync],
  );
  useBridgeEvent(onEvent);
  useEffect(() => {
    if (main.current) main.current.scrollTop = 0;
  }, [section]);

  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#content">
        Skip to content
      </a>
      <Rail />
      <div className={classes['column']}>
        <TopBar account={session.account} />
        <CoreNotice className={classes['banner']} />
        <RecoveryBanner />
        <ConnectionBanner session={session} demo={info.demo} />
        <main ref={main} id="content" tabIndex={-1} className={classes['main']}>
          {children}
        </main>
      </div>
      <ShortcutsDialog />
      <SignOutDialog email={session.account.email} />
    </div>
  );
}
