import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Transfer } from '../../../main/uploads/transfer.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

const all = { show: 'all', offset: 0, limit: 200 } as const;
const header = 'First name,Email,Credits\n';

async function rowsOf(draftId: string) {
  return (await uploads.value('uploads.rows', { draftId, ...all })).rows;
}

/** UTF-16 as spreadsheets write it. */
function utf16(text: string, littleEndian: boolean): Uint8Array {
  const bytes = Buffer.from(`\uFEFF${text}`, 'utf16le');
  return littleEndian ? bytes : bytes.swap16();
}

describe('a file', () => {
  test('is taken in pieces, kept privately, recognised and read', async () => {
    const draftId = await uploads.send(`${header}Jürgen,j@firma.example,2\n`, 'members.csv', 7);
    const source = path.join(uploads.folder, 'drafts', `${draftId}.source`);
    expect(statSync(source).mode & 0o777).toBe(0o600);
    const detail = await uploads.value('uploads.analyse', { draftId, options: null });
    expect(detail).toMatchObject({ stage: 'columns', rows: 0, failure: null });
    expect(detail.analysis).toMatchObject({
      encoding: 'utf-8',
      separator: ',',
      mapping: ['first_name', 'email', 'credits'],
      allMatched: true,
    });
    expect(detail.analysis?.columns[0]).toEqual({ header: 'First name', samples: ['Jürgen'] });
    const read = await uploads.value('uploads.importRows', {
      draftId,
      options: { encoding: 'utf-8', separator: ',' },
      mapping: ['first_name', 'email', 'credits'],
    });
    expect(read).toMatchObject({ stage: 'fix', rows: 1, errors: 0, credits: 2 });
    expect(await rowsOf(draftId)).toEqual([
      {
        row: 1,
        values: { first_name: 'Jürgen', email: 'j@firma.example', credits: '2' },
        issues: [],
        state: 'ready',
        member: 'new',
        outcome: null,
      },
    ]);
  });

  test.each([
    ['UTF-8 with BOM', Buffer.from(`\uFEFF${header}Zoë,z@firma.example,1\n`)],
    ['UTF-16LE', utf16(`${header}Zoë,z@firma.example,1\n`, true)],
    ['UTF-16BE', utf16(`${header}Zoë,z@firma.example,1\n`, false)],
    ['Windows-1252', Buffer.from(`${header}Zoë,z@firma.example,1\n`, 'latin1')],
    ['CRLF', Buffer.from(`${header}Zoë,z@firma.example,1\n`.replaceAll('\n', '\r\n'))],
    ['CR', Buffer.from(`${header}Zoë,z@firma.example,1\n`.replaceAll('\n', '\r'))],
    ['no last line break', Buffer.from(`${header}Zoë,z@firma.example,1`)],
    ['semicolons', Buffer.from(`${header}Zoë,z@firma.example,1\n`.replaceAll(',', ';'))],
    ['tabs', Buffer.from(`${header}Zoë,z@firma.example,1\n`.replaceAll(',', '\t'))],
    ['pipes', Buffer.from(`${header}Zoë,z@firma.example,1\n`.replaceAll(',', '|'))],
    ['quotes', Buffer.from('"First name","Email","Credits"\r\n"Zoë","z@firma.example","1"\r\n')],
    ['blank lines', Buffer.from(`\n${header}Zoë,z@firma.example,1\n,,\n  \n`)],
  ])('with %s reads the same', async (_, content) => {
    const detail = await uploads.read(content);
    expect(detail).toMatchObject({ rows: 1, errors: 0, warnings: 0, credits: 1 });
    const [row] = await rowsOf(detail.draftId);
    expect(row?.values).toEqual({ first_name: 'Zoë', email: 'z@firma.example', credits: '1' });
  });

  test('quoted separators, quotes and line breaks stay within their cell', async () => {
    const detail = await uploads.read('Note,Email\n"a, ""b""\nc\r\nd",a@firma.example\n', ['first_name', 'email']);
    const [row] = await rowsOf(detail.draftId);
    expect(row?.values.first_name).toBe('a, "b"\nc\r\nd');
    expect(row?.issues.map(({ code }) => code)).toEqual(['name_control_characters']);
  });

  test('without a header loses no member', async () => {
    const detail = await uploads.read('Anna,anna@firma.example\nBo,bo@firma.example\n', ['first_name', 'email']);
    expect(detail.analysis?.columns.map(({ header: name }) => name)).toEqual(['Column 1', 'Column 2']);
    expect((await rowsOf(detail.draftId)).map((row) => [row.row, row.values.first_name])).toEqual([
      [1, 'Anna'],
      [2, 'Bo'],
    ]);
  });

  test('blank lines are no rows but keep their number', async () => {
    const detail = await uploads.read(`${header}A,a@firma.example,1\n,,\n\nB,b@firma.example,1\n`);
    expect((await rowsOf(detail.draftId)).map(({ row }) => row)).toEqual([1, 4]);
  });

  test('with ragged rows and duplicates names them by row', async () => {
    const detail = await uploads.read(
      `${header}A,a@firma.example,1\nB,b@firma.example\nC,c@firma.example,1,x\nD,A@Firma.Example,1\nE,a@firma.example,1\n`,
    );
    expect(detail).toMatchObject({ rows: 5, errors: 4, warnings: 0 });
    const rows = await rowsOf(detail.draftId);
    expect(rows.map(({ issues }) => issues.map(({ code, data }) => [code, data['first'] ?? null]))).toEqual([
      [],
      [['row_short', null]],
      [['row_long', null]],
      [['email_duplicate', 1]],
      [['email_duplicate', 1]],
    ]);
  });

  test('says which rows belong to known members', async () => {
    uploads.addMember('a@firma.example');
    const detail = await uploads.read(`${header}A,a@firma.example,1\nB,b@firma.example,1\nC,wrong,1\n`);
    expect((await rowsOf(detail.draftId)).map(({ member }) => member)).toEqual(['existing', 'new', null]);
  });
});

describe('a file that cannot be read', () => {
  test.each([
    ['an empty file', Buffer.from(' \n\n'), { reason: 'empty' }],
    ['a spreadsheet', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0]), { reason: 'damaged' }],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0]), { reason: 'binary' }],
    [
      'zeros behind the sample',
      Buffer.concat([Buffer.alloc(1_100_000, 'a,b\n'), Buffer.from('a\0b')]),
      { reason: 'binary' },
    ],
    ['a header only', Buffer.from(header), { reason: 'header_only' }],
    ['an open quote at the start', Buffer.from(`"${header}A,a@firma.example,1\n`), { reason: 'broken_quote', line: 1 }],
  ])('%s is named when it is analysed, and its draft stays', async (_, content, fault) => {
    const draftId = await uploads.send(content);
    const result = await uploads.call('uploads.analyse', { draftId, options: null });
    expect(result).toEqual({ ok: false, error: { code: 'unreadable_file', ...fault } });
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({
      failure: 'line' in fault ? `${fault.reason}:${fault.line}` : fault.reason,
      stage: 'columns',
    });
  });

  test.each([
    ['an open quote', `${header}A,a@firma.example,1\nB,"b@firma.example,1\nC,c@firma.example,1\n`, 3],
    [
      'an open quote far behind the sample',
      `${header}${'A,a@firma.example,1\n'.repeat(80_000)}"B,b@firma.example,1\n`,
      80_002,
    ],
  ])('%s is named by its line when the rows are read', async (_, content, line) => {
    const draftId = await uploads.send(content);
    await uploads.value('uploads.analyse', { draftId, options: null });
    const result = await uploads.call('uploads.importRows', {
      draftId,
      options: { encoding: 'utf-8', separator: ',' },
      mapping: ['first_name', 'email', 'credits'],
    });
    expect(result).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'broken_quote', line } });
    expect(await uploads.value('uploads.read', { draftId })).toMatchObject({
      stage: 'columns',
      rows: 0,
      failure: `broken_quote:${line}`,
    });
  });

  test('without an e-mail column says so, and columns can be chosen by hand', async () => {
    const draftId = await uploads.send('Name,Contact\nAnna,anna\n');
    const detail = await uploads.value('uploads.analyse', { draftId, options: null });
    expect(detail.analysis?.mapping).not.toContain('email');
    const options = { encoding: 'utf-8', separator: ',' } as const;
    const refused = await uploads.call('uploads.importRows', { draftId, options, mapping: ['first_name', 'ignore'] });
    expect(refused).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'no_email_column' } });
    const read = await uploads.value('uploads.importRows', { draftId, options, mapping: ['first_name', 'email'] });
    expect(read).toMatchObject({ stage: 'fix', rows: 1, errors: 1 });
  });

  test('read in an encoding it is not in says so, and another one can be chosen', async () => {
    const draftId = await uploads.send(Buffer.from(`${header}Zoë,z@firma.example,1\n`, 'latin1'));
    await uploads.value('uploads.analyse', { draftId, options: null });
    const mapping = ['first_name', 'email', 'credits'] as const;
    const wrong = await uploads.call('uploads.importRows', {
      draftId,
      options: { encoding: 'utf-8', separator: ',' },
      mapping: [...mapping],
    });
    expect(wrong).toEqual({ ok: false, error: { code: 'unreadable_file', reason: 'encoding', line: 2 } });
    const right = await uploads.value('uploads.importRows', {
      draftId,
      options: { encoding: 'windows-1252', separator: ',' },
      mapping: [...mapping],
    });
    expect(right).toMatchObject({ stage: 'fix', rows: 1, failure: null });
  });

  test('a mapping for other columns, or with a field twice, is refused', async () => {
    const draftId = await uploads.send(`${header}A,a@firma.example,1\n`);
    await uploads.value('uploads.analyse', { draftId, options: null });
    const options = { encoding: 'utf-8', separator: ',' } as const;
    expect(await uploads.call('uploads.importRows', { draftId, options, mapping: ['email'] })).toMatchObject({
      error: { code: 'invalid_input', field: 'mapping' },
    });
    const twice = await uploads.call('uploads.importRows', {
      draftId,
      options,
      mapping: ['email', 'email', 'ignore'],
    });
    expect(twice).toMatchObject({ error: { code: 'invalid_input', field: 'mapping', reason: 'repeated_email' } });
  });
});

describe('a transfer', () => {
  test('of more or less than was announced is refused', async () => {
    const { draftId } = await uploads.value('uploads.begin', { fileName: 'a.csv', size: 4 });
    await uploads.value('uploads.append', { draftId, bytes: Buffer.from('abc') });
    expect(await uploads.call('uploads.append', { draftId, bytes: Buffer.from('de') })).toMatchObject({
      error: { code: 'invalid_input', reason: 'more_than_announced' },
    });
    expect(await uploads.call('uploads.analyse', { draftId, options: null })).toMatchObject({
      error: { code: 'invalid_input', reason: 'less_than_announced' },
    });
  });

  test('that was cut off by a crash leaves neither draft nor file', async () => {
    const { draftId } = await uploads.value('uploads.begin', { fileName: 'a.csv', size: 4 });
    await uploads.value('uploads.append', { draftId, bytes: Buffer.from('abc') });
    const kept = await uploads.read(`${header}A,a@firma.example,1\n`);
    uploads.restart();
    const { drafts } = await uploads.value('uploads.list', {});
    expect(drafts.map((draft) => draft.draftId)).toEqual([kept.draftId]);
    expect(readdirSync(path.join(uploads.folder, 'drafts'))).toEqual([`${kept.draftId}.source`]);
  });

  test('that was being discarded when the console ended goes in slices: the start does not wait for it', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `A,a${row}@firma.example,x\n`).join('');
    const { draftId } = await uploads.read(header + rows);
    uploads.database.run(`update drafts set stage = 'receiving' where draft_id = ?`, draftId);
    uploads.restart();
    const left = (): number | undefined =>
      uploads.database.get<{ rows: number }>('select count(*) as rows from draft_rows')?.rows;
    expect(await uploads.value('uploads.list', {})).toEqual({ drafts: [] });
    expect(await uploads.call('uploads.read', { draftId })).toMatchObject({ error: { code: 'not_found' } });
    expect(left()).toBeGreaterThan(0);
    await vi.waitFor(() => expect(uploads.database.all('select * from drafts')).toEqual([]), 10_000);
    expect(left()).toBe(0);
  });

  test('of nothing is an empty file', async () => {
    expect(await uploads.call('uploads.begin', { fileName: 'a.csv', size: 0 })).toMatchObject({
      error: { code: 'unreadable_file', reason: 'empty' },
    });
  });
});

test('a piece that does not reach the disk ends its transfer: a file with a gap is never read', async () => {
  const { draftId } = await uploads.value('uploads.begin', { fileName: 'a.csv', size: 3 });
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const append = vi.spyOn(Transfer.prototype, 'append').mockRejectedValueOnce(full);
  const bytes = Buffer.from('abc');
  expect(await uploads.call('uploads.append', { draftId, bytes })).toMatchObject({
    error: { code: 'cache_unavailable', reason: 'full' },
  });
  append.mockRestore();
  expect(await uploads.call('uploads.analyse', { draftId, options: null })).toMatchObject({
    error: { code: 'not_found', what: 'draft' },
  });
  expect(readdirSync(path.join(uploads.folder, 'drafts'))).toEqual([]);
});

test('recognising a file anew does not touch a draft that was cleared away meanwhile', async () => {
  const { draftId } = await uploads.read('Email\na@firma.example\n');
  const analysing = uploads.call('uploads.analyse', { draftId, options: null });
  await uploads.value('uploads.discard', { draftId });
  expect(await analysing).toMatchObject({ error: { code: 'not_found', what: 'draft' } });
});

test('a page of rows of 10,000 columns is read in pieces: everything else has its turn in between', async () => {
  const columns = Array.from({ length: 9_999 }, (_, column) => `c${column}`).join(',');
  const cells = ',some text'.repeat(9_999);
  const rows = Array.from({ length: 120 }, (_, row) => `a${row}@firma.example${cells}\n`).join('');
  const { draftId } = await uploads.read(`Email,${columns}\n${rows}`);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const page = await uploads.value('uploads.rows', { draftId, show: 'all', offset: 0, limit: 120 });
  clearInterval(timer);
  expect(page.rows.map((row) => row.values.email)).toEqual(
    Array.from({ length: 120 }, (_, row) => `a${row}@firma.example`),
  );
  expect(turns).toBeGreaterThan(3);
});
