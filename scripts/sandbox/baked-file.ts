import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { sandboxFingerprint } from './project-migrations.ts';

/** PGlite in a third of its usual memory, at little cost for a database of this size. */
export const memorySavingFlags = ['--no-wasm-tier-up', '--liftoff-only'] as const;

/**
 * Where the baked database of this state of the project belongs. The seed's dates are relative to the day it ran, so
 * each week has its own.
 */
export function bakedFile(now: number = Date.now()): string {
  const week = Math.floor(now / (7 * 24 * 3_600_000));
  return path.resolve(import.meta.dirname, '../../.cache/sandbox', `${sandboxFingerprint()}-${week}.tar.gz`);
}

/** The project's migrations or demo data do not build. The message names the statement's fault; no person's data is in it. */
export class SandboxBuildError extends Error {
  override readonly name = 'SandboxBuildError';
}

/** The baked database, built first when it is missing. `onBuild` is told before the wait. */
export async function ensureBakedFile(onBuild: () => void): Promise<string> {
  const file = bakedFile();
  if (existsSync(file)) return file;
  onBuild();
  try {
    await promisify(execFile)(process.execPath, [...memorySavingFlags, path.join(import.meta.dirname, 'prebake.ts')]);
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) throw new SandboxBuildError(String(error.stderr).trim());
    throw error;
  }
  return file;
}
