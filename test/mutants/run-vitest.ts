import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const root = path.join(import.meta.dirname, '..', '..');
/** A test that a mutant sends into a wait without end is stopped after this many milliseconds; the whole set, after the longer. */
const longest = { bail: 180_000, all: 900_000 };

const report = z.object({
  testResults: z.array(
    z.object({
      message: z.string(),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});

export interface TestRun {
  readonly passed: number;
  /** The first test that failed, with the first line of why; null when none did. */
  readonly failed: { readonly title: string; readonly why: string } | null;
  /** Set when the run itself went wrong: nothing ran, a file broke outside its tests, or it had to be stopped. */
  readonly broken: string | null;
}

const escape = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/**
 * Runs tests of test/database up to the first failure; `tests` as in `Mutant.caughtBy`. Without a mutant
 * they run as they are, files side by side.
 */
export async function runTests(
  tests: readonly string[],
  mutant: { readonly migrations: string; readonly lent: string } | null,
  folder: string,
): Promise<TestRun> {
  const names = tests.map((test) => {
    const [file = '', ...title] = test.split(': ');
    return { file: `test/database/${file}.test.ts`, title: title.join(': ') };
  });
  const titles = names.map(({ title }) => title);
  const filter = titles.includes('') ? [] : ['-t', titles.map((title) => escape(title)).join('|')];
  const output = path.join(folder, 'report.json');
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const flags = ['--project', 'database', '--bail', '1', '--reporter=json'];
  if (mutant !== null) flags.push('--no-file-parallelism');
  const limit = mutant === null ? longest.all : longest.bail;
  const environment: Record<string, string> =
    mutant === null
      ? {}
      : { PARTNER_CONSOLE_MIGRATIONS: mutant.migrations, PARTNER_CONSOLE_LENT_POSTGRES: mutant.lent };
  const child = spawn(
    process.execPath,
    [vitest, 'run', ...flags, `--outputFile=${output}`, ...filter, ...new Set(names.map(({ file }) => file))],
    {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: 'ignore',
    },
  );
  let stopped = false;
  const timer = setTimeout(() => {
    stopped = true;
    child.kill();
  }, limit);
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearTimeout(timer);
  if (stopped) return { passed: 0, failed: null, broken: `stopped after ${String(limit / 1000)} s` };
  if (!existsSync(output)) return { passed: 0, failed: null, broken: `no report, exit ${String(exitCode)}` };

  const { testResults } = report.parse(JSON.parse(readFileSync(output, 'utf8')));
  const all = testResults.flatMap((file) => file.assertionResults);
  const passed = all.filter((test) => test.status === 'passed').length;
  const failure = all.find((test) => test.status === 'failed');
  if (failure !== undefined) {
    const why = failure.failureMessages?.[0]?.split('\n')[0] ?? '';
    return { passed, failed: { title: failure.fullName.trim(), why }, broken: null };
  }
  const brokenFile = testResults.find((file) => file.message !== '');
  if (brokenFile !== undefined) return { passed, failed: null, broken: brokenFile.message.split('\n')[0] ?? '' };
  return { passed, failed: null, broken: passed === 0 ? 'no test ran' : null };
}
