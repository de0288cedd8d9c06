import type { Bridge } from '../../shared/contract/bridge.ts';
import { bridgeAddress, createSocketBridge } from './socket-bridge.ts';

declare global {
  interface Window {
    /** Put there by the preload script in Electron. */
    readonly bridge?: Bridge;
  }
}

/** The bridge of this window: the preload script's in Electron, else a WebSocket to the host that served the page. */
export function findBridge(): Bridge {
  return window.bridge ?? createSocketBridge({ url: bridgeAddress(window.location) });
}
