import { screen, waitFor } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AppError } from '../../../shared/app-error.ts';
import type { SessionState } from '../../../shared/contract/session.ts';
import { err, ok } from '../../../shared/result.ts';
import { inDays } from '../demo-data.ts';
import { applicationInfo, fakeConsole, signedIn, signedOut } from '../fake-console.ts';
import { renderConsole } from '../render-console.tsx';

async function failWith(error: AppError) {
  const bridge = fakeConsole({ 'session.state': () => ok(signedOut), 'session.signIn': () => err(error) });
  const user = renderConsole(bridge);
  await user.type(await screen.findByLabelText('E-mail'), 'dana@lindenhof.example');
  await user.type(screen.getByLabelText('Password'), 'secret');
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  return { user, bridge, alert: await screen.findByRole('alert') };
}

it('signs in with the preset connection and opens the dashboard', async () => {
  let state: SessionState = signedOut;
  const bridge = fakeConsole({
    'session.state': () => ok(state),
    'session.signIn': () => {
      state = signedIn;
      bridge.announce('session');
      return ok(state);
    },
  });
  const user = renderConsole(bridge);
  await user.type(await screen.findByLabelText('E-mail'), 'dana@lindenhof.example');
  await user.type(screen.getByLabelText('Password'), 'secret{Enter}');
  expect(await screen.findByRole('heading', { name: 'Lindenhof Kliniken' })).toBeTruthy();
  expect(bridge.inputsOf('session.signIn')).toEqual([
    {
      serverUrl: 'https://lindenhof.supabase.example',
      publishableKey: 'sb_publishable_demo',
      email: 'dana@lindenhof.example',
      password: 'secret',
    },
  ]);
  expect(screen.queryByLabelText('Organisation address')).toBeNull();
});

it.each<[AppError, RegExp]>([
  [{ code: 'offline', fault: 'dns', host: 'nowhere.example', detail: 'ENOTFOUND' }, /nowhere\.example was not found/],
  [{ code: 'offline', fault: 'tls', host: 'h.example', detail: 'CERT' }, /certificate/],
  [{ code: 'offline', fault: 'refused', host: 'h.example', detail: 'ECONNREFUSED' }, /does not accept connections/],
  [{ code: 'offline', fault: 'proxy', host: 'h.example', detail: '407' }, /proxy/],
  [{ code: 'forbidden', reason: 'not_a_partner' }, /does not manage a partner/],
])('gives a verdict in words and offers it to IT: %o', async (error, words) => {
  const { alert } = await failWith(error);
  expect(alert.textContent).toMatch(words);
  expect(screen.getByRole('button', { name: 'Copy for IT' })).toBeTruthy();
});

it('does not send a wrong password to IT', async () => {
  const { alert } = await failWith({ code: 'signed_out', reason: 'wrong_password' });
  expect(alert.textContent).toContain('do not match');
  expect(screen.queryByRole('button', { name: 'Copy for IT' })).toBeNull();
});

it('copies the fault without name or password', async () => {
  const { user } = await failWith({ code: 'offline', fault: 'tls', host: 'h.example', detail: 'SELF_SIGNED' });
  await user.click(screen.getByRole('button', { name: 'Copy for IT' }));
  expect(await screen.findByRole('button', { name: 'Copied' })).toBeTruthy();
  const text = await navigator.clipboard.readText();
  expect(text).toContain('SELF_SIGNED');
  expect(text).not.toMatch(/dana|secret/);
});

it('asks for the connection where none is preset, and fills in the demo sign-in', async () => {
  const demo = { email: 'demo@partner-console.example', password: 'Demo' };
  const bridge = fakeConsole({
    'session.state': () => ok({ ...signedOut, sessionIsKept: false }),
    'application.info': () => ok({ ...applicationInfo, presetServer: null, demo }),
  });
  const user = renderConsole(bridge);
  await user.type(await screen.findByLabelText(/Organisation address/), 'https://x.supabase.example');
  await user.type(screen.getByLabelText(/Publishable key/), 'key');
  await user.click(screen.getByRole('button', { name: 'Fill in the demo sign-in' }));
  await user.click(screen.getByRole('button', { name: 'Sign in' }));
  await waitFor(() => expect(bridge.inputsOf('session.signIn')).toHaveLength(1));
  expect(bridge.inputsOf('session.signIn')[0]).toEqual({
    serverUrl: 'https://x.supabase.example',
    publishableKey: 'key',
    ...demo,
  });
  expect(screen.getByText('You will sign in again at each start')).toBeTruthy();
});

it('opens an account of this computer without a connection', async () => {
  const bridge = fakeConsole({
    'session.state': () => ok({ ...signedOut, offlineAccounts: [{ ...signedIn.account, lastUsedAt: inDays(-1) }] }),
    'session.continueOffline': () => err({ code: 'cache_unavailable', reason: 'locked' }),
  });
  const user = renderConsole(bridge);
  await user.click(await screen.findByRole('button', { name: /demo@partner-console\.example/ }));
  expect(bridge.inputsOf('session.continueOffline')).toEqual([{ accountId: 'account-a' }]);
  expect((await screen.findByRole('alert')).textContent).toContain('Another program');
});

it('says why the account that was open is not, and that opening it is tried again', async () => {
  const notOpened: AppError = { code: 'cache_unavailable', reason: 'full' };
  renderConsole(fakeConsole({ 'session.state': () => ok({ ...signedOut, notOpened }) }));
  expect((await screen.findByRole('alert')).textContent).toMatch(/The disk is full.*tried again every few minutes/);
  expect(screen.getByRole('button', { name: 'Copy for IT' })).toBeTruthy();
});

it('shows nothing of one account to the next', async () => {
  let state: SessionState = signedIn;
  let partnerName = 'Lindenhof Kliniken';
  const bridge = fakeConsole({ 'session.state': () => ok(state) });
  const readDashboard = bridge.handlers['dashboard.read'];
  bridge.handlers['dashboard.read'] = async (input) => {
    const answer = await readDashboard?.(input);
    if (partnerName !== 'Lindenhof Kliniken') return new Promise(() => undefined);
    return answer ?? err({ code: 'not_found', what: 'operation' });
  };
  renderConsole(bridge);
  await screen.findByRole('heading', { name: 'Lindenhof Kliniken' });
  partnerName = 'Other partner';
  state = { ...signedIn, account: { ...signedIn.account, accountId: 'account-b', fullName: 'Other Person' } };
  bridge.announce('session');
  await screen.findByRole('button', { name: 'Account: Other Person' });
  expect(screen.queryByRole('heading', { name: 'Lindenhof Kliniken' })).toBeNull();
});
