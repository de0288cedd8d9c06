import path from 'node:path';
import * as z from 'zod';

/** The parts of Vitest's JSON report that the sum needs. */
export const vitestReport = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      /** Why the file failed outside its tests. */
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
});
export type VitestReport = z.infer<typeof vitestReport>;

export interface SuiteOutcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  /** A line for each failed test, or file that broke outside its tests: its name, and the first line of why. */
  readonly failures: readonly string[];
  /** Names of what was skipped, each once. */
  readonly skipped: readonly string[];
}

const line = (titles: readonly string[], why = ''): string =>
  `${titles.filter((title) => title !== '').join(' › ')}: ${why.split('\n', 1).join('')}`;

/**
 * Sums one suite. What Vitest counts nowhere counts as one failure each: a file that failed outside its tests, and a run
 * that ended badly although every test passed (an unhandled error) or wrote no report at all.
 */
export function judgeSuite(name: string, report: VitestReport | null, exitCode: number): SuiteOutcome {
  if (report === null) return { name, passed: 0, failed: 1, failures: ['it wrote no report'], skipped: [] };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  const failures = [
    ...report.testResults.flatMap((file) =>
      file.assertionResults
        .filter((test) => test.status === 'failed')
        .map((test) => line([path.basename(file.name), ...test.ancestorTitles, test.title], test.failureMessages[0])),
    ),
    ...brokenFiles.map((file) => line([path.basename(file.name)], file.message)),
  ];
  const skipped = report.testResults.flatMap((file) =>
    // Tests of a file that broke in its set-up are reported as skipped; the file itself is counted above.
    file.status === 'failed'
      ? []
      : file.assertionResults
          .filter((test) => test.status !== 'passed' && test.status !== 'failed')
          .map((test) => test.ancestorTitles.find((title) => title !== '') ?? test.title),
  );
  return {
    name,
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    failures: failed === 0 && exitCode !== 0 ? ['an error outside the tests; see the output above'] : failures,
    skipped: [...new Set(skipped)],
  };
}
