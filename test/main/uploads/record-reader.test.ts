import { isUtf8 } from 'node:buffer';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { separator } from '../../../shared/contract/uploads.ts';
import { ReadFault } from '../../../main/uploads/read-fault.ts';
import { RecordReader } from '../../../main/uploads/record-reader.ts';
import { FactsCollector } from '../../../main/uploads/source-facts.ts';
import { readSourceText } from '../../../main/uploads/source-text.ts';

type Outcome = { readonly records: string[][] } | { readonly fault: string; readonly line: number | undefined };

function read(pieces: readonly string[], mark: ',' | ';' | '\t' | '|'): Outcome {
  const reader = new RecordReader(mark);
  try {
    const records = pieces.flatMap((piece) => reader.push(piece));
    return { records: [...records, ...reader.finish()] };
  } catch (error) {
    if (!(error instanceof ReadFault)) throw error;
    return { fault: error.fault.reason, line: error.fault.line };
  }
}

/** The text in pieces, cut at the given shares of its length. */
function cut(text: string, shares: readonly number[]): string[] {
  const ends = shares.map((share) => Math.floor(share * text.length)).toSorted((a, b) => a - b);
  return [...ends, text.length].map((end, index) => text.slice(ends[index - 1] ?? 0, end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });
const marks = fc.constantFrom(...separator.options);
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

describe('records', () => {
  test('come out exactly as they went in, however the text is cut', () => {
    const cell = fc.string({
      unit: fc.constantFrom('a', 'é', ' ', '"', ',', ';', '\t', '|', '\n', '\r', '\r\n', '😀'),
    });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(rows, marks, cuts, fc.constantFrom('\n', '\r\n'), (table, mark, shares, lineBreak) => {
        const whole = table;
        const text = whole.map((row) => row.map(quoted).join(mark) + lineBreak).join('');
        const outcome = read(cut(text, shares), mark);
        expect(outcome).toEqual({ records: expect.anything() });
        expect('records' in outcome && outcome.records.slice(0, whole.length)).toEqual(whole);
        // What is behind the last line break is at most one blank record.
        expect('records' in outcome && outcome.records.slice(whole.length).flat().join('')).toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  test('of any text are the same, or the same fault, however it is cut', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '"', '"', ',', ';', '\n', '\n', '\r', '\r\n'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(letters, marks, cuts, (text, mark, shares) => {
        const pieces = cut(text, shares);
        expect(read(pieces, mark)).toEqual(read([text], mark));
      }),
      { numRuns: 5_000 },
    );
  });

  test('without quotes are split at every separator and line: none invented, none dropped', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' ', ',', '\n', "'"), maxLength: 80 });
    fc.assert(
      fc.property(letters, cuts, (text, shares) => {
        const lines = text.split('\n').map((line) => line.split(','));
        const filled = (records: string[][]) => records.filter((record) => record.join('') !== '');
        const outcome = read(cut(text, shares), ',');
        expect('records' in outcome && filled(outcome.records)).toEqual(filled(lines));
      }),
      { numRuns: 2_000 },
    );
  });

  test('name the line of a quote that is not closed, also behind quoted line breaks', () => {
    expect(read(['a,b\n"1\n2",3\n4,"5\n6,7\n'], ',')).toEqual({ fault: 'broken_quote', line: 4 });
    expect(read(['a,b\r"1\n2",3\r4,"5'], ',')).toEqual({ fault: 'broken_quote', line: 3 });
  });

  test('with something behind a closing quote end with their line, and the next ones go on', () => {
    const reader = new RecordReader(',');
    const records = [...reader.push('a,b\n"x"y,1\n"x\ny",2\n"open,3\n4,5\n"6",7\n8,"9"z'), ...reader.finish()];
    expect(records.map((record) => [reader.broken.has(record), ...record])).toEqual([
      [false, 'a', 'b'],
      [true, '"x"y', '1'],
      [false, 'x\ny', '2'],
      [true, '"open', '3'],
      [false, '4', '5'],
      [false, '6', '7'],
      [true, '8', '"9"z'],
    ]);
    expect(read(['\n"a"b,c\n1,2\n'], ',')).toEqual({ fault: 'misplaced_quote', line: 2 });
  });

  test('keep a carriage return within the quotes of their last cell', () => {
    const file = 'a,b\r\n1,"x\r"\r\n2,"\r\r"\n3,y\r\r\n\uE000,"z\r""\r"';
    const wanted = [
      ['a', 'b'],
      ['1', 'x\r'],
      ['2', '\r\r'],
      ['3', 'y'],
      ['\uE000', 'z\r"\r'],
    ];
    for (let at = 0; at <= file.length; at += 1)
      expect(read([file.slice(0, at), file.slice(at)], ',')).toEqual({ records: wanted });
  });

  test('may end behind a closing quote with what may stand before a line break', () => {
    const wanted = [
      ['a', 'b'],
      ['x', 'y'],
    ];
    for (const end of ['\r', '\r\r', ' ', '\t', ' \r'])
      expect(read([`a,b\r\n"x","y"${end}`], ',')).toEqual({ records: wanted });
  });

  test('do not grow without end behind an open quote', () => {
    const piece = 'x'.repeat(1_048_576);
    const reader = new RecordReader(',');
    reader.push('a,b\n"');
    expect(() => {
      for (let index = 0; index < 40; index += 1) reader.push(piece);
    }).toThrow(ReadFault);
  });
});

describe('the bytes of a file', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-text-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('are looked at in slices, so that others work meanwhile', async () => {
    const collector = new FactsCollector();
    let turns = 0;
    const clock = setInterval(() => {
      turns += 1;
    }, 0);
    await collector.add(Buffer.from('ü,'.repeat(350_000)));
    clearInterval(clock);
    expect(turns).toBeGreaterThan(10);
    expect(collector.finish()).toMatchObject({ isUtf8: true, words: Buffer.from('ü') });
  });

  test('are judged as UTF-8 as a whole, however they arrive', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
      fc
        .tuple(fc.string({ unit: 'binary' }), fc.nat(3))
        .map(([text, less]) => new TextEncoder().encode(text).slice(0, -less || undefined)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 5 }), async (content, step) => {
        const collector = new FactsCollector();
        for (let start = 0; start < content.length; start += step)
          await collector.add(content.subarray(start, start + step));
        expect(collector.finish()).toMatchObject({
          size: content.length,
          isUtf8: isUtf8(content),
          hasNul: content.includes(0),
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['utf-8', (text: string) => Buffer.from(text)],
    ['utf-16le', (text: string) => Buffer.from(text, 'utf16le')],
    ['utf-16be', (text: string) => Buffer.from(text, 'utf16le').swap16()],
  ] as const)('in %s become the same text across the borders of pieces', (encoding, encode) => {
    const text = `x${'é😀漢'.repeat(120_000)}`;
    const file = path.join(folder, encoding);
    writeFileSync(file, encode(`\uFEFF${text}`));
    const pieces = [...readSourceText(file, encoding)];
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.map((piece) => piece.text).join('') === text).toBe(true);
  });

  test('in Windows-1252 become their letters', () => {
    const file = path.join(folder, 'windows-1252');
    writeFileSync(file, Buffer.from([0x80, 0x8a, 0x92, 0x9c, 0xe9, 0xff]));
    expect([...readSourceText(file, 'windows-1252')].map((piece) => piece.text)).toEqual(['€Š’œéÿ']);
  });
});
