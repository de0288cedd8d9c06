import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SecretStore } from '../../main/platform/platform.ts';
import { openConsole } from '../builders/console.ts';

/**
 * The console's core in a process of its own, to be killed: restores the session of its folder and goes on with what waits.
 * Argument: the data folder. Secrets lie in a file there, as an operating system's store would keep them over a kill.
 */
export function fileSecrets(dataFolder: string): SecretStore {
  const file = path.join(dataFolder, 'secrets.json');
  const read = (): Record<string, string> => {
    try {
      return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    } catch {
      // Nothing saved yet.
      return {};
    }
  };
  return {
    available: () => true,
    save: (name, secret) => writeFileSync(file, JSON.stringify({ ...read(), [name]: secret })),
    load: (name) => read()[name] ?? null,
    remove: (name) => writeFileSync(file, JSON.stringify({ ...read(), [name]: undefined })),
  };
}

const dataFolder = process.argv[2];
if (process.argv[1] === import.meta.filename && dataFolder !== undefined) {
  await openConsole({ dataFolder, secrets: fileSecrets(dataFolder) });
}
