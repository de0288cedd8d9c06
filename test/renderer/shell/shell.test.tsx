import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { SyncStatus } from '../../../shared/contract/sync.ts';
import { ok } from '../../../shared/result.ts';
import { inDays, syncStatus } from '../demo-data.ts';
import { fakeConsole, signedIn } from '../fake-console.ts';
import { renderConsole } from '../render-console.tsx';

it.each<[Partial<SyncStatus>, RegExp]>([
  [{}, /^Everything confirmed at \d\d:\d\d$/],
  [{ waiting: 3 }, /^3 planned$/],
  [{ attention: 2, waiting: 3, connection: 'offline' }, /^2 need attention, offline$/],
  [{ connection: 'offline' }, /^Offline, data from \d\d:\d\d$/],
  [{ checking: 1, waiting: 2 }, /^1 being checked$/],
  [{ paused: true, waiting: 2 }, /^Paused, 2 planned$/],
  [{ lastPullAt: null, pulling: true }, /^Reading from the server$/],
])('says in the badge how things stand: %o', async (change, words) => {
  renderConsole(fakeConsole({ 'sync.status': () => ok({ ...syncStatus, ...change }) }));
  expect((await screen.findByTestId('sync-badge')).textContent).toMatch(words);
});

it('changes the badge when main announces a change', async () => {
  let waiting = 1;
  const bridge = fakeConsole({ 'sync.status': () => ok({ ...syncStatus, waiting }) });
  renderConsole(bridge);
  expect((await screen.findByTestId('sync-badge')).textContent).toBe('1 planned');
  waiting = 0;
  bridge.announce('outbox', 'sync');
  await waitFor(() => expect(screen.getByTestId('sync-badge').textContent).toMatch(/^Everything confirmed/));
});

it('opens every section by its keys, searches with / and lists the keys with ?', async () => {
  const user = renderConsole(fakeConsole());
  await screen.findByRole('heading', { level: 1, name: 'Lindenhof Kliniken' });
  for (const [key, title] of [
    ['2', 'Members'],
    ['3', 'Uploads'],
    ['4', 'Sync'],
    ['5', 'Settings'],
  ] as const) {
    await user.keyboard(`{Control>}${key}{/Control}`);
    expect(await screen.findByRole('heading', { level: 1, name: title })).toBeTruthy();
    expect(screen.getByRole('link', { name: title }).getAttribute('aria-current')).toBe('page');
  }
  await user.keyboard('/');
  await waitFor(() => expect(document.activeElement?.getAttribute('aria-label')).toBe('Search by name or e-mail'));
  await user.keyboard('?');
  expect(screen.queryByRole('dialog')).toBeNull();
  await user.tab();
  await user.keyboard('?');
  expect(await screen.findByRole('dialog', { name: 'Keyboard shortcuts' })).toBeTruthy();
});

it('does what the application menu asks', async () => {
  const bridge = fakeConsole();
  renderConsole(bridge);
  await screen.findByTestId('sync-badge');
  bridge.emit({ event: 'command', command: 'new_upload' });
  expect(await screen.findByRole('heading', { level: 1, name: 'New upload' })).toBeTruthy();
  bridge.emit({ event: 'command', command: 'sync_now' });
  await waitFor(() => expect(bridge.inputsOf('sync.now')).toHaveLength(1));
});

it('signs in again with the password alone when the session has ended', async () => {
  const bridge = fakeConsole({
    'session.state': () =>
      ok({ status: 'offline', account: signedIn.account, reason: 'session_expired', publishableKey: 'key' }),
    'session.signIn': () => ok(signedIn),
  });
  const user = renderConsole(bridge);
  await user.click(await screen.findByRole('button', { name: 'Sign in' }));
  const dialog = await screen.findByRole('dialog');
  await user.type(within(dialog).getByLabelText('Password'), 'secret{Enter}');
  await waitFor(() => expect(bridge.inputsOf('session.signIn')).toHaveLength(1));
  expect(bridge.inputsOf('session.signIn')[0]).toMatchObject({ email: signedIn.account.email, publishableKey: 'key' });
});

it('says before signing out that waiting work is kept, and clears the cache only when asked', async () => {
  const bridge = fakeConsole({
    'sync.status': () => ok({ ...syncStatus, waiting: 3, attention: 1, lastPullAt: inDays(0) }),
  });
  const user = renderConsole(bridge);
  await user.click(await screen.findByRole('button', { name: 'Account: Dana Weber' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Sign out…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Sign out' });
  expect(dialog.textContent).toContain('3 items wait on this computer');
  expect(dialog.textContent).toContain('1 item needs your attention, and is kept');
  await user.click(within(dialog).getByRole('radio', { name: /Remove it/ }));
  await user.click(within(dialog).getByRole('button', { name: 'Sign out' }));
  expect(bridge.inputsOf('session.signOut')).toEqual([{ clearCache: true }]);
});

it('says that damaged data was restored, until somebody has read it', async () => {
  const restored = {
    recovery: 1,
    happenedAt: inDays(0),
    reason: 'corrupt' as const,
    items: 3,
    drafts: 1,
    lost: 1,
    setAside: 'console.db.corrupt-x',
  };
  let latest: typeof restored | null = restored;
  const bridge = fakeConsole({
    'application.recovery': () => ok({ latest }),
    'application.dismissRecovery': () => {
      latest = null;
      return ok({});
    },
  });
  const user = renderConsole(bridge);
  const title = await screen.findByText('Data on this computer was damaged and has been restored');
  expect(title.parentElement?.parentElement?.textContent).toMatch(
    /came back: 3\. Uploads: 1\. Not everything could be read.*console\.db\.corrupt-x/,
  );
  await user.click(screen.getByRole('button', { name: 'I have read this' }));
  bridge.announce('settings');
  await waitFor(() => expect(screen.queryByText(/has been restored/)).toBeNull());
});

it('speaks of no damage where the journal gave back what a full disk had refused', async () => {
  const latest = {
    recovery: 1,
    happenedAt: inDays(0),
    reason: 'journal' as const,
    items: 1,
    drafts: 0,
    lost: 2,
    setAside: '',
  };
  renderConsole(fakeConsole({ 'application.recovery': () => ok({ latest }) }));
  const title = await screen.findByText('The second journal knew more than the database');
  const words = title.parentElement?.parentElement?.textContent ?? '';
  expect(words).toMatch(/came back: 1.*a full disk.*only a newer Partner Console can read: 2/);
  expect(words).not.toMatch(/damaged/);
});
