import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { app, nativeTheme, session, type BrowserWindow } from 'electron';
import type { Application } from './application.ts';
import { composeApplication } from './compose.ts';
import { createDispatch } from './ipc/dispatch.ts';
import { serveElectronBridge } from './ipc/electron-bridge.ts';
import { setApplicationMenu } from './menu/application-menu.ts';
import { claimDataFolder } from './platform/data-folder.ts';
import { createElectronPlatform } from './platform/electron.ts';
import { serveRenderer } from './window/app-protocol.ts';
import { openConsoleWindow } from './window/console-window.ts';
import { guardNavigation, guardPermissions } from './window/navigation-policy.ts';

/** Longest wait, in milliseconds, for an ordered shutdown. What is not done by then goes on at the next start. */
const SHUTDOWN_LIMIT = 10_000;

let window: BrowserWindow | null = null;

function showWindow(): void {
  if (window === null) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** Holds the quit back until the application has closed, once. */
function closeBeforeQuit(application: Application, afterwards: () => Promise<void>): void {
  let closed = false;
  let closing = false;
  app.on('before-quit', (event) => {
    if (closed) return;
    event.preventDefault();
    if (closing) return;
    closing = true;
    window?.hide();
    const limit = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_LIMIT));
    void Promise.race([application.close(), limit])
      .then(afterwards)
      .finally(() => {
        closed = true;
        app.quit();
      });
  });
}

/**
 * The desktop app once it is alone on its data folder: composes the application, opens the window, and closes all in
 * order.
 *
 * @throws DataFolderBusyError when a console of another host runs on the data folder.
 */
export async function runDesktop(dataFolder: string): Promise<void> {
  await app.whenReady();
  const release = await claimDataFolder(dataFolder, 'electron');
  const platform = createElectronPlatform(dataFolder, process.env);
  guardNavigation(app, platform.log);
  guardPermissions(session.defaultSession);
  serveRenderer(session.defaultSession, fileURLToPath(new URL('../renderer', import.meta.url)));

  const application = await composeApplication(platform);
  const dispatch = createDispatch(application.handlers, { log: platform.log, newIncident: randomUUID });
  const sendEvent = serveElectronBridge({ dispatch, log: platform.log, window: () => window });
  application.onEvent(sendEvent);
  closeBeforeQuit(application, async () => {
    platform.log('info', 'console_stopped');
    platform.closeLog();
    await release();
  });
  await application.start();

  // The stored appearance decides the window's background and the system's own controls from the first frame on.
  const info = await application.handlers['application.info']({});
  if (info.ok) nativeTheme.themeSource = info.value.appearance;
  application.onEvent((event) => {
    if (event.event !== 'tables_changed' || !event.tables.includes('settings')) return;
    void Promise.resolve(application.handlers['application.info']({})).then((changed) => {
      if (changed.ok) nativeTheme.themeSource = changed.value.appearance;
    });
  });

  const open = (): void => {
    window = openConsoleWindow(dataFolder);
    window.on('closed', () => {
      window = null;
    });
    window.webContents.on('render-process-gone', (_event, details) => {
      platform.log('error', 'page_gone', { reason: details.reason });
      if (details.reason !== 'clean-exit' && details.reason !== 'killed') window?.reload();
    });
  };
  open();
  setApplicationMenu((command) => sendEvent({ event: 'command', command }));
  app.on('second-instance', showWindow);
  app.on('activate', () => {
    if (window === null) open();
    else showWindow();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  platform.log('info', 'console_started', { host: 'electron', version: platform.version });
}
