import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { findElectron, hasDisplay } from '../start/find-electron.ts';
import { buildWhenChanged } from '../start/build-when-changed.ts';
import { chooseSuites, type SuiteMeans, type SuiteName } from './choose-suites.ts';
import { locateChromium } from './locate-chromium.ts';
import { locatePostgres15 } from './locate-postgres.ts';
import { judgeSuite, vitestReport, type SuiteOutcome } from './suite-report.ts';

export interface SuitesResult {
  readonly passed: number;
  readonly failed: number;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function onPath(name: string): string | null {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
}

async function findMeans(root: string): Promise<SuiteMeans> {
  return {
    chromium: await locateChromium(),
    electron: findElectron(root, process.env, process.platform),
    display: hasDisplay(process.env, process.platform),
    virtualDisplay: onPath('xvfb-run'),
    postgres15: locatePostgres15(),
  };
}

async function runSuite(root: string, name: SuiteName, means: SuiteMeans): Promise<SuiteOutcome> {
  const reportFile = path.join(root, '.cache', 'suites', `${name}.json`);
  mkdirSync(path.dirname(reportFile), { recursive: true });
  rmSync(reportFile, { force: true });
  const vitest = [
    process.execPath,
    path.join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    name === 'database-15' ? 'database' : name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
  ];
  const wrapped =
    name === 'desktop' && !means.display && means.virtualDisplay !== null
      ? [means.virtualDisplay, '--auto-servernum', ...vitest]
      : vitest;
  const [command = '', ...arguments_] = wrapped;
  // What test/backend reads.
  const env =
    name === 'database-15' && means.postgres15 !== null
      ? { ...process.env, PARTNER_CONSOLE_POSTGRES: means.postgres15 }
      : process.env;
  const exitCode = await new Promise<number>((resolve, reject) => {
    const child = spawn(command, arguments_, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
  const report = existsSync(reportFile) ? vitestReport.parse(JSON.parse(readFileSync(reportFile, 'utf8'))) : null;
  return judgeSuite(name, report, exitCode);
}

/**
 * Runs the chosen suites one after the other (two of them at once would starve each other on a small machine), and says
 * at the end what passed, what failed and was skipped by name, and what could not run here.
 */
export async function runSuites(root: string, chosen: string | undefined): Promise<SuitesResult> {
  const means = await findMeans(root);
  const { run, notRun } = chooseSuites(chosen, means);
  if (run.includes('browser') || run.includes('desktop')) await buildWhenChanged(root, () => say('Building …'));
  const outcomes: SuiteOutcome[] = [];
  for (const name of run) {
    say(`\n── ${name} ──`);
    outcomes.push(await runSuite(root, name, means));
  }
  say('');
  for (const { name, passed, failed } of outcomes) say(`${name.padEnd(11)} ${passed} passed, ${failed} failed`);
  for (const { name, failures } of outcomes) for (const failure of failures) say(`Failed in ${name}: ${failure}`);
  for (const { name, skipped } of outcomes) for (const title of skipped) say(`Skipped in ${name}: ${title}`);
  for (const line of notRun) say(`Not run here: ${line}`);
  const sum = (key: 'passed' | 'failed'): number => outcomes.reduce((total, outcome) => total + outcome[key], 0);
  return { passed: sum('passed'), failed: sum('failed') };
}
