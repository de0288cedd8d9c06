import { screen, waitFor } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { DraftDetail } from '../../../shared/contract/uploads.ts';
import { err, ok } from '../../../shared/result.ts';
import { draftDetail, draftSummary } from '../demo-data.ts';
import type { FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const { draftId } = draftSummary;
const exportId = '00000000-0000-4000-8000-00000000000e';
let saved: { name: string; content: Promise<string> }[] = [];
let blobs: Blob[] = [];

beforeEach(() => {
  saved = [];
  blobs = [];
  URL.createObjectURL = (blob: Blob) => `blob:${String(blobs.push(blob) - 1)}`;
  URL.revokeObjectURL = () => undefined;
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
    const blob = blobs[Number(this.href.slice('blob:'.length))];
    if (blob) saved.push({ name: this.download, content: blob.text() });
  });
});
afterEach(() => vi.restoreAllMocks());

/** A main that has one file to give, in pieces of four bytes. */
function exporting(content: string): FakeHandlers {
  const bytes = new TextEncoder().encode(content);
  return {
    'exports.begin': () => ok({ exportId, fileName: 'rows.csv', size: bytes.length }),
    'exports.read': ({ offset }) => ok({ bytes: bytes.slice(offset, offset + 4) }),
    'exports.end': () => ok({}),
    'exports.cancel': () => ok({}),
  };
}

async function openSent(change: Partial<DraftDetail>, overrides: FakeHandlers) {
  const draft: DraftDetail = {
    ...draftDetail,
    stage: 'done',
    rows: 500,
    errors: 4,
    confirmed: 488,
    refused: 3,
    ...change,
  };
  const bridge = fakeConsole({
    'uploads.list': () => ok({ drafts: [{ ...draftSummary, stage: 'done' }] }),
    'uploads.read': () => ok(draft),
    ...overrides,
  });
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Open hr-export.csv' }));
  return { user, bridge };
}

it('hands out a template in the language of the computer', async () => {
  const bridge = fakeConsole(exporting('email,first_name'));
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  await user.click(await screen.findByRole('button', { name: 'Excel template' }));
  await waitFor(() => expect(saved.map(({ name }) => name)).toEqual(['rows.csv']));
  expect(await saved[0]?.content).toBe('email,first_name');
  expect(bridge.inputsOf('exports.begin')).toEqual([{ what: { kind: 'template', format: 'xlsx', language: 'en' } }]);
  expect(bridge.inputsOf('exports.read').map(({ offset }) => offset)).toEqual([0, 4, 8, 12]);
  expect(bridge.inputsOf('exports.end')).toEqual([{ exportId }]);
});

it('tells after sending what became of every row, and hands out the rows to correct', async () => {
  const { user, bridge } = await openSent({}, exporting('a;b'));
  const summary = await screen.findByLabelText('What became of the rows');
  expect(summary.textContent).toBe('Confirmed488Refused3Stayed behind with errors4');
  expect(screen.getByRole('button', { name: 'Correct refused rows' })).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Download' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Rows to correct, CSV' }));
  await waitFor(() => expect(saved).toHaveLength(1));
  expect(bridge.inputsOf('exports.begin')).toEqual([
    { what: { kind: 'rows', draftId, rows: 'problems', format: 'csv' } },
  ]);
});

it('says that an upload was refused as a whole, and brings all of its rows back', async () => {
  const whole = {
    mode: 'all_or_nothing',
    stage: 'stopped',
    confirmed: 0,
    refused: 2,
    waiting: 498,
    errors: 0,
  } as const;
  const { user, bridge } = await openSent(whole, {
    'uploads.retryRefused': () => ok({ ...draftDetail, draftId: 'next' }),
  });
  expect(await screen.findByText('Refused as a whole: nothing was changed')).toBeTruthy();
  expect(screen.getByText('2 rows held up the whole upload')).toBeTruthy();
  expect(screen.getByText(/^The 500 rows would take effect together, so none did\./)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Correct refused rows' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.retryRefused')).toEqual([{ draftId }]));
});

it('calls an upload that was to be whole and was stopped by a person stopped', async () => {
  const whole = {
    mode: 'all_or_nothing',
    stage: 'stopped',
    confirmed: 0,
    refused: 0,
    waiting: 500,
    errors: 0,
  } as const;
  await openSent(whole, {});
  expect(await screen.findByText('Stopped')).toBeTruthy();
  expect(screen.getByText('500 rows are not sent')).toBeTruthy();
});

it('does not call an upload confirmed of which rows stayed behind', async () => {
  await openSent({ refused: 0 }, {});
  expect(await screen.findByText('Every row that was sent is confirmed')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Correct the rows that stayed behind' })).toBeTruthy();
});

it('offers nothing to correct when every row is confirmed', async () => {
  const { user } = await openSent({ errors: 0, refused: 0 }, exporting('a;b'));
  await user.click(await screen.findByRole('button', { name: 'Download' }));
  expect(await screen.findByRole('menuitem', { name: 'All rows with receipts, Excel' })).toBeTruthy();
  expect(screen.queryByRole('menuitem', { name: /Rows to correct/ })).toBeNull();
  expect(screen.queryByRole('button', { name: /Correct/ })).toBeNull();
});

it('shows how far a large file is, and Esc ends it without a file', async () => {
  let end: (() => void) | undefined;
  const { user, bridge } = await openSent(
    {},
    {
      ...exporting('a;b'),
      'exports.begin': () =>
        new Promise((resolve) => {
          end = () => resolve(err({ code: 'cancelled' }));
        }),
      'exports.cancel': () => {
        end?.();
        return ok({});
      },
    },
  );
  await user.click(await screen.findByRole('button', { name: 'Download' }));
  await user.click(await screen.findByRole('menuitem', { name: 'All rows with receipts, CSV' }));
  bridge.emit({ event: 'export_progress', draftId, done: 45_000, total: 100_000 });
  expect(await screen.findByText('Making the file: 45 %')).toBeTruthy();
  await user.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByText(/Making the file/)).toBeNull());
  expect(bridge.inputsOf('exports.cancel')).toEqual([{ draftId }]);
  expect(saved).toEqual([]);
});

it('takes a file that a workbook cannot hold as an error with a next step', async () => {
  const { user } = await openSent(
    {},
    {
      ...exporting('a'),
      'exports.begin': () => err({ code: 'invalid_input', field: 'format', reason: 'too_many_rows' }),
    },
  );
  await user.click(await screen.findByRole('button', { name: 'Download' }));
  await user.click(await screen.findByRole('menuitem', { name: 'All rows with receipts, Excel' }));
  expect((await screen.findByRole('alert')).textContent).toMatch(/Excel.*CSV/);
});

/** A corrected file of the draft `origin` is open, and its corrections are taken over with this answer. */
async function takeOver(
  origin: string,
  told: { changed: number; confirmedLeft: number; unknown: number; ignoredChanges?: number },
) {
  const figures = { keptIn: null, ignoredChanges: 0, ...told };
  const bridge = fakeConsole({
    'uploads.read': () =>
      ok({
        ...draftDetail,
        stage: 'columns',
        rows: 0,
        analysis: draftDetail.analysis && {
          ...draftDetail.analysis,
          reattach: { draftId: origin, fileName: 'members-november.csv', rows: 12 },
        },
      }),
    'uploads.reattach': () => ok({ draft: { ...draftDetail, draftId: origin }, ...figures }),
  });
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Resume hr-export.csv' }));
  expect(await screen.findByText('This file belongs to “members-november.csv”, an upload of 12 rows')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Take the corrections over' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.read').at(-1)).toEqual({ draftId: origin }));
  return bridge;
}

it('takes the corrections of a file that came back over into the upload it came from', async () => {
  const origin = '00000005-0000-4000-8000-000000000009';
  const bridge = await takeOver(origin, { changed: 10, confirmedLeft: 2, unknown: 0 });
  expect(bridge.inputsOf('uploads.reattach')).toEqual([{ draftId, into: origin }]);
  expect(await screen.findByText('10 rows changed. 2 were confirmed already and stay so.')).toBeTruthy();
  expect(screen.getByText('Corrections taken over')).toBeTruthy();
});

it('says which rows of a file that came back have no place in that upload', async () => {
  await takeOver('00000005-0000-4000-8000-00000000000a', { changed: 1, confirmedLeft: 0, unknown: 3 });
  expect(await screen.findByText('Corrections taken over, except 3 rows of the file')).toBeTruthy();
  expect(screen.getByText(/^1 row changed\. 3 were left out: without a receipt of that upload/)).toBeTruthy();
  expect(screen.getByText(/They are kept as a draft of their own/)).toBeTruthy();
});

it('says how many rows of a file that came back differ where nothing is read', async () => {
  const origin = '00000005-0000-4000-8000-00000000000b';
  await takeOver(origin, { changed: 1, confirmedLeft: 0, unknown: 0, ignoredChanges: 2 });
  expect(await screen.findByText('Corrections taken over')).toBeTruthy();
  expect(
    screen.getByText(/2 rows differ in columns that are not used: nothing of that was taken over\.$/),
  ).toBeTruthy();
});

it('tells in the list what still waits from what was not sent', async () => {
  const sending = { ...draftSummary, stage: 'sending', confirmed: 200, waiting: 700 } as const;
  const stopped = { ...draftSummary, draftId: 'stopped', stage: 'stopped', refused: 1, waiting: 4 } as const;
  const bridge = fakeConsole({ 'uploads.list': () => ok({ drafts: [sending, stopped] }) });
  await openConsole(bridge, 'Uploads');
  expect(await screen.findByText('200 confirmed · 700 waiting')).toBeTruthy();
  expect(screen.getByText('1 refused · 4 not sent')).toBeTruthy();
});
