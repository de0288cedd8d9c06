import { screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { UploadRow } from '../../../shared/contract/uploads.ts';
import { err, ok } from '../../../shared/result.ts';
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

it('puts the cursor on the first thing to correct', async () => {
  const { grid } = await openFix();
  expect(document.activeElement).toBe(grid);
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('anna.schmidt@@'));
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
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}{F2}');
  const field = await screen.findByLabelText<HTMLInputElement>('Credits, row 12');
  expect(field.value).toBe('1.5');
  await user.clear(field);
  await user.type(field, '2{Enter}');
  expect(bridge.inputsOf('uploads.editCell')).toEqual([{ draftId, row: 12, field: 'credits', value: '2' }]);
  await waitFor(() => expect(within(grid).queryByText('Not a whole number')).toBeNull());
  expect(document.activeElement).toBe(grid);
});

it('goes on to what is wrong in the next row when the corrected one leaves the list of errors', async () => {
  const fixed = new Set<number>();
  const { user, bridge, grid } = await openFix({
    'uploads.rows': ({ offset, limit }) => {
      const rows = [7, 12, 31, 44].filter((row) => !fixed.has(row)).map(uploadRow);
      return ok({ rows: rows.slice(offset, offset + limit), total: rows.length });
    },
    'uploads.editCell': ({ row }) => {
      fixed.add(row);
      bridge.announce('draft_rows');
      return ok({ row: { ...uploadRow(row), issues: [], state: 'ready' }, draft: draftDetail });
    },
  });
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('@@'));
  await user.keyboard('a@lindenhof.example{Enter}');
  await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('4'));
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('1.5'));
  await user.keyboard('2{Enter}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('-3'));
  expect(bridge.inputsOf('uploads.editCell').map(({ row, field }) => `${row} ${field}`)).toEqual([
    '7 email',
    '12 credits',
  ]);
});

it('replaces a value by typing, and Esc gives it up', async () => {
  const { user, bridge } = await openFix();
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}7');
  const field = await screen.findByLabelText<HTMLInputElement>('Credits, row 12');
  expect(field.value).toBe('7');
  await user.keyboard('{Escape}');
  expect(screen.queryByLabelText('Credits, row 12')).toBeNull();
  expect(bridge.inputsOf('uploads.editCell')).toEqual([]);
});

it('does not store a value that was left as it was', async () => {
  const { user, bridge } = await openFix();
  await user.keyboard('{Enter}{Enter}');
  expect(bridge.inputsOf('uploads.editCell')).toEqual([]);
});

it('goes from error to error with F8 in the list of errors, and round at its end', async () => {
  const { user, grid } = await openFix();
  await user.keyboard('{F8}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('1.5'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('@@'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('No e-mail address'));
  await user.keyboard('{F8}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('@@'));
  expect(grid.getAttribute('aria-rowcount')).toBe('5');
});

it('goes from error to error with F8 in the whole file, wherever they stand', async () => {
  const { user, bridge, grid } = await openFix();
  await user.click(screen.getByText('All 500'));
  await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('501'));
  grid.focus();
  await user.keyboard('{F8}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('@@'));
  await user.keyboard('{F8}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('1.5'));
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await user.keyboard('{Shift>}{F8}{/Shift}');
  await waitFor(() => expect(activeCell(grid)?.textContent).toContain('No e-mail address'));
  expect(bridge.inputsOf('uploads.nextIssue').at(-1)).toMatchObject({
    direction: 'previous',
    after: 0,
    show: 'errors',
    list: { show: 'all', code: null },
  });
});

it('shows only the rows of one rule, with how many there are', async () => {
  const { user, bridge, grid } = await openFix({
    'uploads.fixAll': () => ok({ changed: 1, draft: draftDetail }),
  });
  const chip = await screen.findByRole('button', { name: 'Credits not whole 1 row' });
  expect(screen.queryByRole('button', { name: /Mistyped e-mail/ })).toBeNull();
  await user.click(chip);
  await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('2'));
  expect(chip.getAttribute('aria-pressed')).toBe('true');
  expect(bridge.inputsOf('uploads.rows').at(-1)).toMatchObject({ show: 'errors', code: 'credits_fractional' });
  await user.click(chip);
  await waitFor(() => expect(grid.getAttribute('aria-rowcount')).toBe('5'));
  await user.click(screen.getByText('Warnings 5'));
  expect(await screen.findByRole('button', { name: 'Mistyped e-mail? 1 row' })).toBeTruthy();
});

it('offers to replace a wrong value wherever else it stands, as one step', async () => {
  const { user, bridge } = await openFix({
    'uploads.repeatedValue': () => ok({ rows: 41 }),
    'uploads.fixAll': () => ok({ changed: 41, draft: draftDetail }),
  });
  await user.keyboard('{ArrowDown}{ArrowRight}{ArrowRight}7{Enter}');
  expect(await screen.findByText('“1.5” stands in 41 more rows as credits')).toBeTruthy();
  expect(bridge.inputsOf('uploads.repeatedValue')).toEqual([{ draftId, field: 'credits', value: '1.5' }]);
  await user.click(screen.getByRole('button', { name: 'Replace in all 41 rows' }));
  expect(bridge.inputsOf('uploads.fixAll')).toEqual([
    { draftId, fix: { kind: 'value', field: 'credits', from: '1.5', to: '7' } },
  ]);
  expect(await screen.findByText('41 rows changed')).toBeTruthy();
  expect(screen.queryByText(/41 more rows/)).toBeNull();
});

it('takes every suggestion of a rule, or skips all of its rows', async () => {
  const { user, bridge } = await openFix({
    'uploads.issueCounts': () =>
      ok({ counts: [{ code: 'email_invalid', field: 'email', severity: 'error', rows: 12 }] }),
    'uploads.fixAll': () => ok({ changed: 12, draft: draftDetail }),
  });
  await user.click(await screen.findByRole('button', { name: 'Take the suggestions in all 12 rows' }));
  await user.click(screen.getByRole('button', { name: 'Skip all 12 rows like this' }));
  expect(bridge.inputsOf('uploads.fixAll').map(({ fix }) => fix)).toEqual([
    { kind: 'suggestions', code: 'email_invalid' },
    { kind: 'skip', code: 'email_invalid' },
  ]);
});

it('trims everything and fills a column', async () => {
  const { user, bridge } = await openFix({ 'uploads.fixAll': () => ok({ changed: 3, draft: draftDetail }) });
  await user.click(screen.getByRole('button', { name: 'Many rows' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Remove extra spaces everywhere' }));
  await user.click(screen.getByRole('button', { name: 'Many rows' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Fill a column…' }));
  const dialog = await screen.findByRole('dialog', { name: 'Fill a column' });
  const fill = within(dialog).getByRole<HTMLButtonElement>('button', { name: 'Fill blank cells' });
  expect(fill.disabled).toBe(true);
  await user.type(within(dialog).getByLabelText('Value'), '2');
  await user.click(fill);
  expect(bridge.inputsOf('uploads.fixAll').map(({ fix }) => fix)).toEqual([
    { kind: 'trim' },
    { kind: 'column', field: 'credits', value: '2', only: 'blank' },
  ]);
});

it('shows how far a change over many rows is, and Esc takes it back', async () => {
  let end: (() => void) | undefined;
  const { user, bridge } = await openFix({
    'uploads.fixAll': () =>
      new Promise((resolve) => {
        end = () => resolve(err({ code: 'cancelled' }));
      }),
    'uploads.cancelFix': () => {
      end?.();
      return ok(draftDetail);
    },
  });
  await user.click(screen.getByRole('button', { name: 'Many rows' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Remove extra spaces everywhere' }));
  bridge.emit({ event: 'fix_progress', draftId, done: 12_000, total: 100_000 });
  expect(await screen.findByText('12,000 of 100,000 rows')).toBeTruthy();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Review' }).disabled).toBe(true);
  await user.keyboard('{Escape}');
  expect(bridge.inputsOf('uploads.cancelFix')).toEqual([{ draftId }]);
  expect(await screen.findByText('Cancelled')).toBeTruthy();
  expect(screen.queryByText('12,000 of 100,000 rows')).toBeNull();
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
