import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { err, ok } from '../../../shared/result.ts';
import { demoDashboard, draftSummary, emptyDashboard, inDays } from '../demo-data.ts';
import { fakeConsole } from '../fake-console.ts';
import { balanceIn, renderConsole } from '../render-console.tsx';

async function balanceNumbers(): Promise<string[]> {
  return balanceIn(await screen.findByRole('region', { name: 'Balance' }));
}

it('shows the three numbers together, the confirmed one with its time', async () => {
  renderConsole(fakeConsole());
  expect(await balanceNumbers()).toEqual(['1,000', '36', '964']);
  expect(screen.getByRole('region', { name: 'Balance' }).textContent).toMatch(/as of \d\d:\d\d/);
});

it('never shows a confirmed balance before the first pull', async () => {
  const balance = { confirmed: null, confirmedAt: null, planned: 4, left: null };
  renderConsole(fakeConsole({ 'dashboard.read': () => ok({ ...demoDashboard(), asOf: null, balance }) }));
  expect(await balanceNumbers()).toEqual(['–', '4', '–']);
});

it('says by how much the plan exceeds the balance', async () => {
  const balance = { confirmed: 20, confirmedAt: inDays(0), planned: 36, left: -16 };
  renderConsole(fakeConsole({ 'dashboard.read': () => ok({ ...demoDashboard(), balance }) }));
  expect((await screen.findByRole('region', { name: 'Balance' })).textContent).toContain('16 more than there are');
});

it('keeps the figures on screen when reading them again fails, and says why', async () => {
  let broken = false;
  const bridge = fakeConsole({
    'dashboard.read': () => (broken ? err({ code: 'cache_unavailable', reason: 'locked' }) : ok(demoDashboard())),
  });
  renderConsole(bridge);
  await balanceNumbers();
  broken = true;
  bridge.announce('partner');
  expect((await screen.findByRole('alert')).textContent).toContain('Another program holds');
  expect(await balanceNumbers()).toEqual(['1,000', '36', '964']);
});

it('keeps data that is over a day old, with its age', async () => {
  renderConsole(fakeConsole({ 'dashboard.read': () => ok({ ...demoDashboard(), asOf: inDays(-3) }) }));
  expect(await screen.findByText(/^Data from .*3 days ago$/)).toBeTruthy();
  expect(await balanceNumbers()).toEqual(['1,000', '36', '964']);
});

it.each([
  ['Active members', { status: 'active', credits: null }],
  ['Expiring in 30 days', { status: null, credits: 'expiring_30' }],
  ['Expiring in 60 days', { status: null, credits: 'expiring_60' }],
  ['Expiring in 90 days', { status: null, credits: 'expiring_90' }],
])('leads from the tile %s to exactly the members it counts', async (tile, filter) => {
  const bridge = fakeConsole();
  const user = renderConsole(bridge);
  await user.click(await screen.findByRole('button', { name: new RegExp(`^${tile}`) }));
  await screen.findByRole('heading', { level: 1, name: 'Members' });
  await waitFor(() => expect(bridge.inputsOf('members.page').at(-1)?.filter).toEqual({ search: '', ...filter }));
});

it('gives a new partner three steps instead of empty charts', async () => {
  const user = renderConsole(fakeConsole({ 'dashboard.read': () => ok(emptyDashboard()) }));
  const steps = await screen.findByRole('region', { name: 'First steps' });
  expect(within(steps).getAllByRole('listitem')).toHaveLength(3);
  expect(screen.queryByRole('region', { name: 'Expiring by week' })).toBeNull();
  await user.click(within(steps).getByRole('button', { name: 'New upload' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'New upload' })).toBeTruthy();
});

it('gives the charts’ figures as tables to screen readers', async () => {
  renderConsole(fakeConsole());
  const chart = await screen.findByRole('region', { name: 'Allocated by month' });
  expect(within(chart).getAllByRole('row')).toHaveLength(13);
});

it('counts what it reads during the first pull instead of showing zeros', async () => {
  const balance = { confirmed: null, confirmedAt: null, planned: 0, left: null };
  const bridge = fakeConsole({ 'dashboard.read': () => ok({ ...emptyDashboard(), asOf: null, balance }) });
  renderConsole(bridge);
  await screen.findByText('Reading your members and balance from the server');
  bridge.emit({ event: 'pull_progress', members: 12_000, allocations: 3_400 });
  expect(await screen.findByText('12,000 members and 3,400 allocations so far.')).toBeTruthy();
  expect(screen.queryByRole('list', { name: 'Figures' })).toBeNull();
});

it('says after a restart how many rows wait on this computer', async () => {
  const drafts = [{ ...draftSummary, stage: 'sending' as const, waiting: 700 }];
  renderConsole(fakeConsole({ 'uploads.list': () => ok({ drafts }) }));
  expect(await screen.findByText('700 rows of hr-export.csv wait on this computer')).toBeTruthy();
});
