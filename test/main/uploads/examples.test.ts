import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exampleFiles, plantedErrors } from '../../../scripts/example-files/example-files.ts';
import { demoMembers } from '../../../scripts/example-files/people.ts';
import { openHarness, type UploadsHarness } from './uploads-harness.ts';

const folder = path.resolve(import.meta.dirname, '../../../examples');
const fieldOf = new Map<string | null, string | null>([
  ['First name', 'first_name'],
  ['Email', 'email'],
  ['Credits', 'credits'],
  ['Valid for (days)', 'validity_days'],
  [null, null],
]);

let uploads: UploadsHarness;
beforeEach(() => {
  uploads = openHarness();
});
afterEach(async () => {
  await uploads.close();
});

describe('the examples', () => {
  test.each([...exampleFiles().keys()])('%s is what the generator makes', (name) => {
    const made = Buffer.from(exampleFiles().get(name) ?? []);
    expect(readFileSync(path.join(folder, name)).equals(made)).toBe(true);
  });

  test.each([
    ['members.csv', 'utf-8', ','],
    ['members-windows-1252.csv', 'windows-1252', ';'],
    ['members-utf-16.csv', 'utf-16le', '\t'],
  ])('%s is recognised, and each planted error is found where it stands', async (name, encoding, separator) => {
    uploads.setBalance(1_000);
    for (const member of demoMembers) uploads.addMember(member.email);
    const draft = await uploads.read(readFileSync(path.join(folder, name)));
    expect(draft.analysis).toMatchObject({ encoding, separator, allMatched: true });
    expect(draft).toMatchObject({ rows: 500, errors: plantedErrors.length, warnings: 0 });
    const { rows } = await uploads.value('uploads.rows', {
      draftId: draft.draftId,
      show: 'errors',
      offset: 0,
      limit: 200,
    });
    const found = rows.map(({ row, issues }) => ({ row, issues: issues.map(({ code, field }) => ({ code, field })) }));
    expect(found).toEqual(
      plantedErrors.map(({ row, code, column }) => ({ row, issues: [{ code, field: fieldOf.get(column) }] })),
    );
    const dryRun = await uploads.value('uploads.dryRun', { draftId: draft.draftId });
    expect(dryRun).toMatchObject({ existingMembers: 14, newMembers: 474, ready: 488, exceeds: null });
    expect(dryRun.credits).toBeLessThanOrEqual(900);
  });

  test('the planted errors are of twelve kinds, and the guide names each', () => {
    expect(new Set(plantedErrors.map(({ code }) => code)).size).toBe(12);
    const guide = readFileSync(path.join(folder, 'README.md'), 'utf8');
    for (const { row, code, column } of plantedErrors) {
      expect(guide).toMatch(
        new RegExp(`\\| ${row} \\| ${(column ?? '–').replace(/[()]/g, '\\$&')} \\|.*\`${code}\` \\|`),
      );
    }
  });

  test('two of them are put right by one edit each', async () => {
    const draft = await uploads.read(readFileSync(path.join(folder, 'members.csv')));
    const { draftId } = draft;
    const { rows } = await uploads.value('uploads.rows', { draftId, show: 'errors', offset: 0, limit: 1 });
    const email = rows[0]?.issues[0]?.data['suggestion'];
    await uploads.value('uploads.editCell', { draftId, row: 17, field: 'email', value: String(email) });
    const fixed = await uploads.value('uploads.editCell', { draftId, row: 42, field: 'credits', value: '2' });
    expect(fixed.draft).toMatchObject({ errors: plantedErrors.length - 2 });
  });

  test('the HR export is understood through its own headers, the business address before the private one', async () => {
    const draft = await uploads.read(readFileSync(path.join(folder, 'hr-export.csv')));
    expect(draft.analysis).toMatchObject({ encoding: 'utf-8', separator: ';', allMatched: false });
    expect(
      draft.analysis?.mapping.map((field, column) => [column, field]).filter(([, field]) => field !== 'ignore'),
    ).toEqual([
      [2, 'first_name'],
      [4, 'email'],
      [8, 'credits'],
      [9, 'validity_days'],
    ]);
    expect(draft).toMatchObject({ rows: 120, errors: 0, warnings: 0 });
  });
});
