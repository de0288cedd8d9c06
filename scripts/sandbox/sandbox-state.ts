import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';

const sandboxState = z.object({
  /** State of the project that the data belongs to. */
  fingerprint: z.string(),
  /** Kept between starts: the console knows an account by its server's address. Null until the first start has one. */
  port: z.number().int().nullable(),
  publishableKey: z.string(),
  secretKey: z.string(),
  jwtSecret: z.string(),
});
export type SandboxState = z.infer<typeof sandboxState>;

const stateFile = (dataFolder: string): string => path.join(dataFolder, 'sandbox.json');

/** Where PGlite keeps its files. */
export function databaseFolder(dataFolder: string): string {
  return path.join(dataFolder, 'postgres');
}

/** What the folder holds from an earlier start; null when nothing whole is there. */
export function readSandboxState(dataFolder: string): SandboxState | null {
  const file = stateFile(dataFolder);
  if (!existsSync(file) || !existsSync(path.join(databaseFolder(dataFolder), 'PG_VERSION'))) return null;
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return sandboxState.safeParse(content).data ?? null;
}

/** Remembers the state; the file holds the signing secret, so only this user may read it. */
export function writeSandboxState(dataFolder: string, state: SandboxState): void {
  writeFileSync(stateFile(dataFolder), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}

/**
 * Empties the folder and makes new keys. The port is chosen anew as well: a console that cached the old data must not
 * take this database for the one it knows.
 */
export function resetSandboxState(dataFolder: string, fingerprint: string): SandboxState {
  rmSync(databaseFolder(dataFolder), { recursive: true, force: true });
  rmSync(stateFile(dataFolder), { force: true });
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  return {
    fingerprint,
    port: null,
    publishableKey: `sb_publishable_sandbox_${randomBytes(12).toString('hex')}`,
    secretKey: `sb_secret_sandbox_${randomBytes(24).toString('hex')}`,
    jwtSecret: randomBytes(32).toString('hex'),
  };
}
