import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { IconChevronDown, IconChevronRight, IconWand } from '@tabler/icons-react';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import type { ApplicationInfo } from '../../shared/contract/application.ts';
import type { SessionState } from '../../shared/contract/session.ts';
import type { Command } from '../bridge/use-command.ts';
import { CopyForIt } from './copy-for-it.tsx';
import { ErrorNotice } from '../design/error-notice.tsx';
import classes from './sign-in-page.module.css';

interface SignInFormProps {
  readonly info: ApplicationInfo;
  readonly session: Extract<SessionState, { status: 'signed_out' }>;
  readonly command: Command<'session.signIn'>;
}

/** E-mail and password; the connection is asked for only where none is preset. */
export function SignInForm({ info, session, command }: SignInFormProps) {
  const server = info.presetServer ?? session.lastServer;
  const [email, setEmail] = useState(session.lastEmail ?? '');
  const [password, setPassword] = useState('');
  const [url, setUrl] = useState(server?.url ?? '');
  const [key, setKey] = useState(server?.publishableKey ?? '');
  const [connectionOpen, setConnectionOpen] = useState(server === null);
  const emailField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const emailIsKnown = session.lastEmail !== null;
  useEffect(() => (emailIsKnown ? passwordField : emailField).current?.focus(), [emailIsKnown]);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const result = await command.run({ serverUrl: url, publishableKey: key, email, password });
    if (result.ok) return;
    if (result.error.code === 'signed_out') passwordField.current?.select();
    // The fault may lie in the address: show it, unless it was set for this person.
    else if (info.presetServer === null) setConnectionOpen(true);
  };

  return (
    <form onSubmit={(event) => void submit(event)} aria-label="Sign in">
      <Stack gap="md">
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="username"
          ref={emailField}
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          ref={passwordField}
          label="Password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {info.presetServer === null && (
          <div className={classes['connection']}>
            <button
              type="button"
              className={classes['disclosure']}
              aria-expanded={connectionOpen}
              onClick={() => setConnectionOpen(!connectionOpen)}
            >
              {connectionOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
              Connection
            </button>
            {connectionOpen && (
              <>
                <TextInput
                  label="Organisation address"
                  description="From your IT, e.g. https://your-organisation.supabase.co"
                  autoComplete="url"
                  required
                  withAsterisk={false}
                  value={url}
                  onChange={(event) => setUrl(event.currentTarget.value)}
                />
                <TextInput
                  label="Publishable key"
                  description="Identifies your organisation’s project. It is not a secret."
                  autoComplete="off"
                  required
                  withAsterisk={false}
                  value={key}
                  onChange={(event) => setKey(event.currentTarget.value)}
                />
              </>
            )}
          </div>
        )}
        {command.error && (
          <ErrorNotice error={command.error} actions={<CopyForIt error={command.error} version={info.version} />} />
        )}
        <Button type="submit" size="md" loading={command.running}>
          Sign in
        </Button>
        {info.demo && (
          <DemoFill
            demo={info.demo}
            onFill={(demo) => {
              setEmail(demo.email);
              setPassword(demo.password);
            }}
          />
        )}
      </Stack>
    </form>
  );
}

interface DemoFillProps {
  readonly demo: NonNullable<ApplicationInfo['demo']>;
  readonly onFill: (demo: NonNullable<ApplicationInfo['demo']>) => void;
}

function DemoFill({ demo, onFill }: DemoFillProps) {
  return (
    <Button variant="light" leftSection={<IconWand size={16} aria-hidden />} onClick={() => onFill(demo)}>
      Fill in the demo sign-in
    </Button>
  );
}
