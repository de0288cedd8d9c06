import { noise, ole2, packed, pdf, png } from '../../../builders/damaged-files.ts';
import { sheetOf, workbook, zipArchive } from '../../../builders/workbook.ts';
import { anna, annaRow, bo, boRow, header, type BadFile } from './bad-file.ts';
import type { StoredRow } from './file-reader.ts';

const plain = header + anna + bo;
const binary = { reason: 'binary' } as const;
const magic = (bytes: readonly number[]): Buffer => Buffer.concat([Buffer.from(bytes), noise(4_000)]);

/** Files of other programs under the name of a CSV. */
export const foreignFiles: readonly BadFile[] = [
  { name: 'a picture', content: png(), expected: binary },
  { name: 'a photograph', content: magic([0xff, 0xd8, 0xff, 0xe0]), expected: binary },
  { name: 'a moving picture', content: Buffer.from('GIF89a;first name;email\n'), expected: binary },
  { name: 'a document', content: pdf(), expected: binary },
  { name: 'a letter in rich text', content: '{\\rtf1\\ansi Anna, anna@firma.example\\par}', expected: binary },
  { name: 'a packed CSV', content: packed(plain), expected: binary },
  { name: 'a program of Windows', content: magic([0x4d, 0x5a, 0x90, 0x00]), expected: binary },
  { name: 'a program of Linux', content: magic([0x7f, 0x45, 0x4c, 0x46]), expected: binary },
  { name: 'a database', content: Buffer.concat([Buffer.from('SQLite format 3\0'), noise(4_000)]), expected: binary },
  { name: 'noise', content: noise(10_000), expected: binary },
  { name: 'noise of an odd length', content: noise(9_999, 7), expected: binary },
  { name: 'a ZIP of a CSV', content: zipArchive({ 'members.csv': plain }), expected: binary },
  {
    name: 'a text document of an office',
    content: zipArchive({ '[Content_Types].xml': '<Types/>', 'word/document.xml': '<x/>' }),
    expected: { reason: 'damaged' },
  },
  {
    name: 'the first half of a ZIP',
    content: zipArchive({ 'members.csv': plain }).subarray(0, 60),
    expected: { reason: 'damaged' },
  },
  {
    name: 'a workbook called CSV, which is read as what it is',
    content: workbook({
      sheets: {
        Members: sheetOf([
          ['First name', 'Email', 'Credits'],
          ['Anna', 'anna@firma.example', '1'],
          ['Bo', 'bo@firma.example', '2'],
        ]),
      },
    }),
    expected: [annaRow, boRow],
  },
  {
    name: 'a CSV called workbook, which is read as what it is',
    content: plain,
    fileName: 'members.xlsx',
    expected: [annaRow, boRow],
  },
  {
    name: 'a workbook of Excel 2003',
    content: ole2('Workbook'),
    fileName: 'members.xls',
    expected: { reason: 'old_spreadsheet' },
  },
  {
    name: 'a workbook with a password',
    content: ole2('EncryptedPackage'),
    fileName: 'members.xlsx',
    expected: { reason: 'password' },
  },
  {
    name: 'the first eight bytes of a workbook of Excel 2003',
    content: ole2('Workbook').subarray(0, 8),
    expected: { reason: 'old_spreadsheet' },
  },
  {
    name: 'a web page called workbook, as web applications export it',
    content: '<html><body>\n<table><tr><td>Anna</td><td>anna@firma.example</td></tr></table>\n</body></html>\n',
    fileName: 'members.xls',
    mapping: ['email'],
    expected: [
      [1, ['<table><tr><td>Anna</td><td>anna@firma.example</td></tr></table>'], 'email_invalid'],
      [2, ['</body></html>'], 'email_invalid'],
    ],
  },
  {
    name: 'JSON',
    content: '[\n{"email": "a@firma.example"}\n]\n',
    expected: [
      [1, ['{"email": "a@firma.example"}'], 'email_invalid'],
      [2, [']'], 'email_invalid'],
    ],
  },
];

const wide = (cell: (column: number) => string, count: number): string =>
  Array.from({ length: count }, (_, column) => cell(column)).join(',');
const column = (index: number): string => (index === 9_999 ? 'Email' : `Column ${index}`);
const long = 'x'.repeat(1_048_576);

/** Sizes that break what was made for small files. */
export const largeFiles: readonly BadFile[] = [
  {
    name: 'a name of a megabyte',
    content: `${header}${long},a@firma.example,1\n${bo}`,
    expected: [[1, [long, 'a@firma.example', '1'], 'name_too_long'], boRow],
  },
  {
    name: 'an e-mail of a megabyte',
    content: `${header}Anna,${long}@firma.example,1\n${bo}`,
    expected: [[1, ['Anna', `${long}@firma.example`, '1'], 'email_invalid'], boRow],
  },
  {
    name: 'credits of a megabyte',
    content: `${header}Anna,a@firma.example,${'9'.repeat(1_048_576)}\n${bo}`,
    expected: [[1, ['Anna', 'a@firma.example', '9'.repeat(1_048_576)], 'credits_too_many'], boRow],
  },
  {
    name: 'a quoted note of a megabyte of quotes and line breaks',
    content: `Note,Email\n"${'""\n'.repeat(262_144)}",a@firma.example\n`,
    expected: [[1, ['"\n'.repeat(262_144), 'a@firma.example']]],
  },
  {
    name: 'ten thousand columns',
    content: `${wide(column, 10_000)}\n${wide((index) => (index === 9_999 ? 'a@firma.example' : ''), 10_000)}\n`,
    expected: [[1, Array.from({ length: 10_000 }, (_, index) => (index === 9_999 ? 'a@firma.example' : ''))]],
  },
  {
    name: 'more columns than are taken',
    content: `Email${',x'.repeat(10_000)}\na@firma.example${',1'.repeat(10_000)}\n`,
    expected: { reason: 'too_large' },
  },
  {
    name: 'a row of a million cells',
    content: `${header}Anna,anna@firma.example,1${',x'.repeat(1_000_000)}\n${bo}`,
    expected: [
      [1, ['Anna', 'anna@firma.example', '1', ...Array.from({ length: 1_000_000 }, () => 'x')], 'row_long'],
      boRow,
    ],
  },
  {
    name: 'a quote that never closes before twenty megabytes',
    content: `${header}${anna}"${'Bo,bo@firma.example,2\n'.repeat(950_000)}`,
    expected: { reason: 'broken_quote', line: 3 },
  },
  {
    name: 'doubled quotes without end',
    content: `${header}${anna}"${'""'.repeat(9_000_000)}`,
    expected: { reason: 'broken_quote', line: 3 },
  },
  {
    name: 'a header of eighteen megabytes without a line break',
    content: 'Email'.padEnd(18_000_000, 'x'),
    expected: { reason: 'too_large', line: 1 },
  },
  {
    name: 'one quote in the header before seventeen megabytes',
    content: `First name,Size 5",Email\n${`${long},1,a@firma.example\n`.repeat(17)}Bo,2,b@firma.example\n`,
    expected: [
      ...Array.from({ length: 17 }, (_, index): StoredRow => [
        index + 1,
        [long, '1', 'a@firma.example'],
        'name_too_long',
        ...(index === 0 ? [] : ['email_duplicate']),
      ]),
      [18, ['Bo', '2', 'b@firma.example']],
    ],
  },
  {
    name: 'more than a megabyte of blank lines before the header',
    content: '\n'.repeat(1_048_576) + header + anna,
    expected: { reason: 'empty' },
  },
];
