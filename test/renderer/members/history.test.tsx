import { screen, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { inDays } from '../demo-data.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const day = (instant: string): string =>
  new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(instant));

it('tells in words what was given, taken back and extended', async () => {
  const user = await openConsole(fakeConsole(), 'Members');
  const grid = await screen.findByRole('grid', { name: 'Members' });
  grid.focus();
  await user.keyboard('{Enter}');
  const history = await screen.findByRole('region', { name: 'Allocation history' });
  const lines = within(history)
    .getAllByRole('listitem')
    .map((line) => Array.from(line.querySelectorAll('strong, p'), (part) => part.textContent));
  expect(lines).toEqual([
    [`Expiry of 2 credits moved to ${day(inDays(12))}`, 'Extended by Dana Weber'],
    [
      '1 credit revoked',
      `Back in the balance by Dana Weber, would have expired ${day(inDays(80))}`,
      'Left the programme',
    ],
    ['4 credits', `Assigned here by Dana Weber, expires ${day(inDays(80))}`, 'Onboarding'],
    ['3 credits', `Upload by Dana Weber, expires ${day(inDays(12))}`],
  ]);
});
