import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { DraftDetail, FileAnalysis } from '../../../shared/contract/uploads.ts';
import { ok } from '../../../shared/result.ts';
import { draftDetail, draftSummary } from '../demo-data.ts';
import type { FakeHandlers } from '../fake-bridge.ts';
import { fakeConsole } from '../fake-console.ts';
import { openConsole } from '../render-console.tsx';

const { draftId } = draftSummary;
const text = analysisOf(draftDetail);

function analysisOf({ analysis }: DraftDetail): FileAnalysis {
  if (!analysis) throw new Error('the demo draft has an analysis');
  return analysis;
}

/** A console with one draft whose file was recognised as given. */
function consoleReading(change: Partial<FileAnalysis>, overrides: FakeHandlers = {}) {
  const analysis: FileAnalysis = { ...text, ...change } as FileAnalysis;
  const draft: DraftDetail = { ...draftDetail, stage: 'columns', rows: 0, analysis };
  return fakeConsole({
    'uploads.read': () => ok(draft),
    'uploads.analyse': () => ok(draft),
    'uploads.importRows': () => ok({ ...draft, stage: 'fix' }),
    'uploads.begin': () => ok({ draftId }),
    'uploads.append': ({ bytes }) => ok({ received: bytes.length }),
    ...overrides,
  });
}

async function resume(bridge: ReturnType<typeof fakeConsole>) {
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'Resume hr-export.csv' }));
  return user;
}

const rows = 'E-mail\tName\na@example.com\tJürgen\n';
const pasteOn = (target: Element, pasted: string): boolean =>
  fireEvent.paste(target, { clipboardData: { getData: () => pasted, files: [] } });

it.each(['the list of uploads', 'the page of a new one'])(
  'takes rows that are pasted on %s as a file',
  async (page) => {
    const bridge = consoleReading({});
    const user = await openConsole(bridge, 'Uploads');
    const start = await screen.findByRole('button', { name: 'New upload' });
    if (page !== 'the list of uploads') {
      await user.click(start);
      await screen.findByText('Drop your members’ file here');
    }
    pasteOn(document.body, rows);
    expect(await screen.findByText('Do names and signs look right?')).toBeTruthy();
    const size = new TextEncoder().encode(rows).length;
    expect(bridge.inputsOf('uploads.begin')).toEqual([{ fileName: 'Pasted rows.txt', size }]);
    const [piece] = bridge.inputsOf('uploads.append');
    expect(new TextDecoder().decode(piece?.bytes)).toBe(rows);
  },
);

it('takes rows from a field as well, and leaves what is pasted into a field alone', async () => {
  const bridge = consoleReading({});
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  await user.click(screen.getByRole('button', { name: 'Paste rows' }));
  const field = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Rows' });
  const read = screen.getByRole<HTMLButtonElement>('button', { name: 'Read these rows' });
  expect(read.disabled).toBe(true);
  pasteOn(field, rows);
  expect(bridge.inputsOf('uploads.begin')).toEqual([]);
  fireEvent.change(field, { target: { value: rows } });
  await user.click(read);
  await waitFor(() => expect(bridge.inputsOf('uploads.begin')).toHaveLength(1));
});

it('takes many rows from the field without laying them out: how many they are and how they begin is shown', async () => {
  const bridge = consoleReading({});
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  await user.click(screen.getByRole('button', { name: 'Paste rows' }));
  const field = await screen.findByRole<HTMLTextAreaElement>('textbox', { name: 'Rows' });
  const many = `E-mail\tName\n${Array.from({ length: 100_000 }, (_, row) => `m${row}@firma.example\tAnn\n`).join('')}`;
  expect(pasteOn(field, many)).toBe(false);
  const shown = await screen.findByRole('region', { name: 'Pasted rows' });
  expect(shown.textContent).toContain('100,001 lines pasted');
  expect(shown.textContent).toContain('m0@firma.example');
  expect(shown.textContent?.length).toBeLessThan(1_000);
  expect(screen.queryByRole('textbox', { name: 'Rows' })).toBeNull();
  await user.click(screen.getByRole('button', { name: 'Read these rows' }));
  await waitFor(() => expect(bridge.inputsOf('uploads.begin')).toMatchObject([{ size: many.length }]));
});

it('words the choice of another encoding for a single reading', async () => {
  const decoded = [{ encoding: 'utf-8', names: ['J\u00fcrgen'] }] as const;
  await resume(consoleReading({ decoded: decoded.map((it) => ({ ...it, names: [...it.names] })) }));
  expect(await screen.findByText('Not right? Choose another.')).toBeTruthy();
  expect(screen.queryByText(/None is right/)).toBeNull();
});

describe('a file whose rows were read and corrected', () => {
  const corrected: DraftDetail = { ...draftDetail, stage: 'fix', canUndo: true, corrections: 3, look: null };
  const look: FileAnalysis = { ...text, encoding: 'windows-1250', allMatched: true };

  function consoleCorrected(start: Partial<DraftDetail> = {}) {
    let draft: DraftDetail = { ...corrected, analysis: { ...text, allMatched: true }, ...start };
    const bridge = fakeConsole({
      'uploads.read': () => ok(draft),
      'uploads.analyse': ({ options }) => {
        draft = { ...draft, look: options?.encoding === text.encoding ? null : look };
        bridge.announce('drafts');
        return ok(draft);
      },
      'uploads.importRows': () => ok((draft = { ...draft, look: null, corrections: 0, canUndo: false })),
    });
    return bridge;
  }

  async function openFile(bridge: ReturnType<typeof fakeConsole>) {
    const user = await resume(bridge);
    const steps = await screen.findByRole('navigation', { name: 'Steps of the upload' });
    await user.click(within(steps).getByRole('link', { name: /File/ }));
    return user;
  }

  it('goes on to its rows as they stand when nothing is read otherwise', async () => {
    const bridge = consoleCorrected();
    const user = await openFile(bridge);
    expect(await screen.findByText('Your 3 corrections are kept')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Continue' }));
    expect(await screen.findByRole('grid', { name: /^Rows of/ })).toBeTruthy();
    expect(bridge.inputsOf('uploads.importRows')).toEqual([]);
  });

  it('is read otherwise only after the person agreed to give up the corrections, which are counted', async () => {
    const bridge = consoleCorrected({ look });
    const user = await openFile(bridge);
    expect(await screen.findByText('The file was not read like this yet')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Continue' }));
    const dialog = await screen.findByRole('dialog', { name: 'Give up 3 corrections?' });
    expect(bridge.inputsOf('uploads.importRows')).toEqual([]);
    await user.click(within(dialog).getByRole('button', { name: 'Read the file again' }));
    await waitFor(() =>
      expect(bridge.inputsOf('uploads.importRows')).toMatchObject([{ options: { encoding: 'windows-1250' } }]),
    );
  });

  it('goes back to how it was read with one click', async () => {
    const bridge = consoleCorrected({ look });
    const user = await openFile(bridge);
    await user.click(await screen.findByRole('button', { name: 'Read as before' }));
    expect(await screen.findByText('Your 3 corrections are kept')).toBeTruthy();
    expect(bridge.inputsOf('uploads.analyse')).toMatchObject([{ options: { encoding: text.encoding } }]);
  });
});

it('goes on with an upload from the page of a new one', async () => {
  const bridge = consoleReading({});
  const user = await openConsole(bridge, 'Uploads');
  await user.click(await screen.findByRole('button', { name: 'New upload' }));
  const list = await screen.findByRole('region', { name: 'Or go on where you left off' });
  expect(list.textContent).toMatch(/500 rows · 12 with errors/);
  await user.click(within(list).getByRole('button', { name: 'Resume hr-export.csv' }));
  expect(await screen.findByText('Do names and signs look right?')).toBeTruthy();
});

it('lets a sheet of a workbook be chosen, and tells what may be other than thought', async () => {
  const sheets = [
    { name: 'Members', hidden: false },
    { name: 'Leavers', hidden: false },
    { name: 'Lists', hidden: true },
  ];
  const bridge = consoleReading({
    format: 'spreadsheet',
    sheets,
    sheet: 'Members',
    decoded: [],
    warnings: [
      { code: 'hidden_rows', count: 3 },
      { code: 'formulas_without_value', count: 1 },
    ],
  });
  const user = await resume(bridge);
  expect(await screen.findByText('3 rows of this sheet are hidden in Excel')).toBeTruthy();
  expect(screen.getByText('1 formula has no stored result')).toBeTruthy();
  expect(screen.queryByText('Columns are separated by')).toBeNull();
  await user.click(screen.getByRole('combobox', { name: 'Sheet' }));
  expect(screen.getByRole('option', { name: 'Lists (hidden)' })).toBeTruthy();
  await user.click(screen.getByRole('option', { name: 'Leavers' }));
  expect(bridge.inputsOf('uploads.analyse')).toEqual([
    { draftId, options: { encoding: 'windows-1252', separator: ';', sheet: 'Leavers' } },
  ]);
});

it('shows what each column becomes, by the rules themselves', async () => {
  const bridge = consoleReading({ allMatched: true });
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Look at the columns' }));
  const table = await screen.findByRole('table');
  const rowOf = (header: string): string =>
    within(table).getByRole('rowheader', { name: header }).closest('tr')?.textContent ?? '';
  expect(rowOf('Guthaben')).toContain('2 credits · 4 credits · 1 credit');
  expect(rowOf('Gültig (Tage)')).toContain('90 days');
  expect(rowOf('Kostenstelle')).toContain('changes nothing');
  expect(rowOf('Vorname')).toContain('as it stands');
  await user.selectOptions(screen.getByRole('combobox', { name: 'Use “Kostenstelle” as' }), 'Valid for (days)');
  expect(rowOf('Kostenstelle')).toContain('Not allowed');
  expect(screen.getByText('Two columns are used as “Valid for (days)”. Keep one of them.')).toBeTruthy();
});

it('keeps names where a cell is blank, unless it is told to clear them', async () => {
  const bridge = consoleReading({ allMatched: false });
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  expect(await screen.findByText('A blank cell changes nothing.')).toBeTruthy();
  await user.click(screen.getByRole('radio', { name: 'cleared' }));
  expect(screen.getByText('A blank cell changes nothing, except in the column of first names.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  await waitFor(() =>
    expect(bridge.inputsOf('uploads.importRows').map((input) => input.clearBlank)).toEqual([['first_name']]),
  );
});

it('gives the focus to each step when it comes on screen', async () => {
  const bridge = consoleReading({});
  const user = await resume(bridge);
  const file = await screen.findByRole('region', { name: 'Step 1 of 5: File' });
  expect(document.activeElement).toBe(file);
  await user.click(screen.getByRole('button', { name: 'Look at the columns' }));
  expect(document.activeElement).toBe(await screen.findByRole('region', { name: 'Step 2 of 5: Columns' }));
});

it('shows the first columns of very many and every one that is used; others are found by their header, or on', async () => {
  const columns = Array.from({ length: 1_000 }, (_, n) => ({ header: `Column ${n + 1}`, samples: ['a'] }));
  const mapping = columns.map((_, n) => (n === 899 ? ('email' as const) : ('ignore' as const)));
  const bridge = consoleReading({ columns, mapping, allMatched: false });
  const user = await resume(bridge);
  await user.click(await screen.findByRole('button', { name: 'Continue' }));
  await screen.findByText('What is in each column');
  const choices = (): string[] =>
    screen
      .getAllByRole('combobox')
      .map((choice) => choice.getAttribute('aria-label')?.replace(/^Use “|” as$/gu, '') ?? '');
  expect(choices()).toEqual([...columns.slice(0, 40).map(({ header }) => header), 'Column 900']);
  expect(screen.getByText('41 of 1,000 columns shown')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Show 40 more' }));
  expect(choices()).toHaveLength(81);
  await user.type(screen.getByLabelText('Find a column'), 'COLUMN 77');
  expect(choices()).toEqual(['Column 77', ...columns.slice(769, 779).map(({ header }) => header)]);
  await user.selectOptions(screen.getByRole('combobox', { name: 'Use “Column 777” as' }), 'Credits');
  await user.clear(screen.getByLabelText('Find a column'));
  expect(choices().slice(-2)).toEqual(['Column 777', 'Column 900']);
  await user.type(screen.getByLabelText('Find a column'), 'nothing');
  expect(screen.getByText('No column of the file has that in its header.')).toBeTruthy();
  await user.click(screen.getByRole('button', { name: 'Continue' }));
  const [input] = bridge.inputsOf('uploads.importRows');
  expect(input?.mapping.map((field, n) => `${String(n)} ${field}`).filter((it) => !it.endsWith('ignore'))).toEqual([
    '776 credits',
    '899 email',
  ]);
});
