import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** An unpacked Electron that a package can be made of. */
export interface ElectronSource {
  readonly folder: string;
  readonly version: string;
}

/** The Electron of this computer: ELECTRON_OVERRIDE_DIST_PATH, else the package's own; null when there is none. */
export function findElectronSource(
  root: string,
  environment: Readonly<Record<string, string | undefined>>,
): ElectronSource | null {
  const folder = environment['ELECTRON_OVERRIDE_DIST_PATH'] ?? path.join(root, 'node_modules/electron/dist');
  const versionFile = path.join(folder, 'version');
  if (!existsSync(versionFile)) return null;
  return { folder, version: readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') };
}
