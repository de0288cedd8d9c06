import type { Bridge } from '../shared/contract/bridge.ts';
import { CALL_CHANNEL, EVENT_CHANNEL } from '../shared/contract/channels.ts';
import type { BridgeEvent } from '../shared/contract/events.ts';
import { operationNames } from '../shared/contract/operation-names.ts';

/** What the preload script needs of Electron's `ipcRenderer`. */
export interface Channel {
  invoke(channel: string, ...values: unknown[]): Promise<unknown>;
  on(channel: string, listener: (event: unknown, value: unknown) => void): unknown;
  removeListener(channel: string, listener: (event: unknown, value: unknown) => void): unknown;
}

/**
 * Builds the bridge that the page sees. Only names of the contract go through, nothing of Electron comes out: neither
 * the channel, nor its events. Inputs are parsed in main, which trusts this script no more than the page.
 */
export function createBridge(channel: Channel): Bridge {
  const known: ReadonlySet<string> = new Set(operationNames);
  return {
    call: ((name: string, input: unknown) => {
      if (!known.has(name)) return Promise.resolve({ ok: false, error: { code: 'not_found', what: 'operation' } });
      return channel.invoke(CALL_CHANNEL, name, input);
    }) as Bridge['call'],
    onEvent: (listener) => {
      const forward = (_event: unknown, value: unknown): void => listener(value as BridgeEvent);
      channel.on(EVENT_CHANNEL, forward);
      return () => {
        channel.removeListener(EVENT_CHANNEL, forward);
      };
    },
  };
}
