import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';

const child = path.join(import.meta.dirname, 'queueing-process.ts');
const COMMANDS = 100;
/** There is one on Linux alone, and some computers let nobody trace. */
const hasStrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

/** Calls that make a file last, while so many commands are queued one by one in a database of its own. */
function flushesOf(commands: number): number {
  const folder = mkdtempSync(path.join(tmpdir(), 'partner-console-flushes-'));
  const trace = path.join(folder, 'trace');
  const names = 'trace=fsync,fdatasync,sync_file_range,msync';
  const traced = spawnSync(
    'strace',
    ['-f', '-o', trace, '-e', names, process.execPath, child, path.join(folder, 'console.db'), String(commands)],
    { encoding: 'utf8' },
  );
  expect(traced.status).toBe(0);
  expect(traced.stdout.trim().split('\n').filter(Boolean)).toHaveLength(commands);
  // A call that another thread interrupts stands there twice: once as unfinished.
  const calls = readFileSync(trace, 'utf8')
    .split('\n')
    .filter((line) => /\b(fsync|fdatasync)\(/.test(line));
  rmSync(folder, { recursive: true, force: true });
  return calls.length;
}

it.skipIf(!hasStrace)('flushes twice for each acknowledged command: the journal, then the log (with strace)', () => {
  const opening = flushesOf(0);
  const flushes = flushesOf(COMMANDS) - opening;
  console.info(JSON.stringify({ opening, perCommand: flushes / COMMANDS }));
  // A checkpoint of the log may come on top.
  expect(flushes).toBeGreaterThanOrEqual(2 * COMMANDS);
  expect(flushes).toBeLessThan(2.1 * COMMANDS);
});
