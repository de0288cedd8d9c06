import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const holder = z.object({ pid: z.number().int(), url: z.string().nullable(), publishableKey: z.string().nullable() });
export type LockHolder = z.infer<typeof holder>;

const lockFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox.lock');

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readHolder(dataFolder: string): LockHolder | null {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(lockFile(dataFolder), 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error && error.code === 'ENOENT'))
      return null;
    throw error;
  }
  return holder.safeParse(content).data ?? null;
}

/** Takes the folder for process `pid`. Answers null on success, else who has it. A dead holder's lock is taken over. */
export function takeSandboxLock(dataFolder: string, pid: number): LockHolder | null {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      writeFileSync(lockFile(dataFolder), JSON.stringify({ pid, url: null, publishableKey: null }), {
        flag: 'wx',
        mode: 0o600,
      });
      return null;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const other = readHolder(dataFolder);
    if (other !== null && other.pid !== pid && isRunning(other.pid)) return other;
    rmSync(lockFile(dataFolder), { force: true });
  }
}

/** Says where the sandbox answers, for a second start. */
export function describeSandboxLock(dataFolder: string, description: LockHolder): void {
  writeFileSync(lockFile(dataFolder), JSON.stringify(description), { mode: 0o600 });
}

/** Gives the folder back, if it is still held by `pid`. */
export function releaseSandboxLock(dataFolder: string, pid: number): void {
  if (readHolder(dataFolder)?.pid === pid) rmSync(lockFile(dataFolder), { force: true });
}
