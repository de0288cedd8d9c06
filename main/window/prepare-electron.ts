import { app, protocol } from 'electron';
import { APP_SCHEME } from './app-origin.ts';

/**
 * What Electron wants before it is ready: our scheme as a secure, standard origin, and every renderer sandboxed. Started
 * with --no-sandbox (as root on Linux there is no other way) that switch decides.
 */
export function prepareElectron(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: APP_SCHEME, privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
}
