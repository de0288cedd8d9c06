import { ipcMain, type BrowserWindow, type IpcMainInvokeEvent } from 'electron';
import { CALL_CHANNEL, EVENT_CHANNEL } from '../../shared/contract/channels.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { err } from '../../shared/result.ts';
import type { Log } from '../platform/platform.ts';
import type { Dispatch } from './dispatch.ts';
import { isTrustedSender } from './sender-check.ts';

export interface ElectronBridgeOptions {
  readonly dispatch: Dispatch;
  readonly log: Log;
  /** The one window, while it is open. */
  readonly window: () => BrowserWindow | null;
}

/** Answers the page's calls on the one channel, after checking who asks. Answers the function that sends an event. */
export function serveElectronBridge({ dispatch, log, window }: ElectronBridgeOptions): (event: BridgeEvent) => void {
  ipcMain.handle(CALL_CHANNEL, async (event: IpcMainInvokeEvent, name: unknown, input: unknown) => {
    const contents = window()?.webContents ?? null;
    const own = contents === null || contents.isDestroyed() ? null : contents.mainFrame;
    if (!isTrustedSender(event.senderFrame, own)) {
      log('warn', 'sender_refused');
      return err({ code: 'forbidden', reason: 'sender' } as const);
    }
    return dispatch(typeof name === 'string' ? name : '', input);
  });
  return (event) => {
    const contents = window()?.webContents ?? null;
    if (contents !== null && !contents.isDestroyed()) contents.send(EVENT_CHANNEL, event);
  };
}
