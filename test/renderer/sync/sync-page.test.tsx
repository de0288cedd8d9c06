import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { OutboxItem } from '../../../shared/contract/sync.ts';
import { err, ok } from '../../../shared/result.ts';
import { assignItem, id, inDays, syncRound, syncStatus, uploadItem } from '../demo-data.ts';
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
    .slice(1)
    .map((button) => (button.textContent ?? '').split(':')[0] ?? '');

it.each<[string, Partial<OutboxItem>, string[], RegExp]>([
  ['queued', { state: 'queued' }, ['Edit', 'Discard'], /Waits on this computer/],
  ['sending', { state: 'sending' }, [], /On its way to the server/],
  ['checking', { state: 'checking' }, [], /nothing is done twice/],
  ['held', { state: 'held', heldReason: 'signed_out' }, ['Retry', 'Edit', 'Discard'], /until you sign in again/],
  [
    'refused',
    { state: 'refused', refusal: { reason: 'insufficient_credits', shortfall: 7 } },
    ['Retry', 'Edit', 'Discard'],
    /7 credits missing in the balance\.NextAdd at least 7/,
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

it.each([
  [0, /Not done/, /the server has done none of it.*0 confirmed, 3 refused, 897 not done\./],
  [897, /Partly done/, /897 confirmed, 3 refused\./],
])('does not call an upload confirmed of which %i of 900 rows are', async (confirmed, name, story) => {
  if (uploadItem.command.kind !== 'upload_members') throw new Error('no upload');
  const notDone = { rows: 900 - confirmed, needsAttention: true };
  const command = { ...uploadItem.command, rows: 900, confirmed, refused: 3, notDone };
  const { list } = await openWith([{ ...uploadItem, state: 'confirmed', heldReason: null, command }]);
  expect(list.textContent).toMatch(name);
  expect(list.textContent).toMatch(story);
  expect(list.textContent).not.toContain('Nothing: it is done.');
});

it('lets the rest of an upload go that has ended in part, and says that its rows stay', async () => {
  if (uploadItem.command.kind !== 'upload_members') throw new Error('no upload');
  const command = { ...uploadItem.command, confirmed: 897, notDone: { rows: 3, needsAttention: true } };
  const ended: OutboxItem = { ...uploadItem, state: 'confirmed', command };
  const { user, bridge, list } = await openWith([ended], { 'sync.discard': () => ok({}) });
  expect(actions(list)).toEqual(['Open upload', 'Discard']);
  await user.click(within(list).getByRole('button', { name: /^Discard/ }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toMatch(
    /3 rows .* were not done\. .*no longer wait .* 897 confirmed rows stay confirmed\./,
  );
  await user.type(within(dialog).getByLabelText('Type “discard” to go on'), 'discard{Enter}');
  expect(bridge.inputsOf('sync.discard')).toEqual([{ itemId: ended.itemId }]);
});

it('discards only what the word was typed for, and says that nothing was given', async () => {
  const refused = assignItem(1, { state: 'refused', refusal: { reason: 'member_inactive', shortfall: null } });
  const { user, bridge, list } = await openWith([refused], { 'sync.discard': () => ok({}) });
  await user.click(within(list).getByRole('button', { name: /^Discard/ }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('nothing was given');
  const field = within(dialog).getByLabelText('Type “discard” to go on');
  await user.type(field, 'disc{Enter}');
  expect(within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Discard' }).disabled).toBe(true);
  expect(bridge.inputsOf('sync.discard')).toEqual([]);
  await user.type(field, 'ard{Enter}');
  expect(bridge.inputsOf('sync.discard')).toEqual([{ itemId: refused.itemId }]);
});

it('edits an assignment and shows a conflict in words', async () => {
  const { user, bridge, list } = await openWith([assignItem(1)], {
    'sync.edit': () => err({ code: 'conflict', what: 'item_sending' }),
  });
  await user.click(within(list).getByRole('button', { name: /^Edit/ }));
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

it('goes through 10,000 items a page at a time, by the keyboard', async () => {
  const items = Array.from({ length: 10_000 }, (_, n) => assignItem(n, { itemId: id(4, n) }));
  const { user, bridge, list } = await openWith(items, {
    'sync.items': ({ offset, limit }) => ok({ items: items.slice(offset, offset + limit), total: items.length }),
  });
  expect(within(list).getAllByRole('listitem')).toHaveLength(50);
  const pager = screen.getByRole('navigation', { name: 'Pages of items' });
  within(pager).getByRole('button', { name: 'Next' }).focus();
  await user.keyboard('{Enter}');
  await waitFor(() => expect(pager.textContent).toContain('51–100 of 10,000'));
  await user.click(within(pager).getByRole('button', { name: 'Last' }));
  await waitFor(() => expect(pager.textContent).toContain('9,951–10,000 of 10,000'));
  await waitFor(() => expect(within(list).getAllByRole('listitem')).toHaveLength(50));
  expect(document.activeElement).toBe(list);
  for (const { limit } of bridge.inputsOf('sync.items')) expect(limit).toBeLessThanOrEqual(200);
});

it('finds items by state, kind and words, and makes a file of exactly these', async () => {
  const { user, bridge } = await openWith([assignItem(1)], {
    'exports.begin': () => err({ code: 'cancelled' }),
  });
  await user.click(screen.getByRole('radio', { name: 'Refused' }));
  await user.type(screen.getByRole('searchbox', { name: 'Search the items' }), 'anna');
  await user.click(screen.getByRole('combobox', { name: 'Kind of item' }));
  await user.click(await screen.findByRole('option', { name: 'Take credits back' }));
  const filter = { show: 'refused', kind: 'revoke_member_credits', reason: null, search: 'anna' };
  await waitFor(() => expect(bridge.inputsOf('sync.items').at(-1)).toMatchObject(filter));
  await user.click(await screen.findByRole('button', { name: 'Export 1' }));
  expect(bridge.inputsOf('exports.begin')).toEqual([{ what: { kind: 'outbox', format: 'csv', filter } }]);
});

it('retries all refused items of one reason at once', async () => {
  const refused = assignItem(1, { state: 'refused', refusal: { reason: 'member_inactive', shortfall: null } });
  const { user, bridge } = await openWith([refused], {
    'sync.reasons': () => ok({ reasons: [{ reason: 'member_inactive', items: 12 }] }),
    'sync.retryAll': () => ok({ retried: 12 }),
  });
  await user.click(await screen.findByRole('button', { name: 'The member is inactive · 12' }));
  await waitFor(() =>
    expect(bridge.inputsOf('sync.items').at(-1)).toMatchObject({ show: 'refused', reason: 'member_inactive' }),
  );
  await user.click(await screen.findByRole('button', { name: /^Retry all/ }));
  expect(bridge.inputsOf('sync.retryAll')).toEqual([{ reason: 'member_inactive', kind: null, search: '' }]);
});

it('shows what was known when it was planned, what the server says now, and what would be', async () => {
  const seen = { creditsAssigned: 4, available: 4, status: 'active', balance: 100, asOf: inDays(-1) } as const;
  const now = { ...seen, available: 1, balance: 30, asOf: inDays(0) };
  const { list } = await openWith([
    assignItem(1, { seen, now }),
    assignItem(2, { seen, now: seen }),
    assignItem(3, { seen, now, state: 'confirmed' }),
  ]);
  const tables = within(list).getAllByRole('table');
  expect(tables).toHaveLength(1);
  const cells = within(tables[0] ?? list)
    .getAllByRole('row')
    .slice(1)
    .map((row) =>
      within(row)
        .getAllByRole('cell')
        .map((cell) => cell.textContent),
    );
  expect(cells).toEqual([
    ['4', '1 (changed)', '5'],
    ['4', '4', '8'],
    ['Active', 'Active', 'Active'],
    ['100', '30 (changed)', '26'],
  ]);
});

it.each<[NonNullable<OutboxItem['heldReason']>, string[], RegExp]>([
  // It may have been done: an edited one would be done besides.
  ['recovered', ['Send', 'Discard'], /under its old number/],
  ['unreadable', ['Discard'], /never sent/],
  ['newer_version', ['Discard'], /Install that version/],
  ['outdated_client', ['Retry', 'Edit', 'Discard'], /Update the console/],
])('offers of an item held as %s only what helps', async (heldReason, allowed, words) => {
  const { list } = await openWith([
    assignItem(1, { state: 'held', heldReason, mayBeDone: heldReason === 'recovered' }),
  ]);
  expect(list.textContent).toMatch(words);
  expect(actions(list)).toEqual(allowed);
});

it('says of what was sent and cannot be read here that it may have been done, and lets nobody give it up unasked', async () => {
  const held = { state: 'held', mayBeDone: true } as const;
  const { list, user } = await openWith([
    assignItem(1, { ...held, heldReason: 'newer_version' }),
    assignItem(2, { ...held, heldReason: 'unreadable' }),
  ]);
  const [newer, unreadable] = within(list).getAllByRole('listitem');
  if (newer === undefined || unreadable === undefined) throw new Error('no item');
  expect(actions(newer)).toEqual([]);
  expect(newer.textContent).toContain('whether it was done is not known');
  await user.click(within(unreadable).getByRole('button', { name: /^Discard/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Discard this item?' });
  expect(dialog.textContent).toContain('whether the server did it is not known');
  expect(dialog.textContent).not.toContain('Nothing was given');
});

it('tells what a restored server has forgotten from what a damaged disk has kept', async () => {
  const held = { state: 'held', heldReason: 'recovered' } as const;
  const { list } = await openWith([
    assignItem(1, { ...held, lastError: 'forgotten' }),
    assignItem(2, held),
    assignItem(3, { ...held, lastError: 'journal' }),
  ]);
  const [forgotten, kept, journal] = within(list).getAllByRole('listitem');
  expect(forgotten?.textContent).toContain('put back from a backup');
  if (forgotten === undefined) throw new Error('no item');
  expect(actions(forgotten)).toEqual(['Send', 'Edit', 'Discard']);
  expect(kept?.textContent).toContain('the data on this computer was damaged');
  expect(journal?.textContent).toContain('a full disk');
  expect(journal?.textContent).not.toContain('damaged');
});

it('says of what was taken back, where the log of that is lost, that it was not sent, and lets it be corrected', async () => {
  const held = { state: 'held', heldReason: 'recovered' } as const;
  const { list, user } = await openWith([assignItem(1, { ...held, lastError: 'taken_back' })]);
  expect(list.textContent).toContain('It was not sent.');
  expect(list.textContent).not.toContain('not known');
  expect(actions(list)).toEqual(['Send', 'Edit', 'Discard']);
  await user.click(within(list).getByRole('button', { name: /^Discard/ }));
  const dialog = await screen.findByRole('dialog', { name: 'Discard this item?' });
  expect(dialog.textContent).toContain('Nothing was given yet');
});

it('keeps the history of syncs with what each did and why one ended early', async () => {
  const rounds = [
    syncRound(3, { startedBy: 'timer', repeats: 14, pulledMembers: 0, pulledAllocations: 0 }),
    syncRound(2, { startedBy: 'queued', sent: 3, confirmed: 2, refused: 1, fault: 'dns', milliseconds: 90_000 }),
    syncRound(1),
  ];
  const { user } = await openWith([assignItem(1)], { 'sync.history': () => ok({ rounds, total: 3 }) });
  await user.click(screen.getByRole('tab', { name: 'History' }));
  const table = await screen.findByRole('table');
  const rows = within(table)
    .getAllByRole('row')
    .slice(1)
    .map((row) => row.textContent ?? '');
  expect(rows[0]).toMatch(/14 times.*The clock.*Nothing new/);
  expect(rows[1]).toMatch(/Ended early.*Something planned1 min 30 s321/);
  expect(rows[2]).toMatch(/Done.*Signing in1\.2 s000.*60 members, 12 allocations/);
});

it('compares everything with the server on demand, and says what was different', async () => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const { user, bridge } = await openWith([assignItem(1)], {
    'sync.compare': () => ended.then(() => ok({ members: 1_200, mended: 3, removed: 1, stopped: false })),
  });
  await user.click(screen.getByRole('tab', { name: 'History' }));
  const bar = await screen.findByRole('region', { name: 'Compare with the server' });
  await user.click(within(bar).getByRole('button', { name: /^Compare everything/ }));
  bridge.emit({ event: 'pull_progress', members: 500, allocations: 0 });
  await waitFor(() => expect(bar.textContent).toContain('500 members read so far'));
  bridge.emit({ event: 'compare_progress', buckets: 64, compared: 64, differing: 2, members: 31 });
  await waitFor(() =>
    expect(bar.textContent).toContain(
      '64 of 64 groups of members compared, 2 of them different; 31 members read anew.',
    ),
  );
  end();
  await waitFor(() => expect(bar.textContent).toContain('1,200 members compared: 3 brought up to date, 1 removed.'));
  expect(within(bar).queryByRole('button', { name: 'Stop comparing' })).toBeNull();
});

it('stops a comparison on demand, and says that not everything was compared', async () => {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const { user } = await openWith([assignItem(1)], {
    'sync.compare': () => ended.then(() => ok({ members: 1_200, mended: 3, removed: 0, stopped: true })),
    'sync.stopComparing': () => {
      end();
      return ok({});
    },
  });
  await user.click(screen.getByRole('tab', { name: 'History' }));
  const bar = await screen.findByRole('region', { name: 'Compare with the server' });
  await user.click(within(bar).getByRole('button', { name: /^Compare everything/ }));
  await user.click(await within(bar).findByRole('button', { name: 'Stop comparing' }));
  await waitFor(() =>
    expect(bar.textContent).toContain('Stopped before everything was compared: 3 brought up to date, 0 removed.'),
  );
});
