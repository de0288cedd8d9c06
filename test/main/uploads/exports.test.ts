import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OperationInput } from '../../../shared/contract/bridge.ts';
import { templateLanguage } from '../../../shared/contract/upload-files.ts';
import { submitted } from '../../builders/database.ts';
import { openHarness, today, type UploadsHarness } from './uploads-harness.ts';

const allocationId = '6f9d3a52-1d1c-4a45-9d4a-0d6a53b3a001';

describe('files that are made', () => {
  let harness: UploadsHarness;
  beforeEach(() => {
    harness = openHarness();
  });
  afterEach(() => harness.close());

  /** Makes a file and reads it to its end. */
  async function make(what: OperationInput<'exports.begin'>['what']): Promise<{ fileName: string; bytes: Uint8Array }> {
    const { exportId, fileName, size } = await harness.value('exports.begin', { what });
    const pieces: Uint8Array[] = [];
    for (let offset = 0; offset < size;) {
      const { bytes } = await harness.value('exports.read', { exportId, offset });
      expect(bytes.length).toBeLessThanOrEqual(1_048_576);
      pieces.push(bytes);
      offset += bytes.length;
    }
    await harness.value('exports.end', { exportId });
    return { fileName, bytes: Buffer.concat(pieces) };
  }

  const textOf = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

  test.each(templateLanguage.options)(
    'a template in %s is recognised in full, as CSV and as XLSX',
    async (language) => {
      for (const format of ['csv', 'xlsx'] as const) {
        const { fileName, bytes } = await make({ kind: 'template', format, language });
        expect(fileName).toBe(`members-template.${format}`);
        const draftId = await harness.send(bytes, fileName);
        const { analysis } = await harness.value('uploads.analyse', { draftId, options: null });
        expect(analysis?.mapping).toEqual(['email', 'first_name', 'credits', 'validity_days', 'expires_on']);
        expect(analysis?.allMatched).toBe(true);
        const draft = await harness.read(bytes);
        expect(draft).toMatchObject({ rows: 2, errors: 0, warnings: 0, credits: 8 });
        await harness.value('uploads.discard', { draftId: draft.draftId });
      }
    },
  );

  test('rows keep the columns and the order of their file, as they stand now, with what became of each', async () => {
    const draft = await harness.read(
      'Team,Email,Credits,Note\nA,ann@firma.example,3,=1+1\nB,bad,2,\nC,cleo@firma.example,x,"a ""b"", c"\n',
    );
    const { draftId } = draft;
    await harness.value('uploads.editCell', { draftId, row: 3, field: 'credits', value: '4' });
    await harness.value('uploads.setSkipped', { draftId, rows: 'all_errors', skipped: true });
    submitted(harness.database, draftId, harness.now);
    harness.database.run(
      `update draft_rows set result = 'confirmed', outcome = ? where draft_id = ? and row_no = 1`,
      JSON.stringify({ outcome: 'created', reason: null, shortfall: null, allocationId }),
      draftId,
    );
    harness.database.run(
      `update draft_rows set result = 'refused', outcome = ? where draft_id = ? and row_no = 3`,
      JSON.stringify({ outcome: 'refused', reason: 'insufficient_credits', shortfall: 2, allocationId: null }),
      draftId,
    );
    const all = await make({ kind: 'rows', draftId, rows: 'all', format: 'csv' });
    expect(all.fileName).toBe('members-result.csv');
    expect(textOf(all.bytes)).toBe(
      [
        '\uFEFF"Team","Email","Credits","Note","status","reason","field","receipt"',
        `"A","ann@firma.example","3","'=1+1","confirmed","","","PC-${draftId}-1 ${allocationId}"`,
        `"B","bad","2","","left out","""bad"" is no e-mail address","Email","PC-${draftId}-2"`,
        `"C","cleo@firma.example","4","a ""b"", c","refused","the balance does not reach: 2 credits short","Credits","PC-${draftId}-3"`,
        '',
      ].join('\r\n'),
    );
    const problems = await make({ kind: 'rows', draftId, rows: 'problems', format: 'csv' });
    expect(problems.fileName).toBe('members-to-correct.csv');
    expect(textOf(problems.bytes).split('\r\n')).toHaveLength(4);
    expect(textOf(problems.bytes)).not.toContain('ann@');
  });

  test('a field that was typed without a column gets one, and cells beyond the last column stay', async () => {
    const { draftId } = await harness.read('Email\nann@firma.example,extra,more\nben@firma.example\n');
    await harness.value('uploads.fixAll', {
      draftId,
      fix: { kind: 'column', field: 'credits', value: '2', only: 'all' },
    });
    const { bytes } = await make({ kind: 'rows', draftId, rows: 'all', format: 'csv' });
    const lines = textOf(bytes).split('\r\n');
    expect(lines[0]).toBe('\uFEFF"Email","Credits","status","reason","field","receipt"');
    expect(lines[1]).toMatch(/^"ann@firma\.example","2",.*"PC-[\da-f-]+-1","extra","more"$/);
  });

  test('nothing stays behind: at the end, at sign-out, and after a crash', async () => {
    const folder = path.join(harness.folder, 'exports');
    await make({ kind: 'template', format: 'csv', language: 'en' });
    expect(readdirSync(folder)).toEqual([]);
    const { exportId } = await harness.value('exports.begin', {
      what: { kind: 'template', format: 'xlsx', language: 'de' },
    });
    expect(readdirSync(folder)).toHaveLength(1);
    harness.restart();
    await harness.value('uploads.list', {});
    expect(existsSync(folder)).toBe(false);
    expect(await harness.call('exports.read', { exportId, offset: 0 })).toMatchObject({ error: { code: 'not_found' } });
    await harness.value('exports.begin', { what: { kind: 'template', format: 'csv', language: 'en' } });
    await harness.closeAccount();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('20,000 rows are written in slices, tell their progress and can be cancelled', async () => {
    const rows = Array.from({ length: 20_000 }, (_, row) => `m${row}@firma.example,1`);
    const { draftId } = await harness.read(`Email,Credits\n${rows.join('\n')}\n`);
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
      harness.now += 200;
    }, 1);
    const { bytes } = await make({ kind: 'rows', draftId, rows: 'all', format: 'csv' });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(5);
    expect(textOf(bytes).split('\r\n')).toHaveLength(20_002);
    expect(harness.events).toContainEqual(
      expect.objectContaining({ event: 'export_progress', draftId, total: 20_000 }),
    );
    const begun = harness.call('exports.begin', { what: { kind: 'rows', draftId, rows: 'all', format: 'xlsx' } });
    await harness.value('exports.cancel', { draftId });
    expect(await begun).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(readdirSync(path.join(harness.folder, 'exports'))).toEqual([]);
  });

  test('a workbook with what it cannot hold is refused by name; a CSV holds it', async () => {
    const { draftId } = await harness.read(`Email,Note\nann@firma.example,${'x'.repeat(40_000)}\n`);
    expect(
      await harness.call('exports.begin', { what: { kind: 'rows', draftId, rows: 'all', format: 'xlsx' } }),
    ).toEqual({
      ok: false,
      error: { code: 'invalid_input', field: 'format', reason: 'cell_too_long' },
    });
    const { bytes } = await make({ kind: 'rows', draftId, rows: 'all', format: 'csv' });
    expect(bytes.length).toBeGreaterThan(40_000);
  });

  test('the dry run compares with the last upload of the same file', async () => {
    const first = await harness.read('Email,Credits\nann@firma.example,1\nben@firma.example,2\ncleo@firma.example,3\n');
    expect((await harness.value('uploads.dryRun', { draftId: first.draftId })).lastUpload).toBeNull();
    submitted(harness.database, first.draftId, harness.now);
    harness.now = today + 60_000;
    const next = await harness.read('Email,Credits\nann@firma.example,1\nben@firma.example,5\ndora@firma.example,3\n');
    expect((await harness.value('uploads.dryRun', { draftId: next.draftId })).lastUpload).toEqual({
      draftId: first.draftId,
      fileName: 'members.csv',
      sentAt: new Date(today).toISOString(),
      sameContent: false,
      added: 1,
      removed: 1,
      changed: 1,
    });
    await harness.value('uploads.editCell', { draftId: next.draftId, row: 2, field: 'credits', value: '2' });
    expect((await harness.value('uploads.dryRun', { draftId: next.draftId })).lastUpload).toMatchObject({ changed: 0 });
  });
});
