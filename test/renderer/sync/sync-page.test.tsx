import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { OutboxItem } from '../../../shared/contract/sync.ts';
import { err, ok } from '../../../shared/result.ts';
import { assignItem, id, inDays, syncStatus, uploadItem } from '../demo-data.ts';
import type { FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

async function openWith(items: OutboxItem[], overrides: FakeHandlers = {}) {
  const bridge = fakeConsole({ 'sync.items': () => ok({ items, total: items.length }), ...overrides });
  const user = await openConsole(bridge, 'Sync');
  const list = await screen.findByRole('list', { name: 'Items' });
  return { bridge, user, list };
}

const actions = (list: HTMLElement): string[] =>
  within(list)
    .getAllByRole('button')
    .map((button) => button.textContent ?? '')
    .slice(1);

it.each<[string, Partial<OutboxItem>, string[], RegExp]>([
  ['queued', { state: 'queued' }, ['Edit', 'Discard'], /Waits on this computer/],
  ['sending', { state: 'sending' }, [], /On its way to the server/],
  ['checking', { state: 'checking' }, [], /nothing is done twice/],
  ['held', { state: 'held', heldReason: 'signed_out' }, ['Retry', 'Edit', 'Discard'], /until you sign in again/],
  [
    'refused',
    { state: 'refused', refusal: { reason: 'insufficient_credits', shortfall: 7 } },
    ['Retry', 'Edit', 'Discard'],
    /7 credits missing in the balance\. Add at least 7/,
  ],
  [
    'confirmed',
    { state: 'confirmed', receipt: { allocationId: id(3, 1), balance: 1, expiresAt: inDays(90), replayed: true } },
    [],
    /receipt 00000003 .* found by its number/,
  ],
])('says of a %s item what it is and offers only what its state allows', async (_name, change, allowed, words) => {
  const { list } = await openWith([assignItem(1, change)]);
  expect(list.textContent).toMatch(words);
  expect(actions(list)).toEqual(allowed);
});

it('keeps a refusal whose reason this version does not know, with its code', async () => {
  const { list } = await openWith([
    assignItem(1, { state: 'refused', refusal: { reason: 'moon_phase', shortfall: null } }),
  ]);
  expect(list.textContent).toContain('The server refused this (moon_phase)');
});

it('counts what an upload has sent, got confirmed and refused', async () => {
  const { list } = await openWith([uploadItem]);
  expect(list.textContent).toContain('200 of 900 sent · 197 confirmed · 3 refused');
});

it('discards only after asking, and says that nothing was given', async () => {
  const refused = assignItem(1, { state: 'refused', refusal: { reason: 'member_inactive', shortfall: null } });
  const { user, bridge, list } = await openWith([refused], { 'sync.discard': () => ok({}) });
  await user.click(within(list).getByRole('button', { name: 'Discard' }));
  expect(bridge.inputsOf('sync.discard')).toEqual([]);
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('nothing was given');
  await user.click(within(dialog).getByRole('button', { name: 'Discard' }));
  expect(bridge.inputsOf('sync.discard')).toEqual([{ itemId: refused.itemId }]);
});

it('edits an assignment and shows a conflict in words', async () => {
  const { user, bridge, list } = await openWith([assignItem(1)], {
    'sync.edit': () => err({ code: 'conflict', what: 'item_sending' }),
  });
  await user.click(within(list).getByRole('button', { name: 'Edit' }));
  const dialog = await screen.findByRole('dialog');
  const credits = within(dialog).getByLabelText('Credits');
  await user.clear(credits);
  await user.type(credits, '2');
  await user.click(within(dialog).getByRole('button', { name: 'Save' }));
  expect(bridge.inputsOf('sync.edit')).toEqual([{ itemId: id(4, 1), credits: 2, validityDays: 90, note: null }]);
  expect((await screen.findByRole('alert')).textContent).toContain('on its way to the server');
});

it('syncs now, pauses and resumes', async () => {
  let paused = false;
  const { user, bridge } = await openWith([assignItem(1)], {
    'sync.status': () => ok({ ...syncStatus, paused }),
    'sync.pause': () => {
      paused = true;
      bridge.announce('sync');
      return ok({ ...syncStatus, paused });
    },
    'sync.resume': () => ok(syncStatus),
  });
  await user.click(screen.getByRole('button', { name: 'Sync now' }));
  await user.click(screen.getByRole('button', { name: 'Pause sending' }));
  await user.click(await screen.findByRole('button', { name: 'Resume sending' }));
  expect(bridge.inputsOf('sync.now')).toHaveLength(1);
  expect(bridge.inputsOf('sync.resume')).toHaveLength(1);
});

it('says so when nothing is planned', async () => {
  await openConsole(fakeConsole({ 'sync.items': () => ok({ items: [], total: 0 }) }), 'Sync');
  expect(await screen.findByText(/^Everything confirmed at \d\d:\d\d · nothing planned$/)).toBeTruthy();
});

it('shows more of a long list on demand', async () => {
  const items = Array.from({ length: 120 }, (_, n) => assignItem(n));
  const { user, list } = await openWith(items, {
    'sync.items': ({ offset, limit }) => ok({ items: items.slice(offset, offset + limit), total: items.length }),
  });
  expect(within(list).getAllByRole('listitem')).toHaveLength(50);
  await user.click(screen.getByRole('button', { name: 'Show 50 more of 70' }));
  await user.click(await screen.findByRole('button', { name: 'Show 20 more of 20' }));
  await waitFor(() => expect(within(list).getAllByRole('listitem')).toHaveLength(120));
});
