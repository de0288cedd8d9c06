import { prepareElectron } from './window/prepare-electron.ts';

/**
 * Loaded with `--require` where the app starts from a checkout: there Electron's own default app loads ours, and may
 * have become ready before our entry runs. A packaged app is waited for and does not need it.
 */
prepareElectron();
