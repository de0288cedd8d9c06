import { Button, SegmentedControl } from '@mantine/core';
import type { Appearance, ApplicationInfo } from '../../shared/contract/application.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { Card, Page } from '../design/page.tsx';
import { askSignOut, showShortcuts } from '../navigation/navigation-store.ts';
import { DiagnosticsCard } from './diagnostics-card.tsx';
import classes from './settings-page.module.css';

interface SettingsPageProps {
  readonly session: Exclude<SessionState, { status: 'signed_out' }>;
  readonly info: ApplicationInfo;
}

const appearances: { value: Appearance; label: string }[] = [
  { value: 'system', label: 'As the system' },
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
];

const systems: Readonly<Record<ApplicationInfo['operatingSystem'], string>> = {
  mac: 'macOS',
  windows: 'Windows',
  linux: 'Linux',
};

/** Account, appearance, and what this console is. */
export function SettingsPage({ session, info }: SettingsPageProps) {
  const setAppearance = useCommand('application.setAppearance');
  const { account } = session;
  return (
    <Page title="Settings">
      <div className={classes['column']}>
        <Card title="Account">
          <dl className={classes['facts']}>
            <dt>Name</dt>
            <dd>{account.fullName || '–'}</dd>
            <dt>E-mail</dt>
            <dd>{account.email}</dd>
            <dt>Organisation address</dt>
            <dd>{account.serverUrl}</dd>
            <dt>Sign-in</dt>
            <dd>{signInWords(session)}</dd>
          </dl>
          <div className={classes['action']}>
            <Button variant="default" onClick={() => askSignOut(true)}>
              Sign out…
            </Button>
          </div>
        </Card>
        <Card title="Appearance">
          <SegmentedControl
            aria-label="Appearance"
            data={appearances}
            value={info.appearance}
            onChange={(value) => {
              const chosen = appearances.find((appearance) => appearance.value === value);
              if (chosen) void setAppearance.run({ appearance: chosen.value });
            }}
          />
          {setAppearance.error && <ErrorNotice error={setAppearance.error} />}
        </Card>
        <DiagnosticsCard />
        <Card title="About">
          <dl className={classes['facts']}>
            <dt>Version</dt>
            <dd>{info.version}</dd>
            <dt>Runs in</dt>
            <dd>
              {info.host === 'electron' ? 'its own window' : 'a browser'} on {systems[info.operatingSystem]}
            </dd>
          </dl>
          <div className={classes['action']}>
            <Button variant="default" onClick={() => showShortcuts(true)}>
              Keyboard shortcuts
            </Button>
          </div>
        </Card>
      </div>
    </Page>
  );
}

function signInWords(session: SettingsPageProps['session']): string {
  if (session.status === 'offline') return 'Offline: nothing is sent until you sign in';
  return session.sessionIsKept
    ? 'Kept in this computer’s keyring'
    : 'Not kept: this computer has no keyring, so you sign in at each start';
}
