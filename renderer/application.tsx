import { MantineProvider } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { Notifications } from '@mantine/notifications';
import { type ReactNode, useLayoutEffect } from 'react';
import type { ApplicationInfo, Appearance } from '../shared/contract/application.ts';
import type { Bridge } from '../shared/contract/bridge.ts';
import type { SessionState } from '../shared/contract/session.ts';
import { BridgeProvider, useBridge } from './bridge/bridge-provider.tsx';
import { useConnection } from './bridge/connection.ts';
import { useQuery } from './bridge/use-query.ts';
import { DashboardPage } from './dashboard/dashboard-page.tsx';
import { ErrorNotice } from './design/error-notice.tsx';
import { cssVariables, theme } from './design/theme.ts';
import { MembersPage } from './members/members-page.tsx';
import { resetNavigation, useNavigation } from './navigation/navigation-store.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { SettingsPage } from './settings/settings-page.tsx';
import { CoreNotice } from './shell/core-notice.tsx';
import { Shell } from './shell/shell.tsx';
import { StartScreen } from './shell/start-screen.tsx';
import { SyncPage } from './sync/sync-page.tsx';
import { UploadsPage } from './uploads/uploads-page.tsx';

interface ApplicationProps {
  readonly bridge: Bridge;
  /** `test` switches off transitions and portals. */
  readonly environment?: 'default' | 'test';
}

/** The whole console in one window, on top of a bridge. */
export function Application({ bridge, environment = 'default' }: ApplicationProps) {
  return (
    <BridgeProvider bridge={bridge}>
      <Appearing environment={environment}>
        <Console />
      </Appearing>
    </BridgeProvider>
  );
}

/** Light or dark as chosen, or as the system has it. */
function Appearing({ environment, children }: { environment: 'default' | 'test'; children: ReactNode }) {
  const appearance: Appearance = useQuery('application.info', {}).data?.appearance ?? 'system';
  const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)', false, { getInitialValueInEffect: false });
  const scheme = appearance === 'system' ? (systemIsDark ? 'dark' : 'light') : appearance;
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      forceColorScheme={scheme}
      // The variables stand in theme-variables.css: the content security policy refuses <style> made at run time.
      withCssVariables={false}
      withGlobalClasses={false}
      env={environment}
    >
      <Notifications position="bottom-right" limit={3} autoClose={6_000} />
      {children}
    </MantineProvider>
  );
}

function Console() {
  const info = useQuery('application.info', {});
  const session = useQuery('session.state', {});
  const { bridge } = useBridge();
  const error = session.error ?? info.error;
  const connection = useConnection((state) => state.connection);
  if (!info.data || !session.data) {
    return <StartScreen>{connection === 'open' ? error && <ErrorNotice error={error} /> : <CoreNotice />}</StartScreen>;
  }
  if (session.data.status === 'signed_out') {
    return (
      <SignInPage info={info.data} session={session.data}>
        <CoreNotice />
      </SignInPage>
    );
  }
  return (
    <BridgeProvider key={session.data.account.accountId} bridge={bridge}>
      <AccountConsole session={session.data} info={info.data} />
    </BridgeProvider>
  );
}

/** The console of one account; it starts from nothing, whatever account was open before. */
function AccountConsole({ session, info }: SectionProps) {
  useLayoutEffect(resetNavigation, []);
  return (
    <Shell session={session} info={info}>
      <Section session={session} info={info} />
    </Shell>
  );
}

interface SectionProps {
  readonly session: Exclude<SessionState, { status: 'signed_out' }>;
  readonly info: ApplicationInfo;
}

function Section({ session, info }: SectionProps) {
  const section = useNavigation((state) => state.section);
  switch (section) {
    case 'dashboard':
      return <DashboardPage />;
    case 'members':
      return <MembersPage />;
    case 'uploads':
      return <UploadsPage />;
    case 'sync':
      return <SyncPage />;
    case 'settings':
      return <SettingsPage session={session} info={info} />;
  }
}
