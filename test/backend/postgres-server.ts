import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { findPostgresBinaries, runsAsRoot, UNPRIVILEGED_ID } from './postgres-binaries.ts';

/** A Postgres server of its own, with an empty cluster in a temporary folder. */
export interface PostgresServer {
  readonly port: number;
  /** As the superuser `postgres`. */
  databaseUrl(database: string): string;
  /** Ends all connections and starts again on the same port and data; `crash` ends without a checkpoint, as a power cut would. */
  restart(options?: { readonly crash?: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Tests can lose their data: every safety that costs a disk access is off. `durable` keeps them for crash tests. */
const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface PostgresServerOptions {
  readonly durable?: boolean;
  readonly maxConnections?: number;
}

/**
 * Texts are compared by code point and folded as Unicode says, as on a hosted project: with plain C, lower('Ä') stays 'Ä'.
 * From version 17 Postgres brings this itself; before, it is the operating system's.
 */
function localeFlags(version: string): string[] {
  const major = Number(/\d+/.exec(version)?.[0]);
  return major >= 17 ? ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : ['--locale=C.UTF-8'];
}

const MEMORY_FILES = '/dev/shm';
/** What a cluster may need of it: the largest benchmark's, twice. */
const ENOUGH_BYTES = 4 * 2 ** 30;

/** Where a cluster whose data may be lost is made and removed quickest: in memory, where there is enough of it for files. */
function parentFolder(durable: boolean): string {
  if (durable || !existsSync(MEMORY_FILES)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY_FILES);
  return bavail * bsize >= ENOUGH_BYTES ? MEMORY_FILES : tmpdir();
}

/** Starts a Postgres server; works as root too (it then runs as nobody). Throws with its log when it does not come up. */
export async function startPostgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const { durable = false, maxConnections = 100 } = options;
  const binaries = findPostgresBinaries();
  const identity = runsAsRoot() ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID } : {};
  const folder = mkdtempSync(path.join(parentFolder(durable), 'partner-console-pg-'));
  if (runsAsRoot()) chownSync(folder, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
  chmodSync(folder, 0o700);
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC', HOME: tmpdir() };
  const locale = localeFlags(execFileSync(binaries.initdb, ['--version'], { env, encoding: 'utf8' }));
  const initdbFlags = ['-U', 'postgres', '-A', 'trust', '--encoding=UTF8', ...locale, '--no-sync'];
  execFileSync(binaries.initdb, ['-D', folder, ...initdbFlags], { ...identity, env, cwd: folder, stdio: 'pipe' });

  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', ...(durable ? [] : fast)];
  settings.push(`max_connections=${String(maxConnections)}`);
  const flags = ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
  let child: ChildProcess | null = null;

  async function start(): Promise<void> {
    const started = spawn(binaries.postgres, flags, {
      ...identity,
      env,
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    await new Promise<void>((resolve, reject) => {
      started.stderr.on('data', (piece: Buffer) => {
        log = (log + piece.toString('utf8')).slice(-8_000);
        if (log.includes('ready to accept connections')) resolve();
      });
      started.once('error', reject);
      started.once('exit', (code) => {
        reject(new Error(`Postgres ended with ${String(code)}:\n${log}`));
      });
    });
    child = started;
  }

  async function stop(crash: boolean): Promise<void> {
    const running = child;
    child = null;
    if (running === null || running.exitCode !== null || running.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => {
      running.once('exit', () => {
        resolve();
      });
    });
    if (process.platform === 'win32') {
      execFileSync(binaries.pgCtl, ['stop', '-D', folder, '-m', crash ? 'immediate' : 'fast'], {
        env,
        stdio: 'ignore',
      });
    } else {
      running.kill(crash ? 'SIGQUIT' : 'SIGINT');
    }
    await ended;
  }

  // A test run that ends without close() must not leave a server behind; only synchronous work is possible here.
  const abandon = (): void => {
    child?.kill('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', abandon);
  await start();

  return {
    port,
    databaseUrl: (database) => `postgres://postgres@127.0.0.1:${String(port)}/${database}`,
    async restart({ crash = false } = {}) {
      await stop(crash);
      await start();
    },
    async close() {
      process.removeListener('exit', abandon);
      await stop(false);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
