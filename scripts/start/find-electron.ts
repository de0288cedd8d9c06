import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

const executables: Readonly<Record<string, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

/**
 * Electron's executable, found by files alone; null when it is not on this computer. Asking the package itself would
 * start a download. ELECTRON_OVERRIDE_DIST_PATH is Electron's own variable for a binary kept elsewhere.
 */
export function findElectron(root: string, environment: Environment, system: NodeJS.Platform): string | null {
  const packageFolder = path.join(root, 'node_modules', 'electron');
  const pathFile = path.join(packageFolder, 'path.txt');
  const executable = existsSync(pathFile) ? readFileSync(pathFile, 'utf8').trim() : (executables[system] ?? 'electron');
  const override = environment['ELECTRON_OVERRIDE_DIST_PATH'];
  const file = path.join(override ?? path.join(packageFolder, 'dist'), executable);
  return existsSync(file) ? file : null;
}

/** False where no window can open: Linux without X11 and Wayland. */
export function hasDisplay(environment: Environment, system: NodeJS.Platform): boolean {
  if (system !== 'linux') return true;
  return [environment['DISPLAY'], environment['WAYLAND_DISPLAY']].some((value) => value !== undefined && value !== '');
}

/** What an Electron that runs a checkout needs in front of the checkout's path; see main/before-ready.ts. */
export function electronArguments(root: string): readonly string[] {
  return ['--require', path.join(root, 'dist', 'preload', 'before-ready.cjs')];
}
