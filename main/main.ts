import { app, dialog } from 'electron';
import { DataFolderBusyError } from './platform/data-folder.ts';
import { chooseDataFolder } from './window/electron-folders.ts';
import { prepareElectron } from './window/prepare-electron.ts';

/**
 * Entry of the desktop app. It is small on purpose: what must happen before Electron is ready happens here, at once; the
 * application itself is loaded afterwards.
 */
async function startDesktop(dataFolder: string): Promise<void> {
  const { runDesktop } = await import('./desktop.ts');
  await runDesktop(dataFolder);
}

function giveUp(error: unknown): void {
  const message = error instanceof Error ? error.message : 'unknown fault';
  process.stderr.write(`Partner Console cannot start: ${message}\n`);
  if (app.isPackaged) dialog.showErrorBox('Partner Console cannot start', message);
  app.exit(error instanceof DataFolderBusyError ? 3 : 1);
}

/** Null, with the reason told, where there is none that can be used. */
function usableDataFolder(): string | null {
  try {
    return chooseDataFolder(process.env);
  } catch (error) {
    giveUp(error);
    return null;
  }
}

// Too late after that, and then done already by before-ready.ts.
if (!app.isReady()) prepareElectron();
const dataFolder = usableDataFolder();
if (dataFolder === null) {
  // Told already.
} else if (!app.requestSingleInstanceLock()) {
  process.stderr.write('Partner Console is already running on this data folder; its window comes to the front.\n');
  app.exit(0);
} else {
  // Ctrl+C in the terminal that started the console ends it like closing its window.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  startDesktop(dataFolder).catch(giveUp);
}
