import type { TextEncoding } from '../../../../shared/contract/uploads.ts';
import { encode, utf32, withMark } from '../../../builders/damaged-files.ts';
import { anna, annaRow, bo, boRow, header, type BadFile } from './bad-file.ts';
import type { StoredRow } from './file-reader.ts';

/** People of one language: their file, and its rows. */
function people(names: readonly string[]): { readonly text: string; readonly rows: readonly StoredRow[] } {
  const cells = names.map((name, index) => [name, `p${index + 1}@firma.example`, '1']);
  return {
    text: header + cells.map((row) => `${row.join(',')}\n`).join(''),
    rows: cells.map((row, index): StoredRow => [index + 1, row]),
  };
}

const all = people(['Zoë', 'Łukasz', 'Çağla', '李娜', 'Δήμος', 'Айгуль', 'José', 'Ann😀']);
const western = people(['Jürgen', 'Zoë', 'François', 'Begoña', 'Søren', 'Käthe']);
const polish = people(['Łukasz', 'Małgorzata', 'Święcicki', 'Żaneta', 'Bożena', 'Jędrzej']);
const turkish = people(['Çağla', 'Gülşen', 'İbrahim', 'Işıl', 'Oğuz', 'Şükrü']);
const cyrillic = people(['Анна', 'Борис', 'Дмитрий']);
const greek = people(['Γιώργος', 'Ελένη', 'Δήμητρα']);
const baltic = people(['Jānis', 'Žydrė', 'Õnne']);

const recognised = (encoding: TextEncoding, { text, rows }: typeof all, mark: boolean): BadFile => ({
  name: `${encoding} ${mark ? 'with' : 'without'} a byte order mark`,
  content: mark ? withMark(text, encoding) : encode(text, encoding),
  encoding,
  expected: rows,
});
const byHand = (encoding: TextEncoding, { text, rows }: typeof all): BadFile => ({
  name: `${encoding}, chosen by hand`,
  content: encode(text, encoding),
  options: { encoding },
  encoding,
  expected: rows,
});

const plain = header + anna + bo;
const utf8Cut = Buffer.from(`${header}${anna}Zoë`).subarray(0, -1);
const loneSurrogate = Buffer.concat([
  withMark(`${header}A`, 'utf-16le'),
  Buffer.from([0x00, 0xd8]),
  encode(`,a@firma.example,1\n`, 'utf-16le'),
]);

/** Every encoding, and what goes wrong with encodings. */
export const encodingFiles: readonly BadFile[] = [
  recognised('utf-8', all, true),
  recognised('utf-8', all, false),
  recognised('utf-16le', all, true),
  recognised('utf-16le', western, false),
  recognised('utf-16be', all, true),
  recognised('utf-16be', western, false),
  recognised('windows-1252', western, false),
  recognised('windows-1250', polish, false),
  recognised('windows-1254', turkish, false),
  recognised('iso-8859-2', polish, false),
  recognised('macintosh', western, false),
  byHand('windows-1251', cyrillic),
  byHand('windows-1253', greek),
  byHand('windows-1257', baltic),
  { name: 'nothing but a mark of UTF-8', content: withMark('', 'utf-8'), expected: { reason: 'empty' } },
  { name: 'nothing but a mark of UTF-16', content: withMark('', 'utf-16le'), expected: { reason: 'empty' } },
  { name: 'two marks before the header', content: withMark(`\uFEFF${plain}`, 'utf-8'), expected: [annaRow, boRow] },
  {
    name: 'a second file with its mark behind the first',
    content: `${header}${anna}\uFEFF${bo}`,
    expected: [annaRow, [2, ['\uFEFFBo', 'bo@firma.example', '2']]],
  },
  {
    name: 'UTF-16 that ends within a letter',
    content: withMark(plain, 'utf-16le').subarray(0, -1),
    expected: { reason: 'encoding' },
  },
  {
    name: 'big-endian UTF-16 that ends within a letter',
    content: withMark(plain, 'utf-16be').subarray(0, -1),
    expected: { reason: 'encoding' },
  },
  {
    name: 'UTF-16 without a mark that ends within a letter',
    content: encode(plain, 'utf-16le').subarray(0, -1),
    expected: { reason: 'binary' },
  },
  { name: 'UTF-16 with half a pair of surrogates', content: loneSurrogate, expected: { reason: 'encoding' } },
  { name: 'UTF-32 with a mark', content: utf32(`\uFEFF${plain}`, true), expected: { reason: 'encoding' } },
  { name: 'big-endian UTF-32 with a mark', content: utf32(`\uFEFF${plain}`, false), expected: { reason: 'encoding' } },
  { name: 'UTF-32 without a mark', content: utf32(plain, true), expected: { reason: 'binary' } },
  {
    name: 'UTF-8 with one byte of Windows-1252 in its midst',
    content: Buffer.concat([encode(western.text, 'utf-8'), encode('Zoë,z@firma.example,1\n', 'windows-1252')]),
    expected: { reason: 'encoding', line: 8 },
  },
  {
    name: 'UTF-8 that ends within a letter',
    content: Buffer.from(`${western.text}Zoë`).subarray(0, -1),
    expected: { reason: 'encoding', line: 8 },
  },
  {
    name: 'UTF-8 read as such by hand though it ends within a letter',
    content: utf8Cut,
    options: { encoding: 'utf-8' },
    expected: { reason: 'encoding', line: 3 },
  },
  {
    name: 'Windows-1252 read as UTF-8 by hand',
    content: encode(western.text, 'windows-1252'),
    options: { encoding: 'utf-8' },
    expected: { reason: 'encoding', line: 2 },
  },
  {
    name: 'a slash in two bytes, which UTF-8 forbids, read as UTF-8 by hand',
    content: Buffer.concat([Buffer.from(`${header}A`), Buffer.from([0xc0, 0xaf]), Buffer.from(',a@firma.example,1\n')]),
    options: { encoding: 'utf-8' },
    expected: { reason: 'encoding', line: 2 },
  },
  {
    name: 'UTF-8 read as Windows-1252 by hand',
    content: Buffer.from(`${header}Jürgen,j@firma.example,1\n`),
    options: { encoding: 'windows-1252' },
    expected: [[1, ['JÃ¼rgen', 'j@firma.example', '1'], 'name_unreadable']],
  },
  {
    name: 'ASCII read as UTF-16 by hand',
    content: plain,
    options: { encoding: 'utf-16le' },
    expected: { reason: 'header_only' },
  },
  {
    name: 'a NUL within a name',
    content: `${header}An\0na,anna@firma.example,1\n${bo}`,
    expected: { reason: 'binary' },
  },
  {
    name: 'a NUL within a name, read as UTF-8 by hand',
    content: `${header}An\0na,anna@firma.example,1\n${bo}`,
    options: { encoding: 'utf-8', separator: ',' },
    expected: [[1, ['An\0na', 'anna@firma.example', '1'], 'name_control_characters'], boRow],
  },
  {
    name: 'a disk block of NULs behind the last row',
    content: plain + '\0'.repeat(512),
    expected: { reason: 'binary' },
  },
  { name: 'nothing but NULs', content: '\0'.repeat(4_096), expected: { reason: 'binary' } },
  {
    name: 'the end mark of DOS behind the last row',
    content: `${plain}\u001A`,
    expected: [annaRow, boRow, [3, ['\u001A'], 'email_missing', 'name_control_characters', 'row_short']],
  },
  {
    name: 'an escape sequence within a name',
    content: `${header}\u001B[31mAnna,anna@firma.example,1\n${bo}${anna.repeat(0)}`,
    expected: [[1, ['\u001B[31mAnna', 'anna@firma.example', '1'], 'name_control_characters'], boRow],
  },
  {
    name: 'control characters everywhere',
    content: `${header}${'\u0001\u0002'.repeat(40)}\n`,
    expected: { reason: 'binary' },
  },
];
