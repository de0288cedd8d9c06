import { describe, expect, it } from 'vitest';
import { createBridge, type Channel } from '../../preload/bridge.ts';
import { operationNames } from '../../shared/contract/operation-names.ts';

class RecordingChannel implements Channel {
  readonly invoked: unknown[][] = [];
  readonly listeners = new Set<(event: unknown, value: unknown) => void>();

  invoke(...values: unknown[]): Promise<unknown> {
    this.invoked.push(values);
    return Promise.resolve({ ok: true, value: {} });
  }
  on(_channel: string, listener: (event: unknown, value: unknown) => void): void {
    this.listeners.add(listener);
  }
  removeListener(_channel: string, listener: (event: unknown, value: unknown) => void): void {
    this.listeners.delete(listener);
  }
}

describe('preload bridge', () => {
  it('exposes two functions and nothing of Electron', () => {
    expect(Object.keys(createBridge(new RecordingChannel())).toSorted()).toEqual(['call', 'onEvent']);
  });

  it('forwards each operation of the contract on the one channel', async () => {
    const channel = new RecordingChannel();
    const bridge: { call(name: string, input: unknown): Promise<unknown> } = createBridge(channel);
    for (const name of operationNames) await bridge.call(name, { a: 1 });
    expect(channel.invoked).toEqual(operationNames.map((name) => ['bridge:call', name, { a: 1 }]));
  });

  it('refuses unknown names without asking main', async () => {
    const channel = new RecordingChannel();
    const bridge: { call(name: unknown, input: unknown): Promise<unknown> } = createBridge(channel);
    for (const name of ['session.steal', '__proto__', '', 7, null, ['sync.status']]) {
      expect(await bridge.call(name, {})).toEqual({ ok: false, error: { code: 'not_found', what: 'operation' } });
    }
    expect(channel.invoked).toEqual([]);
  });

  it('hands over events without Electron’s own event, until the subscription ends', () => {
    const channel = new RecordingChannel();
    const seen: unknown[][] = [];
    const end = createBridge(channel).onEvent((...values: unknown[]) => void seen.push(values));
    const event = { event: 'command', command: 'sync_now' };
    for (const listener of channel.listeners) listener({ sender: 'electron' }, event);
    end();
    for (const listener of channel.listeners) listener({ sender: 'electron' }, event);
    expect(seen).toEqual([[event]]);
  });
});
