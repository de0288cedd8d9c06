import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { UploadRow } from '../../../shared/contract/uploads.ts';
import { ok } from '../../../shared/result.ts';
import { draftDetail, draftSummary, uploadRow } from '../demo-data.ts';
import type { FakeBridge, FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const { draftId } = draftSummary;

async function openFix(overrides: FakeHandlers = {}) {
  const bridge: FakeBridge = fakeConsole({
    'uploads.read': () => ok({ ...draftDetail, canUndo: true, canRedo: true }),
    'uploads.editCell': ({ row, field, value }) => {
      const before = uploadRow(row);
      const after: UploadRow = { ...before, values: { ...before.values, [field]: value }, issues: [], state: 'ready' };
      return ok({ row: after, draft: draftDetail });
    },
    'uploads.setSkipped': () => ok(draftDetail),
    'uploads.undo': () => ok(draftDetail),
    'uploads.redo': () => ok(draftDetail),
    ...overrides,
  });
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Resume hr-export.csv' }));
  const grid = await screen.findByRole('grid', { name: 'Rows of hr-export.csv' });
  grid.focus();
  return { user, bridge, grid };
}

const activeCell = (grid: HTMLElement): HTMLElement | null =>
  document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');

it('starts at the rows with errors and tells each issue in words beside its cell', async () => {
  const { grid } = await openFix();
  expect(grid.getAttribute('aria-rowcount')).toBe('5');
  expect(within(grid).getByText('Not an e-mail address')).toBeTruthy();
  expect(within(grid).getByText('Not a whole number')).toBeTruthy();
  expect(within(grid).getByText('No e-mail address')).toBeTruthy();
  const details = screen.getByRole('region', { name: 'Row 7' });
  expect(details.textContent).toContain('Did you mean “anna.schmidt@lindenhof.example”?');
});

it('takes a suggestion with one click', async () => {
  const { user, bridge } = await openFix();
  await user.click(screen.getByRole('button', { name: 'Use anna.schmidt@lindenhof.example' }));
  expect(bridge.inputsOf('uploads.editCell')).toEqual([
    { draftId, row: 7, field: 'email', value: 'anna.schmidt@lindenhof.example' },
  ]);
});

it('edits with F2, keeps with Enter, and shows what main stored', async () => {
  const { user, bridge, grid } = await openFix();
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}{ArrowRight}{ArrowRight}{F2}');
  const field = await screen.findByLabelText<HTMLInputElement>('Credits, row 12');
  expect(field.value).toBe('1.5');
  await user.clear(field);
  await user.type(field, '2{Enter}');
  expect(bridge.inputsOf('uploads.editCell')).toEqual([{ draftId, row: 12, field: 'credits', value: '2' }]);
  await waitFor(() => expect(within(grid).queryByText('Not a whole number')).toBeNull());
  expect(document.activeElement).toBe(grid);
});

it('replaces a value by typing, and Esc gives it up', async () => {
  const { user, bridge } = await openFix();
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}{ArrowRight}{ArrowRight}7');
  const field = await screen.findByLabelText<HTMLInputElement>('Credits, row 12');
  expect(field.value).toBe('7');
  await user.keyboard('{Escape}');
  expect(screen.queryByLabelText('Credits, row 12')).toBeNull();
  expect(bridge.inputsOf('uploads.editCell')).toEqual([]);
});

it('does not store a value that was left as it was', async () => {
  const { user, bridge } = await openFix();
  await user.keyboard('{ArrowRight}{ArrowRight}{Enter}{Enter}');
  expect(bridge.inputsOf('uploads.editCell')).toEqual([]);
});

it('goes to the next and the previous error with F8 in the whole file', async () => {
  const { user, grid } = await openFix();
  await user.keyboard('{F8}');
  await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('501'));
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('1.5'));
  await user.keyboard('{F8}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('-3'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('1.5'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('@@'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('No e-mail address'));
});

it('undoes and redoes by keys, and skips a row with Delete or all errors at once', async () => {
  const { user, bridge } = await openFix();
  await user.keyboard('{Control>}z{/Control}');
  await user.keyboard('{Control>}{Shift>}z{/Shift}{/Control}');
  expect(bridge.inputsOf('uploads.undo')).toHaveLength(1);
  expect(bridge.inputsOf('uploads.redo')).toHaveLength(1);
  await user.keyboard('{Delete}');
  await user.click(screen.getByRole('button', { name: 'Skip row 31' }));
  await user.click(screen.getByRole('button', { name: 'Skip all remaining errors' }));
  expect(bridge.inputsOf('uploads.setSkipped')).toEqual([
    { draftId, rows: [7], skipped: true },
    { draftId, rows: [31], skipped: true },
    { draftId, rows: 'all_errors', skipped: true },
  ]);
});
