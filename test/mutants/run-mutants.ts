import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readMigrations } from '../../scripts/database/migration-files.ts';
import { startPostgres } from '../backend/start-postgres.ts';
import { lendTemplates, takeTemplatesBack } from '../backend/lent-postgres.ts';
import type { TestPostgres } from '../backend/start-postgres.ts';
import { allMutants } from './all-mutants.ts';
import { applyMutant } from './mutant.ts';
import type { Mutant } from './mutant.ts';
import { runTests } from './run-vitest.ts';

/**
 * `npm run test:mutants`: takes each guard of the SQL away, one at a time, and runs the tests that must notice. A pattern
 * after `--` chooses the mutants whose name or guard it matches. Exit code 1 when one survives, or cannot be built.
 */
const migrations = readMigrations();
const scratch = mkdtempSync(path.join(tmpdir(), 'partner-console-mutants-'));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

type Verdict = 'caught' | 'SURVIVED' | 'ERROR';
interface Result {
  readonly verdict: Verdict;
  /** Who caught it and by what, or what went wrong. */
  readonly by: string;
  readonly seconds: number;
}

async function judge(postgres: TestPostgres, mutant: Mutant, index: number): Promise<Result> {
  const begun = performance.now();
  const done = (verdict: Verdict, by: string): Result => ({ verdict, by, seconds: (performance.now() - begun) / 1000 });
  const folder = path.join(scratch, String(index));
  const mutated = path.join(folder, 'migrations');
  mkdirSync(mutated, { recursive: true });
  try {
    for (const { version, name, sql } of applyMutant(migrations, mutant)) {
      writeFileSync(path.join(mutated, `${version}_${name}.sql`), sql);
    }
  } catch (error) {
    return done('ERROR', error instanceof Error ? error.message : String(error));
  }
  const prefix = `mutant_${String(index)}`;
  try {
    // A mutant that does not build proves nothing of the tests: that is an error of the table.
    const fault = await lendTemplates(postgres, prefix, mutated).then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (fault !== null) return done('ERROR', `does not build: ${fault}`);
    const lent = `${String(postgres.server.port)}/${prefix}`;
    const run = await runTests(mutant.caughtBy, { migrations: mutated, lent }, folder);
    if (run.failed !== null) return done('caught', run.failed.title);
    return run.broken === null ? done('SURVIVED', mutant.caughtBy.join(', ')) : done('ERROR', run.broken);
  } finally {
    await takeTemplatesBack(postgres, prefix);
  }
}

/** Throws when the tests do not pass by themselves: then they would catch anything. */
async function passWithoutMutant(chosen: readonly Mutant[]): Promise<void> {
  const folder = path.join(scratch, 'none');
  mkdirSync(folder);
  const baseline = await runTests([...new Set(chosen.flatMap((mutant) => mutant.caughtBy))], null, folder);
  if (baseline.failed !== null || baseline.broken !== null)
    throw new Error(`the tests do not pass by themselves: ${baseline.failed?.title ?? baseline.broken ?? ''}`);
  say(`${String(baseline.passed)} tests pass without one`);
}

// A selection is for work on the table, and is not held up by the tests of all.
const isSelection = process.argv.length > 2;
const wanted = new RegExp(process.argv.slice(2).join(' '));
const chosen = allMutants(migrations).filter((mutant) => wanted.test(`${mutant.name} | ${mutant.guard}`));
const results: Result[] = [];
const postgres = await startPostgres();
try {
  // Makes the template of a bare project, of which all are cloned.
  await (await postgres.createDatabase('bare')).drop();
  say(`${String(chosen.length)} mutants`);
  if (!isSelection) await passWithoutMutant(chosen);
  say('mutant | guard | caught by | seconds');
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next; index < chosen.length; index = next) {
      next += 1;
      const mutant = chosen[index];
      if (mutant === undefined) return;
      const result = await judge(postgres, mutant, index);
      results.push(result);
      const by = result.verdict === 'caught' ? result.by : `${result.verdict}: ${result.by}`;
      say(`${mutant.name} | ${mutant.guard} | ${by} | ${result.seconds.toFixed(1)}`);
    }
  };
  // Two at a time: a test waits for its database most of the time.
  await Promise.all([work(), work()]);
} finally {
  await postgres.close();
  rmSync(scratch, { recursive: true, force: true });
}
const count = (verdict: Verdict): number => results.filter((result) => result.verdict === verdict).length;
const errors = count('ERROR');
if (errors > 0) say(`${String(errors)} of the table could not be judged`);
say(`${String(count('caught'))} caught, ${String(count('SURVIVED'))} survived`);
process.exitCode = count('caught') === chosen.length && chosen.length > 0 ? 0 : 1;
