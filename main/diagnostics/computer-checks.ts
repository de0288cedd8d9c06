import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat, statfs, unlink, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';
import { sqliteVersion } from '../cache/inspect-database.ts';
import { migrations } from '../cache/migrations/index.ts';
import type { Platform } from '../platform/platform.ts';
import { type Check, errorCode, fail, type Finding, pass, skip, warn } from './check.ts';

const MEBIBYTE = 1_048_576;
/** A cache of 100,000 members takes some 100 MB; an update of the app needs a few hundred beside it. */
const SPACE_TO_WARN = 1_024 * MEBIBYTE;
const SPACE_TO_FAIL = 100 * MEBIBYTE;

export type Computer = Pick<Platform, 'kind' | 'version' | 'dataFolder' | 'secrets'>;

/** Versions, folder, disk and keyring of this computer. */
export function computerChecks(computer: Computer): Check[] {
  const ifLate =
    'The disk does not answer in time. If the data folder lies on a network drive, move it to this computer.';
  return [
    { name: 'versions', limit: 5_000, ifLate, run: () => pass(versionsText(computer)) },
    { name: 'folder', limit: 8_000, ifLate, run: () => folder(computer.dataFolder) },
    { name: 'disk', limit: 8_000, ifLate, run: () => disk(computer.dataFolder) },
    {
      name: 'keyring',
      limit: 8_000,
      ifLate: 'The keyring does not answer. Unlock it, or restart it.',
      run: () => keyring(computer),
    },
  ];
}

/** Everything that a report needs to say which program this is. */
export function versionsText({ version, kind }: Pick<Computer, 'version' | 'kind'>): string {
  const { electron, chrome, node } = process.versions;
  const parts = [
    `Partner Console ${version} (${kind})`,
    ...(electron === undefined ? [] : [`Electron ${electron}`, `Chromium ${chrome ?? '?'}`]),
    `Node ${node}`,
    `SQLite ${sqliteVersion()}`,
    `schema ${migrations.length}`,
    `${process.platform} ${release()} ${process.arch}`,
  ];
  return parts.join(' · ');
}

async function folder(dataFolder: string): Promise<Finding> {
  if (!existsSync(dataFolder)) return skip('There is no data folder yet: the console has not run here.');
  const probe = path.join(dataFolder, `.probe-${randomUUID()}`);
  try {
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
    await unlink(probe);
  } catch (error) {
    return fail(
      `The data folder cannot be written to (${errorCode(error)}).`,
      'Give this user the right to write there, or set PARTNER_CONSOLE_DATA to another folder. Until then nothing can be queued.',
    );
  }
  const { mode, uid } = await stat(dataFolder);
  const own = process.getuid?.();
  // Windows has no such modes: the profile's own rights protect the folder there.
  if (own === undefined) return pass('The data folder can be written to.');
  if (uid !== own) {
    return warn('The data folder belongs to another user of this computer.', 'Make this user its owner (chown).');
  }
  const rights = (mode & 0o777).toString(8);
  if ((mode & 0o077) !== 0) {
    return warn(
      `Other users of this computer may look into the data folder (mode ${rights}).`,
      'Restart the console, which closes it, or run chmod 700 on the folder.',
    );
  }
  return pass(`The data folder can be written to, by this user alone (mode ${rights}).`);
}

async function disk(dataFolder: string): Promise<Finding> {
  let existing = dataFolder;
  while (!existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  const found = `${sizeText(free)} free on the disk of the data folder.`;
  if (free < SPACE_TO_FAIL)
    return fail(found, 'Free some space: the console stops queueing and pulling when the disk is full.');
  return free < SPACE_TO_WARN ? warn(found, 'Free some space soon: large uploads may not fit.') : pass(found);
}

function keyring({ kind, secrets }: Computer): Finding {
  if (kind !== 'electron') return pass('This host keeps no session: the person signs in at each start.');
  if (secrets.available()) return pass('The keyring of this computer keeps the session.');
  return warn(
    'This computer has no keyring that protects anything: the session is not kept, the person signs in at each start.',
    process.platform === 'linux'
      ? 'Install and unlock a keyring (gnome-keyring or KWallet) for this user.'
      : 'Check that the keychain of this user can be unlocked.',
  );
}

/** `12 MB`, `3.4 GB`. */
export function sizeText(bytes: number): string {
  const mebibytes = bytes / MEBIBYTE;
  return mebibytes < 1_024 ? `${Math.round(mebibytes)} MB` : `${(mebibytes / 1_024).toFixed(1)} GB`;
}
