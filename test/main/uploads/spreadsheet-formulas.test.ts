import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

/** A conversion by LibreOffice on a busy computer. */
const patient = 180_000;
const soffice = (process.env['PATH'] ?? '')
  .split(path.delimiter)
  .map((folder) => path.join(folder, 'soffice'))
  .find((file) => existsSync(file));
const why = soffice === undefined ? ' (SKIPPED: there is no soffice on this computer; install libreoffice-calc)' : '';

/** What starts a formula, alone and before one, and what hides it: white space, a separator, a quotation mark, a line break. */
const prefixes = ['=', '+', '-', '@', '\t', '\r', '\n', '\uFF1D', '\uFF0B', '\uFF0D', '\uFF20'];
const hidden = ['', ',', ';', '|', '\t', '"', '\r\n', '\n', 'a,', 'a;', 'a|', 'a\t', 'a"', '"a",', 'a\n'];
const formulas = ['1+1', '=1+1', 'SUM(1;1)', 'HYPERLINK("http://x.example";"y")'];
const hostile = prefixes.flatMap((prefix) => hidden.flatMap((before) => formulas.map((it) => before + prefix + it)));

describe.skipIf(soffice === undefined)(`in a spreadsheet${why}`, () => {
  let harness: UploadsHarness;
  let folder: string;
  let draftId: string;
  beforeAll(async () => {
    harness = openHarness();
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-formulas-'));
    const rows = hostile.map((text, row) => `m${row}@firma.example,"${text.replaceAll('"', '""')}"`);
    ({ draftId } = await harness.read(`Email,Note\n${rows.join('\n')}\n`));
  }, patient);
  afterAll(async () => {
    await harness.close();
    rmSync(folder, { recursive: true });
  });

  async function exported(format: 'csv' | 'xlsx'): Promise<Uint8Array> {
    const { exportId } = await harness.value('exports.begin', { what: { kind: 'rows', draftId, rows: 'all', format } });
    const { bytes } = await harness.value('exports.read', { exportId, offset: 0 });
    await harness.value('exports.end', { exportId });
    return bytes;
  }

  /** Opens a file in LibreOffice and answers what it holds then. A CSV is read with numbers and formulas recognised. */
  async function opened(name: string, content: string | Uint8Array, separator?: string): Promise<string> {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    const filter =
      separator === undefined ? [] : [`--infilter=CSV:${separator.charCodeAt(0)},34,76,1,,0,false,true,true`];
    const profile = `-env:UserInstallation=${pathToFileURL(path.join(folder, 'profile')).href}`;
    const output = ['--convert-to', 'fods', '--outdir', folder, file];
    await promisify(execFile)(soffice ?? '', [profile, '--headless', ...filter, ...output], { timeout: patient });
    return readFileSync(file.replace(/\.\w+$/, '.fods'), 'utf8');
  }

  const formulasIn = (sheet: string): string[] => sheet.match(/table:formula="[^"]*"/g) ?? [];
  const valuesIn = (sheet: string): string[] => sheet.match(/office:value-type="(?!string)\w+"/g) ?? [];

  test(
    'an unguarded cell is a formula: the proof can fail',
    async () => {
      expect(formulasIn(await opened('bare.csv', 'Email,Note\nann@firma.example,=1+1\n', ','))).toHaveLength(1);
    },
    patient,
  );

  test.each([',', ';', '\t', '|'])(
    'no cell of our CSV is a formula, opened with %j between columns',
    async (separator) => {
      const sheet = await opened(`rows-${separator.charCodeAt(0)}.csv`, await exported('csv'), separator);
      expect(sheet).toContain('m0@firma.example');
      expect(formulasIn(sheet)).toEqual([]);
    },
    patient,
  );

  test(
    'every cell of our workbook is the text that it was',
    async () => {
      const sheet = await opened('rows.xlsx', await exported('xlsx'));
      expect(formulasIn(sheet)).toEqual([]);
      expect(valuesIn(sheet)).toEqual([]);
      expect(sheet).toContain('<text:p>=1+1</text:p>');
      expect(sheet).not.toContain('<text:p>&apos;=1+1</text:p>');
    },
    patient,
  );
});
