import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AppError } from '../../../shared/app-error.ts';
import type { DraftDetail } from '../../../shared/contract/uploads.ts';
import { err, ok } from '../../../shared/result.ts';
import { balance, draftDetail, draftSummary, inDays, uploadItem } from '../demo-data.ts';
import type { FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { balanceIn, openConsole } from '../render-console.tsx';

/** A console with one draft that its operations change, as main does. */
function consoleWith(start: Partial<DraftDetail>, overrides: FakeHandlers = {}) {
  let draft: DraftDetail = { ...draftDetail, ...start };
  const bridge = fakeConsole({ 'uploads.read': () => ok(draft), ...overrides });
  const become = (change: Partial<DraftDetail>): DraftDetail => {
    draft = { ...draft, ...change };
    bridge.announce('drafts', 'draft_rows');
    return draft;
  };
  return { bridge, become };
}

async function resume(bridge: ReturnType<typeof consoleWith>['bridge']) {
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Resume hr-export.csv' }));
  return user;
}

function currentStep(): string {
  const steps = screen.getByRole('navigation', { name: 'Steps of the upload' });
  return steps.querySelector('[aria-current="step"]')?.textContent?.replace(/^\d/, '') ?? '';
}

it('takes a file in by pieces of at most 1 MiB, one after the other, and recognises it', async () => {
  let open = 0;
  let together = 0;
  const { bridge } = consoleWith(
    { stage: 'columns' },
    {
      'uploads.begin': () => ok({ draftId: draftSummary.draftId }),
      'uploads.append': async ({ bytes }) => {
        open += 1;
        together = Math.max(together, open);
        await Promise.resolve();
        open -= 1;
        return ok({ received: bytes.length });
      },
      'uploads.analyse': () => ok(draftDetail),
    },
  );
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  const size = 2 * 1024 * 1024 + 5;
  await user.upload(
    screen.getByTestId('upload-file'),
    new File([new Uint8Array(size)], 'members.csv', { type: 'text/csv' }),
  );
  expect(await screen.findByText('Do names and signs look right?')).toBeTruthy();
  expect(bridge.inputsOf('uploads.begin')).toEqual([{ fileName: 'members.csv', size }]);
  expect(bridge.inputsOf('uploads.append').map(({ bytes }) => bytes.length)).toEqual([1024 * 1024, 1024 * 1024, 5]);
  expect(together).toBe(1);
  expect(bridge.inputsOf('uploads.analyse')).toEqual([{ draftId: draftSummary.draftId, options: null }]);
});

it.each<[Extract<AppError, { code: 'unreadable_file' }>['reason'], RegExp]>([
  ['empty', /This file is empty/],
  ['header_only', /header but no rows/],
  ['old_spreadsheet', /Save as/],
  ['binary', /not a table of text/],
])('refuses a file that is %s in words and keeps no draft of it', async (reason, words) => {
  const { bridge } = consoleWith(
    {},
    {
      'uploads.begin': () => ok({ draftId: draftSummary.draftId }),
      'uploads.append': () => ok({ received: 1 }),
      'uploads.analyse': () => err({ code: 'unreadable_file', reason }),
      'uploads.discard': () => ok({}),
    },
  );
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  await user.upload(screen.getByTestId('upload-file'), new File(['x'], 'members.csv', { type: 'text/csv' }));
  expect((await screen.findByRole('alert')).textContent).toMatch(words);
  expect(bridge.inputsOf('uploads.discard')).toEqual([{ draftId: draftSummary.draftId }]);
  expect(screen.getByRole('button', { name: 'Choose a file' })).toBeTruthy();
});

it('reads the file otherwise with one click', async () => {
  const { bridge, become } = consoleWith(
    { stage: 'columns', rows: 0 },
    {
      'uploads.analyse': ({ options }) =>
        ok(
          become(
            options && draftDetail.analysis ? { analysis: { ...draftDetail.analysis, ...options, sheet: null } } : {},
          ),
        ),
    },
  );
  const user = await resume(bridge);
  expect(await screen.findByRole('group', { name: 'In which line are the names right?' })).toBeTruthy();
  const other = screen.getByRole<HTMLInputElement>('radio', { name: /Jьrgen.*Cyrillic/ });
  await user.click(other);
  expect(bridge.inputsOf('uploads.analyse')).toEqual([
    { draftId: draftSummary.draftId, options: { encoding: 'windows-1251', separator: ';', sheet: null } },
  ]);
  await waitFor(() => expect(other.checked).toBe(true));
  await user.click(screen.getByRole('radio', { name: 'Tab' }));
  expect(bridge.inputsOf('uploads.analyse').at(-1)?.options?.separator).toBe('\t');
});

it('skips Columns when all match, and reads with the recognised mapping', async () => {
  const { bridge, become } = consoleWith(
    { stage: 'columns', rows: 0 },
    {
      'uploads.importRows': () => ok(become({ stage: 'fix', rows: 500 })),
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await waitFor(() => expect(currentStep()).toBe('Fix'));
  expect(bridge.inputsOf('uploads.importRows')).toEqual([
    {
      draftId: draftSummary.draftId,
      options: { encoding: 'windows-1252', separator: ';', sheet: null },
      mapping: ['first_name', 'email', 'credits', 'validity_days', 'ignore'],
      clearBlank: [],
    },
  ]);
});

it('stops at Columns when a column needs a decision, and lets no two columns be the same', async () => {
  const analysis = {
    ...draftDetail.analysis,
    allMatched: false,
    mapping: ['first_name', 'ignore', 'ignore', 'ignore', 'ignore'],
  };
  const { bridge } = consoleWith({ stage: 'columns', rows: 0, analysis: analysis as DraftDetail['analysis'] });
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  expect(currentStep()).toBe('Columns');
  const next = screen.getByRole<HTMLButtonElement>('button', { name: 'Continue' });
  expect(next.disabled).toBe(true);
  expect(screen.getByText('Choose the column that holds the e-mail addresses.')).toBeTruthy();
  const choose = async (column: string, field: string): Promise<void> => {
    await user.selectOptions(screen.getByRole('combobox', { name: `Use “${column}” as` }), field);
  };
  await choose('E-Mail (geschäftlich)', 'E-mail');
  expect(next.disabled).toBe(false);
  await choose('Guthaben', 'E-mail');
  expect(screen.getByText('Two columns are used as “E-mail”. Keep one of them.')).toBeTruthy();
  expect(next.disabled).toBe(true);
});

it('shows counts while it reads, and Esc ends it', async () => {
  let finish = (): void => undefined;
  const { bridge, become } = consoleWith(
    { stage: 'columns', rows: 0 },
    {
      'uploads.importRows': async () => {
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        return err({ code: 'cancelled' });
      },
      'uploads.cancelImport': () => {
        finish();
        return ok(become({}));
      },
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await screen.findByText('Reading hr-export.csv');
  bridge.emit({
    event: 'import_progress',
    draftId: draftSummary.draftId,
    phase: 'reading',
    done: 50,
    total: 200,
    rows: 1_200,
  });
  expect(await screen.findByText('Reading: 1,200 rows so far, 25 % of the file')).toBeTruthy();
  await user.keyboard('{Escape}');
  expect(await screen.findByText('Cancelled')).toBeTruthy();
  expect(bridge.inputsOf('uploads.cancelImport')).toHaveLength(1);
  expect(screen.getByRole('button', { name: 'Continue' })).toBeTruthy();
});

it('names rows and credits on the button that sends, and sends once', async () => {
  const { bridge, become } = consoleWith(
    { errors: 0 },
    {
      'uploads.submit': () => ok(become({ stage: 'queued', waiting: 475, outboxItemId: uploadItem.itemId })),
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  expect(await screen.findByText('412 new · 63 existing · 731 credits · 12 skipped')).toBeTruthy();
  expect(balanceIn(screen.getByRole('region', { name: 'Balance' }))).toEqual(['1,000', '767', '233']);
  await user.click(screen.getByRole('button', { name: 'Send 475 rows, 731 credits' }));
  expect(await screen.findByText('Planned: waits to be sent')).toBeTruthy();
  expect(screen.getByText('0 of 475 sent · 0 confirmed · 0 refused')).toBeTruthy();
  expect(bridge.inputsOf('uploads.submit')).toHaveLength(1);
});

it('warns of the row that the balance cannot pay and of a file that was sent before', async () => {
  const dryRun = { newMembers: 1, existingMembers: 1, credits: 1_007, errors: 0, skipped: 0, warnings: 0, ready: 2 };
  const { bridge } = consoleWith(
    { errors: 0 },
    {
      'uploads.dryRun': () =>
        ok({
          ...dryRun,
          balance: { ...balance, planned: 1_043, left: -43 },
          leftAfter: -43,
          exceeds: { row: 431, by: 43 },
          sameFileSentAt: inDays(-1),
        }),
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  expect(await screen.findByText(/Row 431 is the first that the balance cannot pay: 43 credits missing/)).toBeTruthy();
  expect(screen.getByText(/A file with the same content was sent/)).toBeTruthy();
  expect(screen.getByText('43 more than there are')).toBeTruthy();
});

it('compares with the last upload of the same file', async () => {
  const dryRun = { newMembers: 1, existingMembers: 1, credits: 7, errors: 0, skipped: 0, warnings: 0, ready: 2 };
  const lastUpload = {
    draftId: '00000005-0000-4000-8000-000000000003',
    fileName: 'members-october.csv',
    sentAt: inDays(-30),
    sameContent: false,
    added: 12,
    removed: 1,
    changed: 3,
  };
  const { bridge } = consoleWith(
    { errors: 0 },
    {
      'uploads.dryRun': () =>
        ok({ ...dryRun, balance, leftAfter: 957, exceeds: null, sameFileSentAt: null, lastUpload }),
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  expect(await screen.findByText(/^Compared with “members-october\.csv”/)).toBeTruthy();
  expect(
    screen.getByText(/12 people are new in the file, 3 have other values, 1 is no longer in it\. Who is no longer/),
  ).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Show that upload' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.read').at(-1)).toEqual({ draftId: lastUpload.draftId }));
});

it.each([
  [20, '20 of them change'],
  [63, 'get credits or another name'],
  [0, 'stay as they are'],
])('counts the known members who change: %i', async (changed, words) => {
  const { bridge } = consoleWith(
    { errors: 0 },
    {
      'uploads.dryRun': () =>
        ok({
          newMembers: 412,
          existingMembers: 63,
          changed,
          credits: 731,
          errors: 0,
          skipped: 0,
          warnings: 0,
          ready: 475,
          balance,
          leftAfter: 233,
          exceeds: null,
          sameFileSentAt: null,
        }),
    },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  expect((await screen.findByText('Existing members')).parentElement?.textContent).toBe(`Existing members63${words}`);
});

/** The review of one valid row beside 18 with errors, which can be skipped. */
async function reviewWithErrors() {
  const dryRun = { newMembers: 1, existingMembers: 0, credits: 1, skipped: 0, warnings: 0, ready: 1 };
  let errors = 18;
  const console = consoleWith(
    { errors: 18 },
    {
      'uploads.dryRun': () => ok({ ...dryRun, errors, balance, leftAfter: 963, exceeds: null, sameFileSentAt: null }),
      'uploads.setSkipped': () => {
        errors = 0;
        return ok(console.become({ errors: 0, skipped: 18 }));
      },
      'uploads.submit': ({ mode }) => ok(console.become({ stage: 'queued', waiting: 1, mode })),
    },
  );
  const user = await resume(console.bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  const send = await screen.findByRole<HTMLButtonElement>('button', { name: 'Send 1 row, 1 credit' });
  return { bridge: console.bridge, user, send };
}

it('sends the valid rows, and those with errors stay behind', async () => {
  const { bridge, user, send } = await reviewWithErrors();
  const valid = screen.getByRole<HTMLInputElement>('radio', { name: /^Send the valid rows/ });
  expect(valid.checked).toBe(true);
  expect(valid.labels?.[0]?.textContent).toContain(
    '18 rows with errors stay behind, to be corrected and sent afterwards.',
  );
  await user.click(send);
  expect(await screen.findByText('Planned: waits to be sent')).toBeTruthy();
  expect(bridge.inputsOf('uploads.submit')).toEqual([{ draftId: draftSummary.draftId, mode: 'valid_only' }]);
  expect(bridge.inputsOf('uploads.setSkipped')).toEqual([]);
});

it('sends all or nothing only when no row has an error that is not skipped', async () => {
  const { bridge, user, send } = await reviewWithErrors();
  const whole = screen.getByRole<HTMLInputElement>('radio', { name: /^All or nothing/ });
  expect(whole.disabled).toBe(true);
  expect(whole.labels?.[0]?.textContent).toContain(
    'Not possible: 18 rows with errors are neither corrected nor skipped.',
  );
  await user.click(screen.getByRole('button', { name: 'Skip all remaining errors' }));
  await waitFor(() => expect(whole.disabled).toBe(false));
  expect(bridge.inputsOf('uploads.setSkipped')).toEqual([
    { draftId: draftSummary.draftId, rows: 'all_errors', skipped: true },
  ]);
  await user.click(whole);
  await user.click(send);
  await waitFor(() =>
    expect(bridge.inputsOf('uploads.submit')).toEqual([{ draftId: draftSummary.draftId, mode: 'all_or_nothing' }]),
  );
});

it.each([
  [{ ready: 50_001, credits: 60_000 }, 'At most 50,000 rows can be sent as one; these are 50,001.'],
  [{ ready: 30_000, credits: 100_001 }, 'At most 100,000 credits can be given as one; these are 100,001.'],
])('says why as much as %o cannot be sent as one whole', async (figures, words) => {
  const dryRun = { newMembers: 1, existingMembers: 0, errors: 0, skipped: 0, warnings: 0, ...figures };
  const { bridge } = consoleWith(
    { errors: 0 },
    { 'uploads.dryRun': () => ok({ ...dryRun, balance, leftAfter: 0, exceeds: null, sameFileSentAt: null }) },
  );
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Review' }));
  expect(await screen.findByText(`Not possible: ${words}`)).toBeTruthy();
  expect(screen.getByRole<HTMLInputElement>('radio', { name: /^All or nothing/ }).disabled).toBe(true);
});

it('pauses, resumes and stops, and says exactly what was done', async () => {
  const { bridge, become } = consoleWith(
    { stage: 'sending', confirmed: 197, refused: 3, waiting: 700, rows: 900, errors: 0 },
    {
      'uploads.list': () => ok({ drafts: [{ ...draftSummary, stage: 'sending' }] }),
      'uploads.pause': () => ok(become({ stage: 'paused' })),
      'uploads.resume': () => ok(become({ stage: 'sending' })),
      'uploads.stop': () => ok(become({ stage: 'stopped' })),
      'uploads.retryRefused': () => ok({ ...draftDetail, draftId: 'next' }),
    },
  );
  const user = await resume(bridge);
  expect(await screen.findByText('200 of 900 sent · 197 confirmed · 3 refused')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Pause' }));
  expect(await screen.findByText('700 rows are not sent yet')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Resume' }));
  await user.click(await screen.findByRole('button', { name: 'Stop' }));
  expect(await screen.findByText('700 rows are not sent')).toBeTruthy();
  expect(screen.getByText(/197 rows are confirmed and stay so\. 3 rows are refused\./)).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Correct refused rows' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.read').at(-1)).toEqual({ draftId: 'next' }));
});

it('says that a file was not taken in whole', async () => {
  const { bridge } = consoleWith({ stage: 'receiving', analysis: null, rows: 0 });
  const user = await resume(bridge);
  expect(await screen.findByText('The file did not arrive whole')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Choose the file again' }));
  expect(await screen.findByText('Drop your members’ file here')).toBeTruthy();
});

it('asks before a draft is discarded and says what stays', async () => {
  const { bridge } = consoleWith({}, { 'uploads.discard': () => ok({}) });
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Discard hr-export.csv' }));
  const dialog = await screen.findByRole('dialog');
  expect(dialog.textContent).toContain('Nothing of it was sent');
  fireEvent.click(within(dialog).getByRole('button', { name: 'Discard upload' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.discard')).toEqual([{ draftId: draftSummary.draftId }]));
});
