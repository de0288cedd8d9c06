import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { OutboxItem } from '../../../shared/contract/sync.ts';
import { err, ok } from '../../../shared/result.ts';
import { assignItem, balance, demoDashboard, id, inDays, memberRow } from '../demo-data.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { balanceIn, openConsole } from '../render-console.tsx';

async function openForm(bridge: FakeBridge) {
  const user = await openConsole(bridge, 'Members');
  const grid = await screen.findByRole('grid', { name: 'Members' });
  grid.focus();
  await user.keyboard('{ArrowDown}a');
  const form = await screen.findByRole('form', { name: 'Assign credits' });
  return { user, form };
}

it('opens with A on the member under the cursor and says when the credits expire', async () => {
  const { form } = await openForm(fakeConsole());
  expect(form.textContent).toContain(`Available to ${memberRow(1).firstName}`);
  const inNinetyDays = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' }).format(
    new Date(inDays(90)),
  );
  expect(form.textContent).toContain(`Expire on ${inNinetyDays}`);
});

it('shows before and after for member and balance, and names the number on the button', async () => {
  const { user, form } = await openForm(fakeConsole());
  await user.type(within(form).getByLabelText('Credits'), '5');
  expect(within(form).getByRole('button', { name: 'Assign 5 credits' })).toBeTruthy();
  expect(form.textContent).toContain('3 → 8 once confirmed');
  expect(balanceIn(form)).toEqual(['1,000', '41', '959']);
});

it('warns when the balance cannot pay it', async () => {
  const { user, form } = await openForm(
    fakeConsole({
      'dashboard.read': () => ok({ ...demoDashboard(), balance: { ...balance, confirmed: 38, left: 2 } }),
    }),
  );
  await user.type(within(form).getByLabelText('Credits'), '5');
  expect(within(form).getByText('The balance lacks 3 credits')).toBeTruthy();
});

it('reads planned until the receipt is here, then confirmed', async () => {
  let item: OutboxItem = assignItem(1);
  const bridge = fakeConsole({ 'sync.items': () => ok({ items: [item], total: 1 }) });
  const { user, form } = await openForm(bridge);
  await user.type(within(form).getByLabelText('Credits'), '4');
  await user.type(within(form).getByLabelText('Note'), ' Onboarding ');
  await user.click(within(form).getByRole('button', { name: 'Assign 4 credits' }));
  expect(bridge.inputsOf('allocation.assign')).toEqual([
    { memberId: memberRow(1).memberId, credits: 4, validityDays: 90, note: 'Onboarding' },
  ]);
  expect(await screen.findByText('Planned: 4 credits for Bruno')).toBeTruthy();
  expect(document.body.textContent).not.toMatch(/Confirmed: 4 credits/);

  item = { ...item, state: 'checking' };
  bridge.announce('outbox');
  expect(await screen.findByText(/nothing is done twice/)).toBeTruthy();
  expect(document.body.textContent).not.toMatch(/Confirmed: 4 credits|failed/i);

  item = {
    ...item,
    state: 'confirmed',
    receipt: { allocationId: id(3, 1), balance: 996, expiresAt: inDays(90), replayed: false },
  };
  bridge.announce('outbox', 'members', 'partner');
  expect(await screen.findByText('Confirmed: 4 credits for Bruno')).toBeTruthy();
  expect(screen.getByText(/receipt 00000003/)).toBeTruthy();
});

it('says why the server refused it and where to go', async () => {
  const item = assignItem(1, { state: 'refused', refusal: { reason: 'insufficient_credits', shortfall: 7 } });
  const { user, form } = await openForm(fakeConsole({ 'sync.items': () => ok({ items: [item], total: 1 }) }));
  await user.type(within(form).getByLabelText('Credits'), '4{Enter}');
  const refused = await screen.findByRole('alert');
  expect(refused.textContent).toContain('7 credits missing in the balance');
  await user.click(within(refused).getByRole('button', { name: 'Resolve in Sync' }));
  expect(await screen.findByRole('heading', { level: 1, name: 'Sync' })).toBeTruthy();
});

it('keeps what was typed when queueing fails', async () => {
  const bridge = fakeConsole({ 'allocation.assign': () => err({ code: 'cache_unavailable', reason: 'full' }) });
  const { user, form } = await openForm(bridge);
  await user.type(within(form).getByLabelText('Credits'), '4{Enter}');
  expect((await screen.findByRole('alert')).textContent).toContain('The disk is full');
  await waitFor(() => expect(within(form).getByLabelText<HTMLInputElement>('Credits').value).toBe('4'));
});
