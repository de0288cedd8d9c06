import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Where Debian and Ubuntu put it. */
const packaged = '/usr/lib/postgresql/15/bin';

/**
 * The folder of Postgres 15's binaries: POSTGRES_15_BIN, else that of the system's package; null where neither is.
 *
 * @throws when POSTGRES_15_BIN names a folder without Postgres 15: the suite would prove something else.
 */
export function locatePostgres15(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const chosen = environment['POSTGRES_15_BIN'];
  if (chosen === undefined || chosen === '') return existsSync(path.join(packaged, 'postgres')) ? packaged : null;
  const answer = spawnSync(path.join(chosen, 'postgres'), ['--version'], { encoding: 'utf8' });
  const version = answer.error === undefined ? answer.stdout.trim() : answer.error.message;
  if (!/\b15\.\d/.test(version)) throw new Error(`POSTGRES_15_BIN: no Postgres 15 in ${chosen} (${version})`);
  return chosen;
}
