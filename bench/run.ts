import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { benchAllocate } from './allocate.ts';
import { benchChanges } from './changes.ts';
import { benchContention } from './contention.ts';
import { benchDraftImport, benchGigabyte } from './draft-import.ts';
import { benchFirstPull } from './first-pull.ts';
import { benchFrames } from './frames.ts';
import { benchIncrementalPull } from './incremental-pull.ts';
import { formatTable, type BenchReport } from './measure.ts';
import { benchMemberSearch } from './member-search.ts';
import { benchOutboxDrain } from './outbox-drain.ts';
import { benchUpload } from './upload.ts';

/** `npm run bench -- [NAME …] [--rows N] [--rounds N]`: prints one table each, writes JSON to .cache/bench. */
interface Options {
  readonly rows: number | null;
  readonly rounds: number | null;
}

const benches: Readonly<Record<string, (options: Options) => Promise<BenchReport>>> = {
  changes: ({ rows }) => benchChanges(rows ?? 1_000_000),
  contention: ({ rounds }) => benchContention(4, rounds ?? 3),
  allocate: ({ rounds }) => benchAllocate(rounds ?? 9),
  'draft-import': ({ rows, rounds }) => benchDraftImport(rows ?? 100_000, rounds ?? 5),
  gigabyte: () => benchGigabyte(),
  // In Electron: it needs a display, or `xvfb-run -a` before it.
  frames: ({ rows }) => benchFrames(rows ?? 100_000),
  'outbox-drain': ({ rows, rounds }) => benchOutboxDrain(rows ?? 10_000, rounds ?? 3),
  'first-pull': ({ rows, rounds }) => benchFirstPull(rows ?? 100_000, rounds ?? 3),
  'incremental-pull': ({ rows, rounds }) => benchIncrementalPull(rows ?? 100_000, rounds ?? 10),
  'member-search': ({ rows, rounds }) => benchMemberSearch(rows ?? 100_000, rounds ?? 10),
  upload: ({ rows, rounds }) => benchUpload(rows ?? 10_000, rounds ?? 5),
};

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { rows: { type: 'string' }, rounds: { type: 'string' } },
});
const number = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
const names = positionals.length === 0 ? Object.keys(benches) : positionals;
const folder = path.resolve(import.meta.dirname, '../.cache/bench');
mkdirSync(folder, { recursive: true });

for (const name of names) {
  const bench = benches[name];
  if (bench === undefined) {
    process.stderr.write(`There is no benchmark ${name}; there are: ${Object.keys(benches).join(', ')}\n`);
    process.exitCode = 2;
    break;
  }
  const report = await bench({ rows: number(values.rows), rounds: number(values.rounds) });
  process.stdout.write(`${formatTable(report)}\n`);
  const machine = { node: process.version, platform: process.platform, processors: cpus().length };
  const content = { ...report, machine, at: new Date().toISOString() };
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
}
