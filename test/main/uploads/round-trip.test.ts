import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { csvLine } from '../../../main/uploads/write-csv.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const patient = 120_000;
/** Blocks of this many code points make one cell. */
const BLOCK = 512;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** Every code point but the surrogates, which are no characters; NUL is what tells a text from a binary file. */
function everyCharacter(): string[] {
  const cells: string[] = [];
  for (let start = 0; start <= 0x10_ffff; start += BLOCK) {
    const codes = Array.from({ length: BLOCK }, (_, index) => start + index).filter(
      (code) => code !== 0 && (code < FIRST_SURROGATE || code > LAST_SURROGATE),
    );
    if (codes.length > 0) cells.push(String.fromCodePoint(...codes));
  }
  return cells;
}

describe('export, import, export', () => {
  let harness: UploadsHarness;
  beforeEach(() => {
    harness = openHarness();
  });
  afterEach(() => harness.close());

  async function exported(draftId: string, format: 'csv' | 'xlsx'): Promise<Buffer> {
    const { exportId, size } = await harness.value('exports.begin', {
      what: { kind: 'rows', draftId, rows: 'all', format },
    });
    const pieces: Uint8Array[] = [];
    for (let offset = 0; offset < size; offset += pieces.at(-1)?.length ?? 0) {
      pieces.push((await harness.value('exports.read', { exportId, offset })).bytes);
    }
    await harness.value('exports.end', { exportId });
    return Buffer.concat(pieces);
  }

  /** The texts of all rows, without the guard, in the columns of the first file. */
  function cellsOf(draftId: string): string[][] {
    return harness.database
      .all<{ cells: string }>('select cells from draft_rows where draft_id = ? order by row_no', draftId)
      .map((row): string[] => JSON.parse(row.cells));
  }

  /** Uploads texts beside an e-mail each, exports, imports and exports again. Answers the texts as they are then. */
  async function goRound(texts: readonly string[], format: 'csv' | 'xlsx'): Promise<string[]> {
    const rows = texts.map((text, index) => ['m' + index + '@firma.example', text, text]);
    const file = [['Email', 'First name', 'Note'], ...rows].map((row) => csvLine(row, ',')).join('');
    // Each draft goes before the next is read: the same person in two drafts is a warning, which the file would tell.
    const first = await harness.read(`\uFEFF${file}`);
    const once = await exported(first.draftId, format);
    await harness.value('uploads.discard', { draftId: first.draftId });
    const second = await harness.read(once);
    expect([first.rows, second.rows]).toEqual([texts.length, texts.length]);
    const again = await exported(second.draftId, format);
    const before = cellsOf(second.draftId);
    const shown = await shownNames(second.draftId);
    await harness.value('uploads.discard', { draftId: second.draftId });
    const third = await harness.read(again);
    // The receipts name another draft. Whether separators in a cell make a row suspect depends on how many columns the file has, and our
    // own add some; in a workbook they never do. All else is the same.
    const isSuspect = (cells: readonly string[] | undefined): boolean =>
      cells?.some((cell) => cell.includes('looks like a row of its own')) ?? false;
    const after = cellsOf(third.draftId);
    const same = before.map((cells, row) => (format === 'xlsx' || isSuspect(cells) || isSuspect(after[row]) ? 3 : 6));
    const [now, then] = [after, before].map((all) => all.map((cells, row) => cells.slice(0, same[row])));
    expect(now).toEqual(then);
    await harness.value('uploads.discard', { draftId: third.draftId });
    // A workbook is packed: its texts are compared above.
    const isWhole = same.every((columns) => columns === 6);
    const comparable = (bytes: Buffer, draftId: string): string =>
      isWhole ? bytes.toString('utf8').replaceAll(draftId, 'draft') : 'not the same in each byte';
    expect(comparable(again, second.draftId)).toBe(comparable(once, first.draftId));
    return shown;
  }

  async function shownNames(draftId: string): Promise<string[]> {
    const names: string[] = [];
    for (let total = 1; names.length < total;) {
      const page = await harness.value('uploads.rows', { draftId, show: 'all', offset: names.length, limit: 200 });
      names.push(...page.rows.map(({ values }) => values.first_name ?? ''));
      ({ total } = page);
    }
    return names;
  }

  test.each(['csv', 'xlsx'] as const)(
    'keeps every character of Unicode, as %s',
    async (format) => {
      const texts = everyCharacter();
      expect(await goRound(texts, format)).toEqual(texts);
    },
    patient,
  );

  test.each(['csv', 'xlsx'] as const)(
    'keeps any text, as %s',
    async (format) => {
      const units = [
        '=',
        '+',
        '-',
        '@',
        '\t',
        '\r',
        '\n',
        "'",
        '"',
        ',',
        ';',
        '|',
        '_',
        'x0',
        '0041_',
        ' ',
        'a',
        '\u0001',
        '\uFF1D',
        '\uFEFF',
        '😀',
      ];
      const hostile = fc.string({ unit: fc.constantFrom(...units), maxLength: 10 });
      const any = fc.string({ unit: 'grapheme', maxLength: 20 });
      const texts = fc.array(fc.oneof(hostile, any), { minLength: 60, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(texts, async (some) => {
          expect(await goRound(some, format)).toEqual(some);
        }),
        { numRuns: 4, endOnFailure: true },
      );
    },
    patient,
  );
});
