import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import * as z from 'zod';
import type { BridgeEvent } from '../../../shared/contract/events.ts';
import { serverFrame, type ServerFrame } from '../../../shared/contract/socket-frames.ts';
import { serveConsole, type ConsoleServer } from '../../../main/hosts/serve-console.ts';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

let folder: string;
let server: ConsoleServer;
let calls: { name: string; input: unknown }[];
let listeners: Set<(event: BridgeEvent) => void>;

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'serve-console-'));
  mkdirSync(path.join(folder, 'renderer/assets'), { recursive: true });
  writeFileSync(path.join(folder, 'secret.js'), 'secret');
  writeFileSync(
    path.join(folder, 'renderer/index.html'),
    '<meta property="csp-nonce" nonce="__CSP_NONCE__"><title>Partner Console</title>',
  );
  writeFileSync(path.join(folder, 'renderer/assets/index.js'), 'console.log(1)');
  writeFileSync(path.join(folder, 'renderer/assets/index.js.map'), '{}');
  calls = [];
  listeners = new Set();
  server = await serveConsole({
    rendererFolder: path.join(folder, 'renderer'),
    dispatch: (name, input) => {
      calls.push({ name, input });
      const bytes = new Uint8Array([1, 2, 3]);
      return Promise.resolve({ ok: true, value: name === 'exports.read' ? { bytes } : { echoed: name } });
    },
    onEvent: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    log: () => undefined,
  });
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A request as raw as possible: the path is sent as it stands, headers are not corrected. */
async function get(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { port } = new URL(server.origin);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: target, method, headers, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const entryPath = (): string => server.entryAddress.slice(server.origin.length);

/** Redeems the token as a browser does; answers the cookie to send back. */
async function signIn(): Promise<string> {
  const answer = await get(entryPath());
  return answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

type Connection = { socket: WebSocket; next: () => Promise<ServerFrame>; closed: Promise<number> };

async function connect(headers: Record<string, string>, target = '/bridge'): Promise<Connection | number> {
  const socket = new WebSocket(`${server.origin.replace('http', 'ws')}${target}`, { headers });
  const frames: ServerFrame[] = [];
  let wake: (() => void) | null = null;
  socket.on('message', (data, isBinary) => {
    if (isBinary) return;
    frames.push(serverFrame.parse(JSON.parse(z.instanceof(Buffer).parse(data).toString())));
    wake?.();
  });
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  return new Promise((resolve, reject) => {
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
    socket.once('open', () =>
      resolve({
        socket,
        closed,
        next: async () => {
          while (frames.length === 0) await new Promise<void>((ready) => (wake = ready));
          const frame = frames.shift();
          if (frame === undefined) throw new Error('no frame');
          return frame;
        },
      }),
    );
  });
}

async function connected(cookie: string): Promise<Connection> {
  const connection = await connect({ cookie, origin: server.origin });
  if (typeof connection === 'number') throw new Error(`refused with ${connection}`);
  return connection;
}

describe('browser host over HTTP', () => {
  it('exchanges the token for a cookie that scripts and other sites cannot use, and takes it out of the address', async () => {
    const answer = await get(entryPath());
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^partner_console=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/,
    );
    expect(answer.headers['set-cookie']?.[0]).not.toContain(new URL(server.entryAddress).searchParams.get('token'));
  });

  it('takes the token once: a second browser gets a page that says why', async () => {
    const cookie = await signIn();
    const second = await get(entryPath());
    expect(second.status).toBe(403);
    expect(second.headers['set-cookie']).toBeUndefined();
    expect(second.body).toContain('open for another browser');
    const same = await get(entryPath(), { cookie });
    expect([same.status, same.headers.location]).toEqual([303, '/']);
  });

  it('serves nothing without the cookie', async () => {
    for (const target of ['/', '/index.html', '/assets/index.js', '/?token=', '/?token=wrong', '/assets/?token=x']) {
      const answer = await get(target);
      expect([target, answer.status]).toEqual([target, 403]);
      expect(answer.body).not.toContain('console.log');
    }
    expect((await get('/', { cookie: 'partner_console=' })).status).toBe(403);
    expect((await get('/', { cookie: `partner_console=${'a'.repeat(43)}` })).status).toBe(403);
  });

  it('serves the page with a policy without unsafe parts and a fresh nonce', async () => {
    const cookie = await signIn();
    const [first, second] = [await get('/', { cookie }), await get('/', { cookie })];
    const policy = String(first.headers['content-security-policy']);
    const nonce = /nonce="([^"]+)"/.exec(first.body)?.[1];
    expect(first.status).toBe(200);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toContain('unsafe');
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(second.body).not.toContain(`"${nonce}"`);
    expect(first.headers['x-content-type-options']).toBe('nosniff');
    expect(first.headers['cache-control']).toBe('no-store');
  });

  it('serves nothing outside the renderer, and no source maps', async () => {
    const cookie = await signIn();
    expect((await get('/assets/index.js', { cookie })).body).toBe('console.log(1)');
    const outside = [
      '/../secret.js',
      '/..%2fsecret.js',
      '/%2e%2e/secret.js',
      '/assets/../../secret.js',
      '/..%5csecret.js',
    ];
    const odd = ['/assets', '/assets/', '/missing.js', '/%00.js', '/%ff.js', '/assets/index.js.map', '//etc/passwd'];
    for (const target of [...outside, ...odd]) {
      const answer = await get(target, { cookie });
      expect([target, answer.status, answer.body]).toEqual([target, 404, 'Not found']);
    }
  });

  it('refuses another host name and other methods', async () => {
    const cookie = await signIn();
    const { port } = new URL(server.origin);
    for (const host of ['evil.example', `localhost:${port}`, `evil.example:${port}`, '127.0.0.1']) {
      expect([host, (await get('/', { cookie, host })).status]).toEqual([host, 421]);
      expect((await get(entryPath(), { host })).headers['set-cookie']).toBeUndefined();
    }
    expect((await get('/', { cookie }, 'POST')).status).toBe(405);
  });
});

describe('browser host over its socket', () => {
  it('refuses other origins, other hosts, other paths and unknown browsers', async () => {
    const cookie = await signIn();
    const origin = server.origin;
    expect(await connect({ cookie })).toBe(403);
    expect(await connect({ cookie, origin: 'https://evil.example' })).toBe(403);
    expect(await connect({ cookie, origin: 'null' })).toBe(403);
    expect(await connect({ cookie, origin, host: 'evil.example' })).toBe(403);
    expect(await connect({ origin })).toBe(403);
    expect(await connect({ cookie: 'partner_console=x', origin })).toBe(403);
    expect(await connect({ cookie, origin }, '/other')).toBe(404);
    expect(calls).toEqual([]);
  });

  it('answers calls under their id and sends events', async () => {
    const { socket, next } = await connected(await signIn());
    socket.send(JSON.stringify({ kind: 'call', id: 7, name: 'sync.status', input: {} }));
    expect(await next()).toEqual({ kind: 'result', id: 7, result: { ok: true, value: { echoed: 'sync.status' } } });
    for (const listener of listeners) listener({ event: 'command', command: 'sync_now' });
    expect(await next()).toEqual({ kind: 'event', event: { event: 'command', command: 'sync_now' } });
  });

  it('joins the bytes of the next message to the call that announced them', async () => {
    const { socket, next } = await connected(await signIn());
    const piece = new Uint8Array(1024 * 1024).fill(9);
    socket.send(
      JSON.stringify({ kind: 'call', id: 1, name: 'uploads.append', input: { draftId: 'd' }, bytesFollow: true }),
    );
    socket.send(piece);
    await next();
    expect(calls[0]?.name).toBe('uploads.append');
    const { bytes } = z.object({ bytes: z.instanceof(Uint8Array) }).parse(calls[0]?.input);
    expect(Buffer.compare(bytes, piece)).toBe(0);
    expect(bytes.constructor).toBe(Uint8Array);
  });

  it('sends the bytes of an answer as the next message', async () => {
    const { socket, next } = await connected(await signIn());
    const binary = new Promise((resolve) => {
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) resolve([...data]);
      });
    });
    socket.send(JSON.stringify({ kind: 'call', id: 3, name: 'exports.read', input: {} }));
    expect(await next()).toEqual({ kind: 'result', id: 3, result: { ok: true, value: {} }, bytesFollow: true });
    expect(await binary).toEqual([1, 2, 3]);
  });

  it.each([
    ['no JSON', 'hello'],
    ['another kind', JSON.stringify({ kind: 'result', id: 1 })],
    ['no id', JSON.stringify({ kind: 'call', name: 'sync.status', input: {} })],
    ['bytes that nobody announced', Buffer.from([1, 2, 3])],
  ])('disconnects a client that sends %s', async (_what, message) => {
    const { socket, closed } = await connected(await signIn());
    socket.send(message);
    expect(await closed).toBe(4002);
    expect(calls).toEqual([]);
  });

  it('disconnects a client that sends more than the limit', async () => {
    const { socket, closed } = await connected(await signIn());
    socket.send(Buffer.alloc(2 * 1024 * 1024 + 1));
    expect(await closed).toBe(1009);
  });

  it('has one client: a second tab takes over and the first is told, a reload just works', async () => {
    const cookie = await signIn();
    const first = await connected(cookie);
    const second = await connected(cookie);
    expect(await first.closed).toBe(4001);
    expect(listeners.size).toBe(1);
    second.socket.close();
    await second.closed;
    const third = await connected(cookie);
    third.socket.send(JSON.stringify({ kind: 'call', id: 1, name: 'sync.status', input: {} }));
    expect((await third.next()).kind).toBe('result');
  });

  it('tells its client when the host stops', async () => {
    const { closed } = await connected(await signIn());
    await server.close();
    expect(await closed).toBe(4003);
    expect(listeners.size).toBe(0);
  });
});
