import { open } from 'node:fs/promises';
import path from 'node:path';
import type { CheckResult } from '../../shared/contract/diagnostics.ts';
import type { SyncRound } from '../../shared/contract/sync-history.ts';
import { LOG_FILES } from '../platform/log-file.ts';
import { redact } from '../platform/log-line.ts';
import { type Computer, versionsText } from './computer-checks.ts';

/** How much of the end of the log goes along. Bytes. */
const LOG_TAIL = 512 * 1024;

export interface BundleContents {
  readonly createdAt: string;
  readonly computer: Computer;
  readonly server: string | null;
  readonly results: readonly CheckResult[];
  readonly rounds: readonly SyncRound[];
}

/**
 * Everything that helps to find a fault, as one JSON text without personal data: it holds results, counts, codes and numbers of
 * commands, and every text is redacted once more on its way out.
 */
export async function bundleText(contents: BundleContents): Promise<string> {
  const { createdAt, computer, server, results, rounds } = contents;
  const bundle = {
    createdAt,
    versions: versionsText(computer),
    server,
    checks: results,
    syncs: rounds,
    log: await logTail(computer.dataFolder),
  };
  return JSON.stringify(bundle, (_key, value: unknown) => (typeof value === 'string' ? redact(value) : value), 2);
}

/** The last lines of the log, oldest first; a line that is cut at the beginning is left out. */
async function logTail(dataFolder: string): Promise<unknown[]> {
  const texts: string[] = [];
  let left = LOG_TAIL;
  for (const name of LOG_FILES) {
    const text = await tailOf(path.join(dataFolder, name), left);
    texts.unshift(text);
    left -= Buffer.byteLength(text);
    if (left <= 0) break;
  }
  return texts
    .join('')
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Cut short when the disk was full or the power went.
    return { event: 'line_cut_short' };
  }
}

async function tailOf(file: string, bytes: number): Promise<string> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - start);
    await handle.read(buffer, 0, buffer.length, start);
    const text = buffer.toString('utf8');
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await handle.close();
  }
}
