// @vitest-environment node
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws';
import type { CoreConnection } from '../../../renderer/bridge/connection.ts';
import { bridgeAddress, createSocketBridge } from '../../../renderer/bridge/socket-bridge.ts';
import type { BridgeEvent } from '../../../shared/contract/events.ts';
import { callFrame, type ServerFrame, SOCKET_CLOSE } from '../../../shared/contract/socket-frames.ts';
import { syncStatus } from '../demo-data.ts';

const servers: WebSocketServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const client of server.clients) client.terminate();
    server.close();
  }
});

async function startHost(onMessage: (socket: ServerSocket, data: Buffer, isBinary: boolean) => void): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer, isBinary) => onMessage(socket, data, isBinary));
  });
  await new Promise((resolve) => server.once('listening', resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/bridge`;
}

const send = (socket: ServerSocket, frame: ServerFrame): void => socket.send(JSON.stringify(frame));

it('matches answers to calls by their number, in any order', async () => {
  const frames: { id: number; name: string }[] = [];
  const url = await startHost((socket, data) => {
    frames.push(callFrame.parse(JSON.parse(data.toString('utf8'))));
    if (frames.length < 2) return;
    for (const { id, name } of frames.toReversed()) {
      send(socket, {
        kind: 'result',
        id,
        result: { ok: true, value: { ...syncStatus, waiting: name === 'sync.now' ? 2 : 1 } },
      });
    }
  });
  const bridge = createSocketBridge({ url, onConnection: () => undefined });
  const [status, now] = await Promise.all([bridge.call('sync.status', {}), bridge.call('sync.now', {})]);
  expect(status).toMatchObject({ ok: true, value: { waiting: 1 } });
  expect(now).toMatchObject({ ok: true, value: { waiting: 2 } });
});

it('sends bytes as one binary message behind their call', async () => {
  const received: unknown[] = [];
  const url = await startHost((socket, data, isBinary) => {
    received.push(isBinary ? [...data] : callFrame.parse(JSON.parse(data.toString('utf8'))));
    if (isBinary) send(socket, { kind: 'result', id: 1, result: { ok: true, value: { received: 3 } } });
  });
  const bridge = createSocketBridge({ url, onConnection: () => undefined });
  const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
  const result = await bridge.call('uploads.append', { draftId: 'd', bytes });
  expect(result).toEqual({ ok: true, value: { received: 3 } });
  expect(received).toEqual([
    { kind: 'call', id: 1, name: 'uploads.append', input: { draftId: 'd' }, bytesFollow: true },
    [1, 2, 3],
  ]);
});

it('joins the bytes of an answer that come behind it, also when an event comes between', async () => {
  const url = await startHost((socket, data) => {
    const { id } = callFrame.parse(JSON.parse(data.toString('utf8')));
    send(socket, { kind: 'result', id, result: { ok: true, value: {} }, bytesFollow: true });
    send(socket, { kind: 'event', event: { event: 'command', command: 'search' } });
    socket.send(Buffer.from([1, 2, 3]));
  });
  const bridge = createSocketBridge({ url, onConnection: () => undefined });
  const input = { exportId: '00000000-0000-4000-8000-000000000001', offset: 0 };
  expect(await bridge.call('exports.read', input)).toEqual({ ok: true, value: { bytes: new Uint8Array([1, 2, 3]) } });
});

it('hands events to every listener until it leaves', async () => {
  const event: BridgeEvent = { event: 'command', command: 'sync_now' };
  const url = await startHost((socket, data) => {
    const { id } = callFrame.parse(JSON.parse(data.toString('utf8')));
    send(socket, { kind: 'event', event });
    send(socket, { kind: 'result', id, result: { ok: true, value: syncStatus } });
  });
  const bridge = createSocketBridge({ url, onConnection: () => undefined });
  const commands: BridgeEvent[] = [];
  const leave = bridge.onEvent((announced) => {
    if (announced.event === 'command') commands.push(announced);
  });
  await bridge.call('sync.status', {});
  leave();
  await bridge.call('sync.status', {});
  expect(commands).toEqual([event]);
});

it('ends waiting calls when the core goes away, and finds it again without sending them twice', async () => {
  let calls = 0;
  const url = await startHost((socket, data) => {
    calls += 1;
    if (calls === 1) return socket.terminate();
    const { id } = callFrame.parse(JSON.parse(data.toString('utf8')));
    send(socket, { kind: 'result', id, result: { ok: true, value: syncStatus } });
  });
  const connections: CoreConnection[] = [];
  const bridge = createSocketBridge({ url, onConnection: (connection) => connections.push(connection) });
  expect(await bridge.call('sync.now', {})).toMatchObject({ ok: false, error: { code: 'offline' } });
  await vi.waitFor(() => expect(connections).toEqual(['open', 'lost', 'open']), { timeout: 5_000 });
  expect(calls).toBe(1);
  expect(await bridge.call('sync.status', {})).toMatchObject({ ok: true });
});

it('does not come back by itself when the console was opened in another window', async () => {
  const url = await startHost((socket) => socket.close(SOCKET_CLOSE.replaced));
  const connections: CoreConnection[] = [];
  const bridge = createSocketBridge({ url, onConnection: (connection) => connections.push(connection) });
  expect(await bridge.call('sync.status', {})).toMatchObject({ ok: false });
  await vi.waitFor(() => expect(connections).toEqual(['open', 'replaced']));
  expect(await bridge.call('sync.status', {})).toMatchObject({ ok: false });
});

it('finds the bridge beside the page', () => {
  expect(bridgeAddress({ protocol: 'http:', host: '127.0.0.1:4711' })).toBe('ws://127.0.0.1:4711/bridge');
  expect(bridgeAddress({ protocol: 'https:', host: 'console.example' })).toBe('wss://console.example/bridge');
});
