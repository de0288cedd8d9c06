import { spawn } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startHybrid } from '../backend/start-hybrid.ts';
import { whyNoWire } from '../backend/postgrest.ts';
import { formatReport } from './format-report.ts';
import { runSoak } from './run-soak.ts';

/**
 * `npm run test:soak`: the two long runs, 100,000 each. First the database: random operations on 50 connections. Then the
 * console: commands while the way, the console and the server fail. Exit code 1 on any fault.
 */
const usage = 'Usage: npm run test:soak -- [OPERATIONS] [SEED] [--only database|console]';
const root = path.join(import.meta.dirname, '..', '..');

function readCommandLine(): { operations: number; seed: number; parts: readonly string[] } {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: 'string' } } });
  const [operations = 100_000, seed = Math.floor(Math.random() * 1_000_000)] = positionals.map(Number);
  const parts = values.only === undefined ? ['database', 'console'] : [values.only];
  if (!Number.isSafeInteger(operations) || operations < 1 || !Number.isSafeInteger(seed)) throw new Error(usage);
  if (!parts.every((part) => part === 'database' || part === 'console')) throw new Error(usage);
  return { operations, seed, parts };
}

async function soakDatabase(operations: number, seed: number): Promise<boolean> {
  process.stdout.write(`The database: ${String(operations)} operations, seed ${String(seed)}\n`);
  const hybrid = await startHybrid();
  try {
    const report = await runSoak({
      hybrid,
      operations,
      seed,
      roundSize: 2_000,
      onRound: (done, seconds, faults) => {
        process.stdout.write(
          `  ${String(done)} operations, ${seconds.toFixed(0)} s, ${String(faults)} kinds of fault\n`,
        );
      },
    });
    process.stdout.write(formatReport(report));
    return report.faults.length === 0;
  } finally {
    await hybrid.close();
  }
}

/** The test of the suite `sync`, which prints what happened and what it found. */
async function soakConsole(commands: number, seed: number): Promise<boolean> {
  process.stdout.write(`The console: ${String(commands)} commands, seed ${String(seed)}\n`);
  const child = spawn(
    process.execPath,
    [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'sync', 'test/chaos/chaos.test.ts'],
    {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, CHAOS_COMMANDS: String(commands), CHAOS_SEED: String(seed) },
    },
  );
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

async function main(): Promise<number> {
  const { operations, seed, parts } = readCommandLine();
  const missing = whyNoWire();
  if (missing !== null) throw new Error(`The soak needs PostgREST: ${missing}`);
  const isDatabaseSound = !parts.includes('database') || (await soakDatabase(operations, seed));
  const isConsoleSound = !parts.includes('console') || (await soakConsole(operations, seed));
  return isDatabaseSound && isConsoleSound ? 0 : 1;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return 2;
});
