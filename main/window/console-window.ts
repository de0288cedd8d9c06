import { fileURLToPath } from 'node:url';
import { BrowserWindow, nativeTheme, screen } from 'electron';
import { APP_ADDRESS } from './app-origin.ts';
import { readWindowState, visibleBounds, writeWindowState } from './window-state.ts';

/** The page's own background in both appearances, so that a window never flashes before the page has drawn. */
const backgrounds = { light: '#f7f8fa', dark: '#14161a' } as const;

/** Opens the one window, where it stood last time, and shows it once the page has something to show. */
export function openConsoleWindow(dataFolder: string): BrowserWindow {
  const stored = readWindowState(dataFolder);
  const areas = screen.getAllDisplays().map((display) => display.workArea);
  const bounds = stored === null ? null : visibleBounds(stored.bounds, areas);
  const window = new BrowserWindow({
    title: 'Partner Console',
    width: 1_280,
    height: 820,
    ...bounds,
    minWidth: 720,
    minHeight: 520,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? backgrounds.dark : backgrounds.light,
    webPreferences: {
      preload: fileURLToPath(new URL('../preload/preload.cjs', import.meta.url)),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
      enableBlinkFeatures: '',
    },
  });
  if (stored?.maximized === true) window.maximize();
  window.once('ready-to-show', () => window.show());
  // The title belongs to the app: a page title could carry a person's name into the task bar.
  window.on('page-title-updated', (event) => event.preventDefault());
  window.on('close', () => {
    writeWindowState(dataFolder, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  });
  void window.loadURL(APP_ADDRESS);
  return window;
}
