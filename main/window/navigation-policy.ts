import { shell, type App, type Session } from 'electron';
import type { Log } from '../platform/platform.ts';
import { APP_ADDRESS } from './app-origin.ts';
import { isConsoleAddress, mayOpenOutside, parseAddress } from './page-address.ts';

/** Hosts only: an address may carry data in its path. */
function schemeOf(address: string): string {
  return parseAddress(address)?.protocol.replace(':', '') ?? 'invalid';
}

/**
 * Holds for every page that ever exists in this process, also one that a bug or an attack creates: it cannot leave the
 * console's address, open windows, or embed others. A link to a listed site opens in the person's own browser.
 */
export function guardNavigation(app: App, log: Log): void {
  app.on('web-contents-created', (_event, contents) => {
    const refuse = (event: { preventDefault(): void }, address: string): void => {
      if (isConsoleAddress(address)) return;
      event.preventDefault();
      log('warn', 'navigation_refused', { scheme: schemeOf(address) });
    };
    contents.on('will-navigate', (event) => refuse(event, event.url));
    contents.on('will-frame-navigate', (event) => refuse(event, event.url));
    contents.on('will-redirect', (event) => refuse(event, event.url));
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
      log('warn', 'webview_refused');
    });
    contents.setWindowOpenHandler(({ url }) => {
      if (mayOpenOutside(url)) void shell.openExternal(url);
      else log('warn', 'window_refused', { scheme: schemeOf(url) });
      return { action: 'deny' };
    });
  });
}

/** What the page may ask of the computer: to put text on the clipboard ("Copy for IT"), nothing else. */
const grantedPermissions: ReadonlySet<string> = new Set(['clipboard-sanitized-write']);

/** Refuses every permission but the listed, every device, and every download the page did not make itself. */
export function guardPermissions(session: Session): void {
  session.setPermissionRequestHandler((contents, permission, answer) => {
    answer(isConsoleAddress(contents.getURL()) && grantedPermissions.has(permission));
  });
  session.setPermissionCheckHandler((contents, permission) => {
    return contents !== null && isConsoleAddress(contents.getURL()) && grantedPermissions.has(permission);
  });
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event, item) => {
    const address = item.getURL();
    const own = address.startsWith(`blob:${APP_ADDRESS}`) || isConsoleAddress(address);
    if (!own) event.preventDefault();
  });
}
