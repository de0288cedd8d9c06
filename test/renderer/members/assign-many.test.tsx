import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { ok } from '../../../shared/result.ts';
import { balance, memberRow } from '../demo-data.ts';
import type { FakeBridge } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { balanceIn, openConsole } from '../render-console.tsx';

const answer = { queued: 2, inactive: 1, unknown: 0, balance: { ...balance, planned: 44, left: 956 } };

async function openList(bridge: FakeBridge) {
  const user = await openConsole(bridge, 'Members');
  const grid = await screen.findByRole('grid', { name: 'Members' });
  await within(grid).findByText(memberRow(1).email);
  grid.focus();
  return { user, grid };
}

const form = (): Promise<HTMLElement> => screen.findByRole('form', { name: 'Assign credits to many' });

it('assigns to members picked by keys: before and after for them and the balance, inactive ones left out aloud', async () => {
  const bridge = fakeConsole({ 'allocation.assignMany': () => ok(answer) });
  const { user } = await openList(bridge);
  const space = '{Shift>} {/Shift}';
  await user.keyboard(`{ArrowDown}${space}{ArrowDown}${space}{ArrowDown}${space}a`);
  expect(screen.getByText('3 members selected')).toBeTruthy();
  const many = await form();
  await user.type(within(many).getByLabelText('Credits for each'), '4');
  expect(many.textContent).toContain('2 members get credits. 1 inactive member of the selection is left out.');
  // 3 and 6 are there, 4 are planned for the second, 4 more for each.
  expect(many.textContent).toContain('9 → 21 once confirmed');
  expect(balanceIn(many)).toEqual(['1,000', '44', '956']);
  await user.click(within(many).getByRole('button', { name: 'Assign 8 credits' }));
  expect(bridge.inputsOf('allocation.assignMany')).toEqual([
    {
      members: { by: 'ids', memberIds: [1, 2, 3].map((n) => memberRow(n).memberId) },
      credits: 4,
      validityDays: 90,
      note: null,
    },
  ]);
  expect(await screen.findByText('Planned: 4 credits for each of 2 members')).toBeTruthy();
  expect(screen.getByText(/1 inactive member left out/)).toBeTruthy();
  await waitFor(() => expect(screen.queryByText('3 members selected')).toBeNull());
});

it('selects all matching with one key, sends the filter instead of ids, and warns of what the balance lacks', async () => {
  const bridge = fakeConsole({ 'allocation.assignMany': () => ok({ ...answer, queued: 90_909 }) }, 100_000);
  const { user } = await openList(bridge);
  await user.keyboard('{Control>}a{/Control}');
  expect(await screen.findByText('All 100,000 matching members selected')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Assign credits to selected' }));
  const many = await form();
  expect(await within(many).findByText(/^90,909 members get credits. 9,091 inactive members/)).toBeTruthy();
  await user.type(within(many).getByLabelText('Credits for each'), '1');
  expect(within(many).getByText('The balance lacks 89,945 credits')).toBeTruthy();
  await user.click(within(many).getByRole('button', { name: 'Assign 90,909 credits' }));
  expect(bridge.inputsOf('allocation.assignMany')[0]?.members).toEqual({
    by: 'filter',
    filter: { search: '', status: null, credits: null },
  });
});

it('ends “all matching” with the filter it meant, and keeps who was picked one by one', async () => {
  const { user, grid } = await openList(fakeConsole());
  await user.keyboard('{Control>}a{/Control}');
  await screen.findByText('All 60 matching members selected');
  await user.type(screen.getByLabelText('Search by name or e-mail'), 'anna');
  await waitFor(() => expect(screen.queryByText(/matching members selected/)).toBeNull());
  const boxes = await within(grid).findAllByRole('checkbox', { name: 'Select Anna' });
  await user.click(boxes[0] ?? grid);
  expect(await screen.findByText('1 member selected')).toBeTruthy();
  expect(screen.queryByRole('complementary')).toBeNull();
  await user.clear(screen.getByLabelText('Search by name or e-mail'));
  expect(screen.getByText('1 member selected')).toBeTruthy();
  grid.focus();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByText('1 member selected')).toBeNull());
});
