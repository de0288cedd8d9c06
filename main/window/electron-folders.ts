import path from 'node:path';
import { app } from 'electron';
import { createDataFolder } from '../platform/data-folder.ts';

/**
 * The data folder of this start; Electron's own files go there too, so that one variable moves everything. To be called
 * before anything else of Electron is used.
 *
 * @throws DataFolderUnusableError
 */
export function chooseDataFolder(environment: NodeJS.ProcessEnv): string {
  const chosen = environment['PARTNER_CONSOLE_DATA'];
  const folder = createDataFolder(chosen ?? app.getPath('userData'));
  app.setPath('userData', folder);
  app.setPath('sessionData', path.join(folder, 'chromium'));
  return folder;
}
