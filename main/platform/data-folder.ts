import { accessSync, chmodSync, constants, mkdirSync } from 'node:fs';
import path from 'node:path';
import { claimFolder } from './folder-claim.ts';
import type { Platform } from './platform.ts';

/** Nothing can be kept in the data folder. The message is for the terminal, or the operating system's own dialog. */
export class DataFolderUnusableError extends Error {
  override readonly name = 'DataFolderUnusableError';
}

/**
 * Creates the folder where the console keeps everything, readable by this user alone (also if it was not before).
 *
 * @throws DataFolderUnusableError when it cannot be created, made private or written.
 */
export function createDataFolder(folder: string): string {
  const absolute = path.resolve(folder);
  try {
    mkdirSync(absolute, { recursive: true, mode: 0o700 });
    chmodSync(absolute, 0o700);
    accessSync(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new DataFolderUnusableError(
      `The data folder ${absolute} cannot be used (${String(error.code)}): it has to belong to you and be writable, on a disk with free space. Or set PARTNER_CONSOLE_DATA to another folder.`,
      { cause: error },
    );
  }
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
