import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { err, ok } from '../../../shared/result.ts';
import { assignItem, balance, id, memberRow } from '../demo-data.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { balanceIn, openConsole } from '../render-console.tsx';

const queued = () => ok({ itemId: id(4, 1), balance });
const day = (instant: Date): string =>
  new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' }).format(instant);

/** Opens the panel of the n-th member by keys. */
async function openPanel(bridge: FakeBridge, n: number) {
  const user = await openConsole(bridge, 'Members');
  const grid = await screen.findByRole('grid', { name: 'Members' });
  await within(grid).findByText(memberRow(n).email);
  grid.focus();
  await user.keyboard(`${'{ArrowDown}'.repeat(n)}{Enter}`);
  const panel = await screen.findByRole('complementary', { name: `Member ${memberRow(n).firstName}` });
  return { user, panel };
}

it('takes credits back with R: before and after, the reason, and planned until the receipt is here', async () => {
  let item = assignItem(1);
  const bridge = fakeConsole({
    'allocation.revoke': queued,
    'sync.items': () => ok({ items: [item], total: 1 }),
  });
  const { user } = await openPanel(bridge, 1);
  await user.keyboard('r');
  const form = await screen.findByRole('form', { name: 'Take credits back' });
  await user.type(within(form).getByLabelText('Credits to take back'), '2');
  expect(form.textContent).toContain('3 → 1 once confirmed');
  expect(form.textContent).toContain('1,000 → 1,002 once confirmed');
  // A credit that comes back is not yet there: the three numbers stay as they are.
  expect(balanceIn(form)).toEqual(['1,000', '36', '964']);
  await user.type(within(form).getByLabelText('Reason'), ' Left {Enter}');
  await user.click(within(form).getByRole('button', { name: 'Take 2 credits back' }));
  expect(bridge.inputsOf('allocation.revoke')).toEqual([
    { memberId: memberRow(1).memberId, credits: 2, reason: 'Left' },
  ]);
  expect(await screen.findByText('Planned: 2 credits taken back from Bruno')).toBeTruthy();
  item = { ...item, state: 'confirmed' };
  bridge.announce('outbox');
  expect(await screen.findByText('Confirmed: 2 credits taken back from Bruno')).toBeTruthy();
});

it('warns before more is taken back than there is', async () => {
  const { user, panel } = await openPanel(fakeConsole(), 1);
  await user.click(within(panel).getByRole('button', { name: 'Take back' }));
  await user.type(await screen.findByLabelText('Credits to take back'), '4');
  expect(screen.getByText('Bruno has 3 unspent credits')).toBeTruthy();
});

it('shows each day of expiry before and after, and extends by the days that were typed', async () => {
  const bridge = fakeConsole({ 'allocation.extend': queued });
  const { user, panel } = await openPanel(bridge, 1);
  await user.click(within(panel).getByRole('button', { name: 'Extend' }));
  const form = await screen.findByRole('form', { name: 'Extend the expiry' });
  const days = within(form).getByLabelText('Days longer');
  await user.clear(days);
  await user.type(days, '10');
  const now = Date.now();
  expect(form.textContent).toContain(
    `${day(new Date(now + 12 * 86_400_000))} → ${day(new Date(now + 22 * 86_400_000))} once confirmed`,
  );
  await user.click(within(form).getByRole('button', { name: 'Extend by 10 days' }));
  expect(bridge.inputsOf('allocation.extend')).toEqual([{ memberId: memberRow(1).memberId, days: 10 }]);
});

it('says what stays before it deactivates, and begins on the harmless choice', async () => {
  const bridge = fakeConsole({ 'members.setStatus': () => ok({ itemId: id(4, 1) }) });
  const { user, panel } = await openPanel(bridge, 1);
  await user.click(within(panel).getByRole('button', { name: 'Deactivate' }));
  const form = await screen.findByRole('form', { name: 'Deactivate the member' });
  expect(form.textContent).toContain('3 unspent credits stay with the member');
  expect(document.activeElement?.textContent).toBe('Cancel');
  await user.click(within(form).getByRole('button', { name: 'Deactivate' }));
  expect(bridge.inputsOf('members.setStatus')).toEqual([{ memberId: memberRow(1).memberId, status: 'inactive' }]);
  expect(await screen.findByText('Planned: Bruno made inactive')).toBeTruthy();
});

it('offers an inactive member only what the server would take', async () => {
  const bridge = fakeConsole({ 'members.setStatus': () => err({ code: 'cache_unavailable', reason: 'full' }) });
  const { user, panel } = await openPanel(bridge, 3);
  expect(within(panel).getByRole<HTMLButtonElement>('button', { name: 'Assign credits' }).disabled).toBe(true);
  expect(within(panel).getByRole<HTMLButtonElement>('button', { name: 'Extend' }).disabled).toBe(true);
  await user.click(within(panel).getByRole('button', { name: 'Reactivate' }));
  const form = await screen.findByRole('form', { name: 'Reactivate the member' });
  await user.click(within(form).getByRole('button', { name: 'Reactivate' }));
  expect(bridge.inputsOf('members.setStatus')).toEqual([{ memberId: memberRow(3).memberId, status: 'active' }]);
  expect((await screen.findByRole('alert')).textContent).toContain('The disk is full');
});

it('closes the form with Esc before the panel', async () => {
  const { user } = await openPanel(fakeConsole(), 1);
  await user.keyboard('r');
  await screen.findByRole('form', { name: 'Take credits back' });
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('form')).toBeNull());
  expect(screen.getByRole('complementary')).toBeTruthy();
});
