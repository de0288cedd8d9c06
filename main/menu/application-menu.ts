import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { BridgeEvent } from '../../shared/contract/events.ts';

type Command = Extract<BridgeEvent, { event: 'command' }>['command'];

export interface MenuOptions {
  readonly mac: boolean;
  /** Developer tools and reload, only in a checkout. */
  readonly development: boolean;
  readonly onCommand: (command: Command) => void;
}

/** The menu as data. Accelerators are those of the product's key map. */
export function menuTemplate({ mac, development, onCommand }: MenuOptions): MenuItemConstructorOptions[] {
  const command = (label: string, name: Command, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => onCommand(name),
  });
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command('New Upload', 'new_upload', 'CmdOrCtrl+U'),
        command('Sync Now', 'sync_now', 'CmdOrCtrl+Shift+S'),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      // Undo and redo are the page's own: in the upload grid they undo edits of the draft.
      label: '&Edit',
      submenu: [
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
        { type: 'separator' },
        command('Search', 'search'),
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(development
          ? [{ type: 'separator' } as const, { role: 'reload' } as const, { role: 'toggleDevTools' } as const]
          : []),
      ],
    },
    { role: 'windowMenu' },
    { role: 'help', submenu: [command('Keyboard Shortcuts', 'show_shortcuts')] },
  ];
}

/** Puts the menu into place. */
export function setApplicationMenu(onCommand: (command: Command) => void): void {
  const options = { mac: process.platform === 'darwin', development: !app.isPackaged, onCommand };
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(options)));
}
