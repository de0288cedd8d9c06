import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noise } from '../../../builders/damaged-files.ts';
import { sheetOf, workbookParts, zipArchive, type Parts } from '../../../builders/workbook.ts';
import { type FileReader, openFileReader } from './file-reader.ts';

let reader: FileReader;
beforeAll(async () => {
  reader = await openFileReader();
});
afterAll(() => reader.close());

const people = [
  ['First name', 'Email', 'Credits'],
  ['Anna', 'anna@firma.example', '1'],
  ['Bo', 'bo@firma.example', '2'],
];
const parts = workbookParts({ sheets: { Members: sheetOf(people) } });
const whole = zipArchive(parts);
const rows = people.slice(1).map((cells, index) => [index + 1, cells]);
const fileName = 'members.xlsx';

const sheetXml = (inside: string): string => `<worksheet><sheetData>${inside}</sheetData></worksheet>`;
const withPart = (name: string, content: string | Buffer): Parts => ({ ...parts, [name]: content });
const withSheet = (inside: string): Buffer => zipArchive(withPart('xl/worksheets/sheet1.xml', sheetXml(inside)));
const without = (name: string): Buffer =>
  zipArchive(Object.fromEntries(Object.entries(parts).filter(([part]) => part !== name)));
const cell = (text: string, address = ''): string => `<c${address} t="inlineStr"><is><t>${text}</t></is></c>`;
const head = `<row r="1">${cell('Email')}${cell('First name')}</row>`;

/** One letter of a name is another one, and nothing else: the archive's checksum alone can tell. */
function changed(): Buffer {
  const archive = zipArchive(parts, { isStored: true });
  archive[archive.indexOf('Anna')] = 0x48;
  return archive;
}

describe('a workbook', () => {
  test.each([
    ['without styles', without('xl/styles.xml')],
    ['without a list of content types', without('[Content_Types].xml')],
    [
      'with parts named in capitals',
      zipArchive(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name.toUpperCase(), part]))),
    ],
    [
      'with parts named with backslashes',
      zipArchive(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name.replaceAll('/', '\\'), part]))),
    ],
    [
      'with a mark of UTF-8 before each part',
      zipArchive(Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, `\uFEFF${String(part)}`]))),
    ],
    [
      'with comments and instructions between its tags',
      zipArchive(
        withPart(
          'xl/worksheets/sheet1.xml',
          String(parts['xl/worksheets/sheet1.xml']).replaceAll('<row>', '<!-- <row> --><?x <c> ?><row>'),
        ),
      ),
    ],
    [
      'with line breaks within its tags',
      zipArchive(
        withPart(
          'xl/worksheets/sheet1.xml',
          String(parts['xl/worksheets/sheet1.xml']).replaceAll('<c t=', '<c\r\n\tt='),
        ),
      ),
    ],
    [
      'with a document type in a part that no sheet needs',
      zipArchive(withPart('xl/sharedStrings.xml', '<!DOCTYPE sst [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><sst/>')),
    ],
  ])('%s is read all the same', async (_, content) => {
    const outcome = await reader.read(content, { fileName });
    expect('rows' in outcome ? outcome.rows : outcome).toEqual(rows);
  });

  test.each([
    ['behind noise', Buffer.concat([noise(64), whole]), 'binary'],
    ['with one letter changed on its way', changed(), 'damaged'],
    ['whose sheet is missing', without('xl/worksheets/sheet1.xml'), 'damaged'],
    ['whose list of sheets is missing', without('xl/workbook.xml'), 'damaged'],
    ['whose relations are missing', without('xl/_rels/workbook.xml.rels'), 'empty'],
    [
      'whose rows go backwards',
      withSheet(`<row r="5">${cell('Email')}</row><row r="4">${cell('a@firma.example')}</row>`),
      'damaged',
    ],
    ['whose row number is none', withSheet(`<row r="x">${cell('Email')}</row>`), 'damaged'],
    ['whose row number is negative', withSheet(`<row r="-1">${cell('Email')}</row>`), 'damaged'],
    ['whose row number is a fraction', withSheet(`<row r="1.5">${cell('Email')}</row>`), 'damaged'],
    ['whose shared string has a negative number', withSheet(`${head}<row><c t="s"><v>-1</v></c></row>`), 'damaged'],
    ['whose shared string has no number', withSheet(`${head}<row><c t="s"><v>NaN</v></c></row>`), 'damaged'],
    [
      'whose tag never ends',
      zipArchive(withPart('xl/worksheets/sheet1.xml', `<worksheet><sheetData><row a="${'x'.repeat(3_000_000)}`)),
      'too_large',
    ],
    [
      'with a cell of a hundred megabytes in a small file',
      withSheet(`${head}<row><c t="str"><v>${'a'.repeat(100_000_000)}</v></c></row>`),
      'too_large',
    ],
  ])(
    '%s is refused',
    async (_, content, reason) => {
      const outcome = await reader.read(content, { fileName });
      expect('rows' in outcome ? outcome.rows : outcome).toEqual({ reason });
    },
    60_000,
  );

  test('cut anywhere is refused, never read in part', async () => {
    const outcomes = [];
    for (let cut = 4; cut < whole.length; cut += Math.ceil(whole.length / 12)) {
      outcomes.push(await reader.read(whole.subarray(0, cut), { fileName }));
    }
    expect(outcomes).toEqual(outcomes.map(() => ({ reason: 'damaged' })));
  });

  test('cells in the wrong order of their addresses stand where the addresses say', async () => {
    const content = withSheet(
      `${head}<row r="2">${cell('Anna', ' r="B2"')}${cell('a@firma.example', ' r="A2"')}</row>`,
    );
    const outcome = await reader.read(content, { fileName });
    expect('rows' in outcome ? outcome.rows : outcome).toEqual([[1, ['a@firma.example', 'Anna']]]);
  });
});
