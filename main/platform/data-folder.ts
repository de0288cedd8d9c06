import { chmodSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { claimFolder } from './folder-claim.ts';
import type { Platform } from './platform.ts';

/** Creates the folder where the console keeps everything, readable by this user alone (also if it was not before). */
export function createDataFolder(folder: string): string {
  const absolute = path.resolve(folder);
  mkdirSync(absolute, { recursive: true, mode: 0o700 });
  chmodSync(absolute, 0o700);
  return absolute;
}

/** The operating system's place for an application's data, for hosts without Electron. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv, system: NodeJS.Platform, home: string): string {
  const name = 'Partner Console';
  if (system === 'win32') return path.join(environment['APPDATA'] ?? path.join(home, 'AppData', 'Roaming'), name);
  if (system === 'darwin') return path.join(home, 'Library', 'Application Support', name);
  return path.join(environment['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), name);
}

/** Another console runs on this data folder. The message is for the terminal. */
export class DataFolderBusyError extends Error {
  override readonly name = 'DataFolderBusyError';
}

/**
 * Makes this process the only console on the data folder; answers the function that gives it back.
 *
 * @throws DataFolderBusyError when another one runs there.
 */
export async function claimDataFolder(dataFolder: string, host: Platform['kind']): Promise<() => Promise<void>> {
  const claim = await claimFolder(dataFolder, 'console', () => `${host}, process ${process.pid}`);
  if (claim.held) return () => claim.release();
  throw new DataFolderBusyError(
    `Another Partner Console (${claim.description}) is using the data folder ${dataFolder}. Close it first, or set PARTNER_CONSOLE_DATA to another folder.`,
  );
}
