import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { DraftDetail, UploadRow } from '../../../shared/contract/uploads.ts';
import { sheetOf, workbook, workbookParts, zipArchive, type WorkbookOptions } from '../../builders/workbook.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

const header = ['First name', 'Email', 'Credits'];
const people = sheetOf([header, ['Jürgen', 'j@firma.example', '2'], ['Łucja', 'l@firma.example', '3']]);

async function analyse(content: Buffer, sheet: string | null = null): Promise<DraftDetail> {
  const draftId = await uploads.send(content, 'members.xlsx');
  const options = sheet === null ? null : ({ encoding: 'utf-8', separator: ',', sheet } as const);
  return uploads.value('uploads.analyse', { draftId, options });
}

async function rowsOf(draftId: string): Promise<UploadRow[]> {
  return (await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 200 })).rows;
}

/** The first names of a workbook whose rows are given as XML behind a header of e-mail and first name. */
async function names(rows: string, options: Omit<WorkbookOptions, 'sheets'> = {}): Promise<(string | undefined)[]> {
  const sheet = `<sheetData><row><c t="inlineStr"><is><t>Email</t></is></c><c t="inlineStr"><is><t>First name</t></is></c></row>${rows}</sheetData>`;
  const draft = await uploads.read(workbook({ sheets: { A: sheet }, ...options }), ['email', 'first_name']);
  return (await rowsOf(draft.draftId)).map(({ values }) => values.first_name);
}

const inline = (text: string): string => `<c t="inlineStr"><is><t>${text}</t></is></c>`;
const row = (cell: string, index = 0): string => `<row>${inline(`p${index}@firma.example`)}${cell}</row>`;

describe('a workbook', () => {
  test.each([
    ['deflated', workbook({ sheets: { Members: people } })],
    ['in ZIP64', zipArchive(workbookParts({ sheets: { Members: people } }), { isZip64: true })],
    ['stored', zipArchive(workbookParts({ sheets: { Members: people } }), { isStored: true })],
    ['in the strict form', workbook({ sheets: { Members: people }, isStrict: true })],
    ['with prefixes', workbook({ sheets: { Members: people.replaceAll(/<(\/?)(\w)/g, '<$1x:$2') } })],
    ['with a comment behind the archive', withComment(workbook({ sheets: { Members: people } }))],
  ])('%s is recognised and read', async (_, content) => {
    const draft = await analyse(content);
    expect(draft.analysis).toMatchObject({
      format: 'spreadsheet',
      sheets: [{ name: 'Members', hidden: false }],
      sheet: 'Members',
      mapping: ['first_name', 'email', 'credits'],
      allMatched: true,
      warnings: [],
    });
    expect(draft.analysis?.columns[0]).toEqual({ header: 'First name', samples: ['Jürgen', 'Łucja'] });
    const read = await uploads.value('uploads.importRows', {
      draftId: draft.draftId,
      options: { encoding: 'utf-8', separator: ',', sheet: 'Members' },
      mapping: ['first_name', 'email', 'credits'],
    });
    expect(read).toMatchObject({ stage: 'fix', rows: 2, errors: 0, warnings: 0, credits: 5 });
    expect((await rowsOf(draft.draftId)).map(({ row: number, values }) => [number, values.first_name])).toEqual([
      [1, 'Jürgen'],
      [2, 'Łucja'],
    ]);
  });

  test('leave out a title above the table, and say so', async () => {
    const cells = [['Staff'], [], ['E-Mail', 'Credits'], ['anna@firma.example', '1'], ['bo@firma.example', '2']];
    const { draftId, analysis, credits } = await uploads.read(workbook({ sheets: { Members: sheetOf(cells) } }));
    expect(analysis).toMatchObject({
      mapping: ['email', 'credits'],
      allMatched: false,
      warnings: [{ code: 'lines_above_table', count: 1 }],
    });
    expect(credits).toBe(3);
    const { rows } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 10 });
    expect(rows).toMatchObject([
      { row: 1, issues: [] },
      { row: 2, issues: [] },
    ]);
  });

  test('tell no decimal mark: a separator of thousands is asked about, whichever it is', async () => {
    const cells = [
      ['E-Mail', 'Credits'],
      ['anna@firma.example', '1,000'],
      ['bo@firma.example', '1.000'],
    ];
    const { draftId, credits } = await uploads.read(workbook({ sheets: { Members: sheetOf(cells) } }));
    expect(credits).toBe(0);
    const { rows } = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 10 });
    const ambiguous = [{ code: 'credits_ambiguous', severity: 'error' }];
    expect(rows).toMatchObject([{ issues: ambiguous }, { issues: ambiguous }]);
    const edit = { draftId, row: 1, field: 'credits', value: '2,000' } as const;
    expect((await uploads.value('uploads.editCell', edit)).row.issues).toMatchObject(ambiguous);
  });

  test('gives its first visible sheet, or the one that is chosen', async () => {
    const sheets = {
      Old: sheetOf([['x']]),
      Now: people,
      Notes: sheetOf([
        ['Note', 'Mail'],
        ['n', 'n@firma.example'],
      ]),
    };
    const content = workbook({ sheets, hidden: ['Old'] });
    const { analysis } = await analyse(content);
    expect(analysis?.sheet).toBe('Now');
    expect(analysis?.sheets).toEqual([
      { name: 'Old', hidden: true },
      { name: 'Now', hidden: false },
      { name: 'Notes', hidden: false },
    ]);
    const chosen = await analyse(content, 'Notes');
    expect(chosen.analysis).toMatchObject({ sheet: 'Notes', mapping: ['ignore', 'email'] });
    const read = await uploads.value('uploads.importRows', {
      draftId: chosen.draftId,
      options: { encoding: 'utf-8', separator: ',', sheet: 'Notes' },
      mapping: ['ignore', 'email'],
    });
    expect(read.rows).toBe(1);
    const absent = await uploads.call('uploads.analyse', {
      draftId: await uploads.send(content),
      options: { encoding: 'utf-8', separator: ',', sheet: 'Gone' },
    });
    expect(absent).toMatchObject({ error: { code: 'invalid_input', field: 'sheet' } });
  });

  test('keeps the numbers of rows over gaps, and says what may surprise', async () => {
    const sheet = `<sheetData><row r="3">${header.map(inline).join('')}</row>
      <row r="4" hidden="1"><c r="A4" t="inlineStr"><is><t>A</t></is></c><c r="B4" t="inlineStr"><is><t>a@firma.example</t></is></c></row>
      <row r="7"><c r="B7" t="inlineStr"><is><t>b@firma.example</t></is></c><c r="C7"><f>1+1</f></c></row>
      <row r="8"/></sheetData><mergeCells count="1"><mergeCell ref="A1:C1"/></mergeCells>`;
    const draft = await uploads.read(workbook({ sheets: { A: sheet } }));
    expect(draft.analysis?.warnings).toEqual([
      { code: 'hidden_rows', count: 1 },
      { code: 'merged_cells', count: 1 },
      { code: 'formulas_without_value', count: 1 },
    ]);
    const rows = await rowsOf(draft.draftId);
    expect(rows.map((it) => [it.row, it.values.email, it.values.first_name])).toEqual([
      [1, 'a@firma.example', 'A'],
      [4, 'b@firma.example', ''],
    ]);
    expect(rows.flatMap((it) => it.issues.map(({ code }) => code))).not.toContain('row_short');
  });

  test('gives shared strings without their phonetic runs, rich text joined, references resolved', async () => {
    const strings = [
      '<t>Anna</t>',
      '<r><t>An</t></r><r><rPr><b/></rPr><t xml:space="preserve"> ton</t></r><rPh sb="0" eb="1"><t>phonetic</t></rPh>',
      '<t>A &amp; B &lt;&#x41;&#66;&gt; _x005F_x0041_ _x0041_</t>',
    ];
    const cells = strings.map((_, index) => row(`<c t="s"><v>${index}</v></c>`, index)).join('');
    expect(await names(cells, { strings })).toEqual(['Anna', 'An ton', 'A & B <AB> _x0041_ A']);
  });

  test('gives cells as the person sees them', async () => {
    const formats = [
      '00000',
      '"EMP-"0000',
      '0%',
      'd/m/yyyy',
      '[$-409]d-mmm-yy;@',
      'dd/mm/yyyy hh:mm',
      'h:mm',
      '[h]:mm',
      '0.00E+00',
      '#,##0.00',
      '0',
    ];
    const cell = (style: number, value: string): string => `<c s="${style}"><v>${value}</v></c>`;
    const cases: readonly (readonly [string, string])[] = [
      [cell(0, '1234567.5'), '1234567.5'],
      [cell(0, '0.30000000000000004'), '0.3'],
      [cell(0, '1E+20'), '100000000000000000000'],
      [cell(0, '1.5E-7'), '0.00000015'],
      [cell(1, '42'), '00042'],
      [cell(2, '42'), 'EMP-0042'],
      [cell(3, '0.5'), '50%'],
      [cell(4, '46387'), '2026-12-31'],
      [cell(5, '46387'), '2026-12-31'],
      [cell(6, '46387.4375'), '2026-12-31 10:30:00'],
      [cell(7, '0.4375'), '10:30'],
      [cell(8, '1.5'), '1.5'],
      [cell(9, '12345'), '12345'],
      [cell(10, '1234.5'), '1234.5'],
      [cell(11, '5.4'), '5.4'],
      [cell(4, '59'), '1900-02-28'],
      ['<c t="b"><v>1</v></c>', 'TRUE'],
      ['<c t="e"><v>#N/A</v></c>', '#N/A'],
      ['<c t="str"><f>A1</f><v>made</v></c>', 'made'],
      ['<c t="d"><v>2026-12-31</v></c>', '2026-12-31'],
      ['<c t="inlineStr"><is><r><t>in</t></r><r><t xml:space="preserve"> line</t></r></is></c>', 'in line'],
      ['<c t="inlineStr"><is><t><![CDATA[a <b> & c]]></t></is></c>', 'a <b> & c'],
      [`<c t='inlineStr' ><is><t>single</t></is></c>`, 'single'],
    ];
    expect(await names(cases.map(([xml], index) => row(xml, index)).join(''), { formats })).toEqual(
      cases.map(([, text]) => text),
    );
  });

  test('counts days from 1904 when it says so', async () => {
    expect(await names(row('<c s="1"><v>46387</v></c>'), { formats: ['yyyy-mm-dd'], isDate1904: true })).toEqual([
      '2031-01-01',
    ]);
  });

  test('a table that is wider than its header keeps every column', async () => {
    const { analysis } = await analyse(workbook({ sheets: { A: sheetOf([['Email'], ['a@firma.example', 'note']]) } }));
    expect(analysis?.columns.map((column) => column.header)).toEqual(['Email', '']);
  });
});

function withComment(archive: Buffer): Buffer {
  const commented = Buffer.concat([archive, Buffer.from('made by a payroll system')]);
  commented.writeUInt16LE(24, archive.length - 2);
  return commented;
}

describe('a workbook that cannot be read', () => {
  const sound = workbookParts({ sheets: { A: people } });
  const withSheet = (content: string): Buffer => zipArchive({ ...sound, 'xl/worksheets/sheet1.xml': content });
  const ole2 = (stream: string): Buffer => {
    const file = Buffer.alloc(2_048);
    Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]).copy(file);
    file.writeUInt16LE(9, 30);
    file.writeUInt32LE(1, 48);
    file.write(stream, 1_024 + 128, 'utf16le');
    return file;
  };
  const whole = zipArchive(sound);
  test.each([
    ['half of it', whole.subarray(0, whole.length / 2), 'damaged'],
    ['the first bytes of an archive', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), 'damaged'],
    ['a part that is no deflated data', overwritten(whole), 'damaged'],
    ['a sheet that ends in its midst', withSheet('<worksheet><sheetData><row><c><v>1</v></c>'), 'damaged'],
    ['a document type', withSheet('<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'), 'damaged'],
    [
      'a shared string that is not there',
      withSheet('<worksheet><sheetData><row><c t="s"><v>7</v></c></row></sheetData></worksheet>'),
      'damaged',
    ],
    [
      'a column behind the last',
      withSheet('<worksheet><sheetData><row><c r="XFE1"><v>7</v></c></row></sheetData></worksheet>'),
      'damaged',
    ],
    [
      'bytes that are no UTF-8',
      zipArchive({ ...sound, 'xl/worksheets/sheet1.xml': Buffer.from([0x3c, 0xff, 0x3e]) }),
      'damaged',
    ],
    [
      'a row behind the last',
      withSheet('<worksheet><sheetData><row r="1048577"/></sheetData></worksheet>'),
      'too_many_rows',
    ],
    [
      'a cell of millions of characters',
      withSheet(
        `<worksheet><sheetData><row><c t="str"><v>${'a'.repeat(2_000_000)}</v></c></row></sheetData></worksheet>`,
      ),
      'too_large',
    ],
    [
      'a cell far to the right',
      withSheet('<worksheet><sheetData><row><c r="XFD1"><v>7</v></c></row></sheetData></worksheet>'),
      'too_large',
    ],
    [
      'a tag of half a million ends',
      withSheet(
        `<worksheet><sheetData><row><c t='${'>'.repeat(500_000)}' r="XFE1"><v>7</v></c></row></sheetData></worksheet>`,
      ),
      'damaged',
    ],
    ['an encrypted part', zipArchive(sound, { isEncrypted: true }), 'password'],
    ['a locked workbook', ole2('EncryptedPackage'), 'password'],
    ['an old workbook', ole2('Workbook'), 'old_spreadsheet'],
    [
      'a binary workbook',
      zipArchive({ ...sound, '_rels/.rels': String(sound['_rels/.rels']).replace('workbook.xml', 'workbook.bin') }),
      'binary_spreadsheet',
    ],
    [
      'an OpenDocument sheet',
      zipArchive({ mimetype: 'application/vnd.oasis.opendocument.spreadsheet', 'content.xml': '<x/>' }),
      'open_document',
    ],
    ['an archive of something else', zipArchive({ 'readme.txt': 'x' }), 'binary'],
    ['a text document', zipArchive({ ...sound, 'xl/workbook.xml': '<document/>' }), 'binary'],
    ['an empty sheet', workbook({ sheets: { A: '<sheetData/>' } }), 'empty'],
    ['a header only', workbook({ sheets: { A: sheetOf([header]) } }), 'header_only'],
  ])('%s is named, and its draft stays', async (_, content, reason) => {
    const draftId = await uploads.send(content, 'members.xlsx');
    const result = await uploads.call('uploads.analyse', { draftId, options: null });
    expect(result).toEqual({ ok: false, error: { code: 'unreadable_file', reason } });
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({
      failure: reason,
      stage: 'columns',
      rows: 0,
    });
  });

  test('a fault behind the sample is named when the rows are read', async () => {
    const rows = Array.from({ length: 200_000 }, (_, index) => row(inline('A'), index)).join('');
    const head = `<worksheet><sheetData><row>${inline('Email')}${inline('First name')}</row>${rows}`;
    const draftId = await uploads.send(withSheet(`${head}<row><c t="s"><v>1</v></c></row></sheetData></worksheet>`));
    const { analysis } = await uploads.value('uploads.analyse', { draftId, options: null });
    const result = await uploads.call('uploads.importRows', {
      draftId,
      options: { encoding: 'utf-8', separator: ',', sheet: analysis?.sheet ?? null },
      mapping: ['email', 'first_name'],
    });
    expect(result).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'damaged' } });
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({
      stage: 'columns',
      rows: 0,
      failure: 'damaged',
    });
  });
});

/** With the content of its parts spoiled, and its directory as it was. */
function overwritten(archive: Buffer): Buffer {
  const spoiled = Buffer.from(archive);
  spoiled.fill(0xff, 60, archive.length / 2);
  return spoiled;
}
