import { expect, test } from 'vitest';
import {
  formatJson,
  formatReport,
  type ReportedRow,
  type UploadReport,
} from '../../../main/hosts/terminal-upload-report.ts';

function reportOf(count: number): UploadReport {
  const rows = Array.from({ length: count }, (_, index): ReportedRow => {
    const nothing = { reason: null, column: null, message: null, shortfall: null, receipt: null };
    return {
      row: index + 1,
      email: `a${index}@firma.example`,
      credits: '1',
      outcome: 'created',
      ...nothing,
      warnings: ['a\nb'],
    };
  });
  const summary = { rows: count, done: count, planned: 0, refused: 0, errors: 0, waiting: 0, credits: count };
  const balance = { confirmed: 1, confirmedAt: null, planned: 0, left: 1 };
  const head = { file: 'a.csv', dryRun: false, uploadId: null, draftId: 'd', errorFile: null, run: 'new' } as const;
  return { ...head, summary, balance, exceeds: null, heldBack: null, lastUpload: null, exitCode: 0, rows };
}

test.each([0, 1, 1_000, 2_500])(
  'the JSON of %i rows is written in pieces, and is as if it were written at once',
  (count) => {
    const report = reportOf(count);
    const pieces = [...formatJson(report)];
    expect(pieces.join('')).toBe(`${JSON.stringify(report, null, 2)}\n`);
    expect(pieces.length).toBeGreaterThanOrEqual(Math.ceil(count / 1_000));
  },
);

test('the table of 200,000 rows is written in pieces too', () => {
  const pieces = [...formatReport(reportOf(200_000), true)];
  expect(pieces.length).toBeGreaterThan(200);
  expect(
    pieces
      .join('')
      .split('\n')
      .filter((line) => line.includes('created')),
  ).toHaveLength(200_000);
});
