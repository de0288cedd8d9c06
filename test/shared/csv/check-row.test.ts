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

  test('that ends before a used column is an error until what is missing was typed; trailing separators are nothing', () => {
    const short = (cells: string[], edits: RowEdits | null, table = context) =>
      checkRow(cells, edits, table).issues.map(({ code, severity, data }) => [code, severity, data['missing']]);
    const noted = ruleContext(['email', 'credits', 'ignore'], ',', '2026-05-01');
    expect(short(['anna@firma.example'], null, noted)).toEqual([['row_short', 'error', 'credits']]);
    expect(short(['anna@firma.example'], { email: 'anna@firma.example' }, noted)).toEqual([
      ['row_short', 'error', 'credits'],
    ]);
    expect(short(['anna@firma.example'], { credits: '2' }, noted)).toEqual([['row_short', 'warning', undefined]]);
    expect(short(['anna@firma.example', '2'], null, noted)).toEqual([['row_short', 'warning', undefined]]);
    expect(short(['Anna', 'anna@firma.example', '', '', '', '', '', ' '], null)).toEqual([]);
  });

  test('with too many cells is an error until a person has edited it', () => {
    const cells = ['Anna', 'anna@firma.example', '', '1', '', '', 'more'];
    expect(checkRow(cells, null, context).issues).toMatchObject([{ code: 'row_long', severity: 'error' }]);
    expect(checkRow(cells, { credits: '1' }, context).issues).toMatchObject([
      { code: 'row_long', severity: 'warning' },
    ]);
  });

  test.each([
    ['rows within a note', ['a@firma.example', '1', 'called\nb@firma.example,2,ok\nc@firma.example,3,19'], 'error'],
    ['the end of its row and the start of the next one', ['a@firma.example', '1,x\nb@firma.example,ok', 'y'], 'error'],
    ['the row before it', ['x,b@firma.example', '1', 'y'], null],
    ['lines as wide as the table', ['a@firma.example', '1', 'seen\nBo,1,2\n'], 'warning'],
    [
      'a line with an e-mail that stands elsewhere',
      ['a@firma.example', '1', 'see\ncopy to,b@firma.example'],
      'warning',
    ],
    ['lines of prose', ['a@firma.example', '1', 'Anna, called\nMain Street 5, Berlin\nb@firma.example'], null],
    ['lines parted by CR alone', ['a@firma.example', '1', 'called\rb@firma.example,2,ok'], 'error'],
  ] as const)('that holds %s in a cell may be several', (_, cells, severity) => {
    const noted = ruleContext(['email', 'credits', 'ignore'], ',', '2026-05-01');
    const joined = (edits: RowEdits | null) =>
      checkRow(cells, edits, noted).issues.find(({ code }) => code === 'row_joined')?.severity ?? null;
    expect(joined(null)).toBe(severity);
    expect(joined({ credits: '2' })).toBe(severity === null ? null : 'warning');
  });

  test('whose cell of an unused first column holds the row before it may be several', () => {
    const noted = ruleContext(['ignore', 'email', 'credits'], ',', '2026-05-01');
    expect(checkRow(['n,a@firma.example,1\nm', 'b@firma.example', '2'], null, noted).issues).toMatchObject([
      { code: 'row_joined', severity: 'error', data: { value: 'n,a@firma.example,1' } },
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
