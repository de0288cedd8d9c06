import fc from 'fast-check';
import { separator, type Separator, type TextEncoding } from '../../../../shared/contract/uploads.ts';
import { encode, withMark } from '../../../builders/damaged-files.ts';

/** A table and the file it was written to. */
export interface WrittenTable {
  /** The header and the rows; a row without any letter is a blank line. */
  readonly records: readonly (readonly string[])[];
  readonly separator: Separator;
  readonly encoding: TextEncoding;
  readonly content: Buffer;
}

const marks = fc.constantFrom(...separator.options);
const lineBreaks = fc.constantFrom('\n', '\r\n', '\r');
const trouble = fc.constantFrom(
  'a',
  'B',
  '7',
  ' ',
  '"',
  '""',
  "'",
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r\n',
  '\r',
  'é',
  'ß',
  '=',
  '+',
  '@',
  '\\',
  '0',
);
const anywhere = fc.constantFrom('😀', 'Ł', 'ş', '漢', '\u2028', '\u0301', '\uFFFD', '\u200B', '\uFEFF');

const cellOf = (unit: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom('Anna', 'Jos\u00e9', 'anna@firma.example', '1', '1.000', '2026-12-31', ''),
    },
    { weight: 2, arbitrary: fc.string({ unit, maxLength: 12 }) },
  );

const plainEnough = (cell: string, mark: Separator): boolean =>
  !cell.includes(mark) && !cell.includes('\n') && !cell.includes('\r') && !cell.startsWith('"');

/** Tables with every letter that makes trouble, quoted where it must be and where it need not, in every encoding that has them. */
export const writtenTable: fc.Arbitrary<WrittenTable> = fc
  .record({
    mark: marks,
    lineBreak: lineBreaks,
    encoding: fc.constantFrom<TextEncoding>('utf-8', 'utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-2'),
    hasMark: fc.boolean(),
    quotes: fc.constantFrom('all', 'needed', 'some'),
    endsOpen: fc.boolean(),
    width: fc.integer({ min: 1, max: 6 }),
    tells: fc.integer({ min: 0, max: 9 }).map((it) => it === 0),
  })
  .chain((style) => {
    const isUnicode = style.encoding.startsWith('utf');
    const cells = cellOf(isUnicode ? fc.oneof(trouble, anywhere) : trouble);
    // Behind the header rows may be longer and shorter than it is; the first column always has a letter, so that no row is blank.
    const row = fc.array(cells, { minLength: 0, maxLength: style.width + 1 }).map((rest) => ['x', ...rest]);
    const rows = fc.array(fc.oneof({ weight: 6, arbitrary: row }, { weight: 1, arbitrary: fc.constant(['']) }), {
      maxLength: 12,
    });
    return fc
      .record({ rows, quoting: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }) })
      .map(({ rows: table, quoting }) => {
        const header = Array.from({ length: style.width }, (_, index) => `Column ${index}`);
        const records = [header, ...table, ['x', 'end']];
        const write = (cell: string, index: number): string =>
          plainEnough(cell, style.mark) && style.quotes !== 'all' && (style.quotes === 'needed' || quoting[index % 7])
            ? cell
            : `"${cell.replaceAll('"', '""')}"`;
        const lines = records.map((cells_) => cells_.map(write).join(style.mark));
        const text =
          (style.tells ? `sep=${style.mark}${style.lineBreak}` : '') +
          lines.join(style.lineBreak) +
          (style.endsOpen ? '' : style.lineBreak);
        const content = style.hasMark && isUnicode ? withMark(text, style.encoding) : encode(text, style.encoding);
        return { records, separator: style.mark, encoding: style.encoding, content };
      });
  });

/** What happens to the bytes of a file, at a share of its length. */
type Mutation = { readonly place: number } & (
  | { readonly kind: 'set' | 'insert'; readonly bytes: Uint8Array }
  | { readonly kind: 'cut' | 'repeat'; readonly length: number }
  | { readonly kind: 'end' }
);

const place = fc.double({ min: 0, max: 1, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 3 }) }),
  fc.record({
    kind: fc.constant('insert' as const),
    place,
    bytes: fc
      .constantFrom('"', '""', ',', ';', '\t', '|', '\n', '\r', '\r\n', '\n\n', ' ', '"\n', '",', '\u001a')
      .map((it) => Buffer.from(it)),
  }),
  fc.record({ kind: fc.constant('insert' as const), place, bytes: fc.uint8Array({ minLength: 1, maxLength: 3 }) }),
  fc.record({ kind: fc.constant('cut' as const), place, length: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant('repeat' as const), place, length: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('end' as const), place }),
);

function mutated(content: Buffer, change: Mutation): Buffer {
  const at = Math.floor(change.place * content.length);
  const before = content.subarray(0, at);
  switch (change.kind) {
    case 'set':
      return Buffer.concat([before, change.bytes, content.subarray(at + change.bytes.length)]);
    case 'insert':
      return Buffer.concat([before, change.bytes, content.subarray(at)]);
    case 'cut':
      return Buffer.concat([before, content.subarray(at + change.length)]);
    case 'repeat':
      return Buffer.concat([before, content.subarray(at, at + change.length), content.subarray(at)]);
    case 'end':
      return before;
  }
}

/** Files that were right until something happened to a few of their bytes. */
export const mutatedFile: fc.Arbitrary<Buffer> = fc
  .tuple(writtenTable, fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([{ content }, changes]) => changes.reduce((file, change) => mutated(file, change), content));

/** Bytes of all kinds, and texts of nothing but what readers stumble over. */
export const randomFile: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc.string({ unit: 'binary', maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.string({ unit: trouble, maxLength: 200 }).map((text) => Buffer.from(text)),
  fc.string({ unit: fc.constantFrom('"', ',', '\n', '\r', ' ', 'x'), maxLength: 60 }).map((text) => Buffer.from(text)),
);
