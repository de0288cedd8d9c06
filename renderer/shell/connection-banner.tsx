import { Button, Group, Modal, PasswordInput, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import type { ApplicationInfo } from '../../shared/contract/application.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import { useCommand } from '../bridge/use-command.ts';
import { ErrorNotice } from '../design/error-notice.tsx';
import { Notice } from '../design/notice.tsx';
import classes from './shell.module.css';

interface ConnectionBannerProps {
  readonly session: Exclude<SessionState, { status: 'signed_out' }>;
  readonly demo: ApplicationInfo['demo'];
}

/** Says that nothing is sent while nobody is signed in, with the way out. */
export function ConnectionBanner({ session, demo }: ConnectionBannerProps) {
  const [asking, setAsking] = useState(false);

  if (session.status !== 'offline') return null;
  const expired = session.reason === 'session_expired';
  return (
    <div className={classes['banner']}>
      <Notice
        tone="warning"
        title={expired ? 'Your sign-in has ended' : 'You are working offline'}
        actions={
          <Button size="xs" onClick={() => setAsking(true)}>
            Sign in
          </Button>
        }
      >
        Everything can be read and prepared. Nothing is sent until you sign in.
      </Notice>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Sign in as ${session.account.email}`}
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <SignInAgain session={session} demo={demo} onDone={() => setAsking(false)} />
      </Modal>
    </div>
  );
}

interface SignInAgainProps {
  readonly session: Extract<SessionState, { status: 'offline' }>;
  readonly demo: ApplicationInfo['demo'];
  readonly onDone: () => void;
}

function SignInAgain({ session, demo, onDone }: SignInAgainProps) {
  const signIn = useCommand('session.signIn');
  const [password, setPassword] = useState(demo?.email === session.account.email ? demo.password : '');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const result = await signIn.run({
      serverUrl: session.account.serverUrl,
      publishableKey: session.publishableKey,
      email: session.account.email,
      password,
    });
    if (result.ok) onDone();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Stack gap="md">
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          data-autofocus
        />
        {signIn.error && <ErrorNotice error={signIn.error} />}
        <Group justify="flex-end">
          <Button type="submit" loading={signIn.running} disabled={password === ''}>
            Sign in
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
