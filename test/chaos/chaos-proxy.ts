import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from '../soak/random.ts';

/** What may happen to one exchange on its way. */
export const faults = [
  'reset',
  'cut_request',
  'cut_answer',
  'delay',
  'drip',
  'too_many_requests',
  'server_error',
  'gateway_page',
  'login_page',
  'wrong_json',
  'half_json',
] as const;
export type Fault = (typeof faults)[number];

/** Faults after which the connection is gone. */
const cuts: ReadonlySet<Fault> = new Set(['reset', 'cut_request', 'cut_answer']);

export interface ChaosProxy {
  readonly url: string;
  /** How often each fault has happened. */
  readonly happened: Map<Fault, number>;
  /** Connections that were cut. */
  cuts(): number;
  /** One exchange in `oneIn` meets one of these faults from now on; null ends it. */
  disturb(by: { readonly oneIn: number; readonly faults: readonly Fault[] } | null): void;
  /**
   * For the negative control: every request goes on under ids of its own, as if the console minted a new one for each attempt, and
   * nobody can ask for the old ones.
   */
  freshIds: boolean;
  close(): Promise<void>;
}

interface Whole {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Stands between the console and its project, and does to both what networks, proxies and servers do. */
export async function startChaosProxy(target: string, random: Random): Promise<ChaosProxy> {
  const { hostname, port } = new URL(target);
  const agent = new http.Agent({ keepAlive: false });
  const happened = new Map<Fault, number>();
  let disturbance: { readonly oneIn: number; readonly faults: readonly Fault[] } | null = null;

  function forward(request: http.IncomingMessage, body: Buffer, sent = body.length): Promise<Whole> {
    return new Promise((resolve, reject) => {
      const headers = { ...request.headers, host: `${hostname}:${port}`, 'content-length': String(body.length) };
      delete headers['transfer-encoding'];
      const upstream = http.request(
        { agent, hostname, port, method: request.method, path: request.url, headers },
        (answer) => {
          readAll(answer).then(
            (whole) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: whole }),
            reject,
          );
        },
      );
      upstream.once('error', reject);
      if (sent >= body.length) upstream.end(body);
      else {
        upstream.write(body.subarray(0, sent));
        setTimeout(() => upstream.destroy(new Error('cut')), 10);
      }
    });
  }

  async function exchange(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const received = await readAll(request);
    const { body, restore } = proxy.freshIds ? withFreshIds(received) : { body: received, restore: (it: Buffer) => it };
    const by = disturbance;
    // Sign-in is no command.
    const isDisturbed = by !== null && request.url?.startsWith('/rest/') === true && random.oneIn(by.oneIn);
    const fault = isDisturbed ? random.pick(by.faults) : null;
    if (fault !== null) happened.set(fault, (happened.get(fault) ?? 0) + 1);
    const cut = (): void => void request.socket.resetAndDestroy();
    if (fault === 'reset') return cut();
    if (fault === 'cut_request') {
      await forward(request, body, random.integer(0, Math.max(body.length - 1, 0))).catch(() => undefined);
      return cut();
    }
    const made = fault === null ? null : (replacements[fault] ?? null);
    // In half of the cases the server has done its work before something else answers in its place.
    if (made !== null && random.oneIn(2)) return void response.writeHead(made.status, made.headers).end(made.body);
    if (fault === 'delay') await wait(random.integer(20, 250));
    const answer = await forward(request, body);
    const whole = restore(answer.body);
    if (made !== null) return void response.writeHead(made.status, made.headers).end(made.body);
    const headers = { ...answer.headers, 'content-length': String(whole.length) };
    delete headers['transfer-encoding'];
    if (fault === 'half_json') {
      const half = whole.subarray(0, Math.floor(whole.length / 2));
      return void response.writeHead(answer.status, { ...headers, 'content-length': String(half.length) }).end(half);
    }
    response.writeHead(answer.status, headers);
    if (fault === 'cut_answer') {
      response.write(whole.subarray(0, random.integer(0, Math.max(whole.length - 1, 0))));
      await wait(5);
      return cut();
    }
    if (fault === 'drip') {
      const piece = Math.max(1, Math.ceil(whole.length / 8));
      for (let at = 0; at < whole.length; at += piece) {
        response.write(whole.subarray(at, at + piece));
        await wait(15);
      }
      return void response.end();
    }
    response.end(whole);
  }

  const server = http.createServer((request, response) => {
    exchange(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');
  const proxy: ChaosProxy = {
    url: `http://127.0.0.1:${String(address.port)}`,
    happened,
    cuts: () => [...happened].reduce((sum, [fault, times]) => sum + (cuts.has(fault) ? times : 0), 0),
    disturb: (by) => {
      disturbance = by;
    },
    freshIds: false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
      agent.destroy();
    },
  };
  return proxy;
}

interface Replacement {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
const json = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };
/** What something on the way, or a server in trouble, answers instead. */
const replacements: Readonly<Partial<Record<Fault, Replacement>>> = {
  too_many_requests: { status: 429, headers: { ...json, 'retry-after': '1' }, body: '{"message":"slow down"}' },
  server_error: { status: 500, headers: json, body: '{"message":"internal"}' },
  gateway_page: { status: 502, headers: html, body: '<html><body>Bad gateway</body></html>' },
  login_page: { status: 200, headers: html, body: '<!doctype html><title>Welcome to our network</title>' },
  wrong_json: { status: 200, headers: json, body: '{"outcome":"assigned","credits":"many"}' },
};

/** Each request id of the body becomes another; members keep theirs. The answer gets the old ones back. */
function withFreshIds(received: Buffer): { readonly body: Buffer; readonly restore: (answer: Buffer) => Buffer } {
  const text = received.toString('utf8');
  const fresh = new Map<string, string>();
  const named = /"(?:p_request_id|request_id|p_upload_id|p_id)":"([0-9a-f-]{36})"|"p_request_ids":\[([^\]]*)\]/g;
  for (const [, id, list] of text.matchAll(named)) {
    for (const one of id === undefined ? ((list ?? '').match(uuids) ?? []) : [id]) fresh.set(one, randomUUID());
  }
  const back = new Map([...fresh].map(([id, other]) => [other, id]));
  const swap = (words: string, by: ReadonlyMap<string, string>): string =>
    words.replaceAll(uuids, (id) => by.get(id) ?? id);
  return {
    body: fresh.size === 0 ? received : Buffer.from(swap(text, fresh)),
    restore: (answer) => (fresh.size === 0 ? answer : Buffer.from(swap(answer.toString('utf8'), back))),
  };
}

async function readAll(stream: http.IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}
