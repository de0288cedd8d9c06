import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import { memberRow } from '../demo-data.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const grid = (): Promise<HTMLElement> => screen.findByRole('grid', { name: 'Members' });

function activeRow(element: HTMLElement): string {
  return document.getElementById(element.getAttribute('aria-activedescendant') ?? '')?.textContent ?? '';
}

it('renders only what is on screen of 100,000 members and says how many there are', async () => {
  await openConsole(fakeConsole({}, 100_000), 'Members');
  const members = await grid();
  expect(members.getAttribute('aria-rowcount')).toBe('100001');
  expect(within(members).getByText(memberRow(0).email)).toBeTruthy();
  expect(within(members).getAllByRole('row').length).toBeLessThan(60);
  expect(screen.getByText(/^100,000 members/)).toBeTruthy();
});

it('fetches pages of at most 200 rows for any scroll position', async () => {
  const bridge = fakeConsole({}, 100_000);
  await openConsole(bridge, 'Members');
  const members = await grid();
  fireEvent.scroll(members, { target: { scrollTop: 46 * 50_000 } });
  await within(members).findByText(memberRow(50_000).email);
  const inputs = bridge.inputsOf('members.page');
  expect(Math.max(...inputs.map((input) => input.limit))).toBeLessThanOrEqual(200);
  expect(inputs.some((input) => input.offset === 50_000)).toBe(true);
});

it('moves through the list by keys and opens the panel with Enter', async () => {
  const user = await openConsole(fakeConsole(), 'Members');
  const members = await grid();
  members.focus();
  await user.keyboard('{ArrowDown}{ArrowDown}');
  await waitFor(() => expect(activeRow(members)).toContain(memberRow(2).email));
  await user.keyboard('{End}');
  await waitFor(() => expect(activeRow(members)).toContain(memberRow(59).email));
  await user.keyboard('{Home}{ArrowDown}');
  // Enter opens the row under the cursor: it has to be on screen again first.
  await waitFor(() => expect(activeRow(members)).toContain(memberRow(1).email));
  await user.keyboard('{Enter}');
  const panel = await screen.findByRole('complementary', { name: `Member ${memberRow(1).firstName}` });
  await waitFor(() => expect(panel.contains(document.activeElement)).toBe(true));
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('complementary')).toBeNull());
  expect(document.activeElement).toBe(members);
});

it('searches as the person types and keeps the rows until the answer is here', async () => {
  const bridge = fakeConsole();
  const user = await openConsole(bridge, 'Members');
  await grid();
  const readPage = bridge.handlers['members.page'];
  let release = (): void => undefined;
  bridge.handlers['members.page'] = async (input) => {
    await new Promise<void>((resolve) => {
      release = resolve;
    });
    if (!readPage) throw new Error('no list');
    return readPage(input);
  };
  await user.type(screen.getByLabelText('Search by name or e-mail'), 'z');
  expect(within(await grid()).getByText(memberRow(0).email)).toBeTruthy();
  release();
  await screen.findByText(/of 60 members/);
  expect(bridge.inputsOf('members.page').at(-1)?.filter.search).toBe('z');
});

it('says which filters hide everybody, and clears them', async () => {
  const user = await openConsole(fakeConsole(), 'Members');
  await user.type(await screen.findByLabelText('Search by name or e-mail'), 'nobody here');
  expect(await screen.findByText('No member matches')).toBeTruthy();
  expect(screen.getByText(/“nobody here”/)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Clear' }));
  await waitFor(() => expect(screen.queryByText('No member matches')).toBeNull());
});

it('sorts by the header and turns the order round at the second press', async () => {
  const bridge = fakeConsole();
  const user = await openConsole(bridge, 'Members');
  await grid();
  await user.click(screen.getByRole('button', { name: 'Available' }));
  await waitFor(() =>
    expect(bridge.inputsOf('members.page').at(-1)?.sort).toEqual({ by: 'available', direction: 'ascending' }),
  );
  await user.click(screen.getByRole('button', { name: 'Available' }));
  await waitFor(() =>
    expect(bridge.inputsOf('members.page').at(-1)?.sort).toEqual({ by: 'available', direction: 'descending' }),
  );
  expect(screen.getByRole('columnheader', { name: 'Available' }).getAttribute('aria-sort')).toBe('descending');
});
