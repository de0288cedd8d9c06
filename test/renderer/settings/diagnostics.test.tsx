import { screen, waitFor, within } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import type { OperationOutput } from '../../../shared/contract/bridge.ts';
import type { CheckResult } from '../../../shared/contract/diagnostics.ts';
import { ok } from '../../../shared/result.ts';
import { inDays } from '../demo-data.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const proxy: CheckResult = { check: 'proxy', verdict: 'pass', found: 'No proxy.', next: null, milliseconds: 1 };
const name: CheckResult = {
  check: 'name',
  verdict: 'fail',
  found: 'The name leads nowhere.',
  next: 'Check the address.',
  milliseconds: 12,
};
const disk: CheckResult = {
  check: 'disk',
  verdict: 'warn',
  found: '500 MB free.',
  next: 'Free some.',
  milliseconds: 2,
};
const report: OperationOutput<'diagnostics.run'> = {
  startedAt: inDays(0),
  results: [proxy, name, disk],
  text: 'All for IT',
};

async function opened() {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const bridge = fakeConsole({
    'diagnostics.run': () => ended.then(() => ok(report)),
    'diagnostics.cancel': () => ok({}),
    'diagnostics.bundle': () => ok({ fileName: 'bundle.json', text: '{}' }),
  });
  const user = await openConsole(bridge, 'Settings');
  const card = await screen.findByRole('region', { name: 'Diagnostics' });
  return { bridge, user, card, end };
}

it('shows each finding as it comes, in the order to read, and says what they come to', async () => {
  const { bridge, user, card, end } = await opened();
  await user.click(within(card).getByRole('button', { name: 'Run diagnostics' }));
  bridge.emit({ event: 'diagnostic', result: disk });
  bridge.emit({ event: 'diagnostic', result: proxy });
  const list = await within(card).findByRole('list', { name: 'Findings' });
  const headings = () =>
    within(list)
      .getAllByRole('heading')
      .map((heading) => heading.textContent);
  await waitFor(() => expect(headings()).toEqual(['Proxy', 'Disk']));
  expect(within(card).getByRole('progressbar', { name: '2 of 12 checks done' })).toBeTruthy();
  expect(within(card).queryByRole('button', { name: 'Copy for IT' })).toBeNull();
  end();
  await waitFor(() => expect(headings()).toEqual(['Proxy', 'Name of the server (DNS)', 'Disk']));
  expect(card.textContent).toContain('1 check failed, 1 check to look at.');
  expect(list.textContent).toMatch(/Failed.*The name leads nowhere\..*Check the address\./);
});

it('is ended by Esc, and by leaving the screen', async () => {
  const { bridge, user, card } = await opened();
  await user.click(within(card).getByRole('button', { name: 'Run diagnostics' }));
  await within(card).findByRole('button', { name: 'Cancel' });
  expect(bridge.inputsOf('diagnostics.cancel')).toHaveLength(0);
  await user.keyboard('{Escape}');
  expect(bridge.inputsOf('diagnostics.cancel')).toHaveLength(1);
  await user.click(screen.getByRole('link', { name: 'Members' }));
  await waitFor(() => expect(bridge.inputsOf('diagnostics.cancel')).toHaveLength(2));
});

it('copies the text for IT, and saves the bundle', async () => {
  const { user, card, end } = await opened();
  end();
  await user.click(within(card).getByRole('button', { name: 'Run diagnostics' }));
  await user.click(await within(card).findByRole('button', { name: 'Copy for IT' }));
  expect(await navigator.clipboard.readText()).toBe('All for IT');
  const saved: string[] = [];
  URL.createObjectURL = () => 'blob:bundle';
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(
    this: HTMLAnchorElement,
  ) {
    saved.push(this.download);
  });
  await user.click(within(card).getByRole('button', { name: 'Save diagnostics bundle' }));
  await waitFor(() => expect(saved).toEqual(['bundle.json']));
  click.mockRestore();
});
