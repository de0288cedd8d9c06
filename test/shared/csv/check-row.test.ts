import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkRow, dataFields, ruleContext, severityOf, type RowEdits } from '../../../shared/csv/check-row.ts';
import { ruleCodes } from '../../../shared/csv/rule-code.ts';

const context = ruleContext(
  ['first_name', 'email', 'ignore', 'credits', 'validity_days', 'expires_on'],
  ',',
  '2026-05-01',
);

describe('a row', () => {
  test('is read whole', () => {
    expect(checkRow(['Anna', 'anna@firma.example', 'HR', '3', '30', ''], null, context)).toEqual({
      email: 'anna@firma.example',
      firstName: 'Anna',
      credits: 3,
      validityDays: 30,
      expiresOn: null,
      issues: [],
    });
  });

  test('edits count over cells, also for a field without a column', () => {
    const narrow = ruleContext(['email'], ',', '2026-05-01');
    const row = checkRow(['wrong'], { email: 'anna@firma.example', credits: '2' }, narrow);
    expect(row).toMatchObject({ email: 'anna@firma.example', credits: 2, issues: [] });
  });

  test('names every fault with its field', () => {
    const { issues } = checkRow(['', 'anna@@firma.example', '', '1.5', '0', '1.1.2020'], null, context);
    expect(issues.map(({ code, field }) => [code, field])).toEqual([
      ['email_invalid', 'email'],
      ['name_missing', 'first_name'],
      ['credits_fractional', 'credits'],
      ['validity_out_of_range', 'validity_days'],
      ['expiry_past', 'expires_on'],
    ]);
    expect(severityOf(issues)).toBe(2);
  });

  test('that gives days and a date keeps both and says which counts', () => {
    const { issues } = checkRow(['Anna', 'anna@firma.example', '', '1', '30', '2026-12-31'], null, context);
    expect(issues.map(({ code }) => code)).toEqual(['expiry_replaces_validity']);
    expect(severityOf(issues)).toBe(1);
  });

  test('that ends early is a warning; trailing separators are nothing', () => {
    expect(checkRow(['Anna', 'anna@firma.example'], null, context).issues.map(({ code }) => code)).toEqual([
      'row_short',
    ]);
    expect(checkRow(['Anna', 'anna@firma.example', '', '', '', '', '', ' '], null, context).issues).toEqual([]);
  });

  test('with too many cells is an error until a person has edited it', () => {
    const cells = ['Anna', 'anna@firma.example', '', '1', '', '', 'more'];
    expect(checkRow(cells, null, context).issues).toMatchObject([{ code: 'row_long', severity: 'error' }]);
    expect(checkRow(cells, { credits: '1' }, context).issues).toMatchObject([
      { code: 'row_long', severity: 'warning' },
    ]);
  });

  test('without a column of names needs none', () => {
    expect(checkRow(['anna@firma.example'], null, ruleContext(['email'], ',', '2026-05-01')).issues).toEqual([]);
  });

  test('of any content never throws, and what has no error can be sent', () => {
    const edits = fc.option(
      fc.record(Object.fromEntries(dataFields.map((field) => [field, fc.string()])), { requiredKeys: [] }),
    ) as fc.Arbitrary<RowEdits | null>;
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[+-]?[\d.,' ]{1,8}$/),
      fc.emailAddress(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
    );
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 9 }), edits, (cells, typed) => {
        const row = checkRow(cells, typed, context);
        for (const issue of row.issues) expect(ruleCodes).toContain(issue.code);
        const isComplete = row.email !== null && (row.credits === null || Number.isInteger(row.credits));
        expect(severityOf(row.issues) === 2 || isComplete).toBe(true);
        expect(row.credits ?? 0).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
