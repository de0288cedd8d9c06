import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localKeys } from './local-keys.ts';

/**
 * What the gateway does with one request: `pass` it on; cut the connection before the server sees it (`drop_request`);
 * let the server do its work and cut the connection instead of answering (`drop_answer`); or answer itself.
 */
export type Fate =
  | 'pass'
  | 'drop_request'
  | 'drop_answer'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: string };

export type FateOf = (request: { readonly method: string; readonly path: string }) => Fate | Promise<Fate>;

export interface Gateway {
  readonly url: string;
  /** Decides the fate of each request from now on; null passes everything. */
  setFate(fateOf: FateOf | null): void;
  /** Cuts every connection and refuses new ones. */
  goOffline(): Promise<void>;
  /** Listens on the same address again. */
  goOnline(): Promise<void>;
  close(): Promise<void>;
}

export interface GatewayOptions {
  readonly postgrestPort: number;
  readonly auth: (request: IncomingMessage, response: ServerResponse) => unknown;
}

/**
 * Stands where Supabase's own gateway stands: checks the API key, gives `/auth/v1` to the auth server and `/rest/v1` to
 * PostgREST. A key in the place of a token means "nobody signed in", as at Supabase.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  let fateOf: FateOf | null = null;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });

  function forward(request: IncomingMessage, response: ServerResponse, dropAnswer: boolean): void {
    const headers: http.OutgoingHttpHeaders = {
      ...request.headers,
      host: `127.0.0.1:${String(options.postgrestPort)}`,
    };
    delete headers['apikey'];
    if (headers.authorization === `Bearer ${String(request.headers['apikey'])}`) delete headers.authorization;
    const path = (request.url ?? '').slice('/rest/v1'.length) || '/';
    const upstream = http.request(
      { agent, host: '127.0.0.1', port: options.postgrestPort, method: request.method, path, headers },
      (answer) => {
        if (dropAnswer) {
          answer.resume();
          answer.once('end', () => request.socket.destroy());
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    upstream.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else
        response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify({ message: String(error) }));
    });
    response.on('close', () => {
      if (!response.writableEnded && !dropAnswer) upstream.destroy();
    });
    request.pipe(upstream);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    const fate = fateOf === null ? 'pass' : await fateOf({ method: request.method ?? 'GET', path });
    if (fate === 'drop_request') {
      request.socket.destroy();
      return;
    }
    if (typeof fate === 'object') {
      response.writeHead(fate.status, fate.headers).end(fate.body);
      return;
    }
    const key = request.headers['apikey'];
    if (key !== localKeys.publishable && key !== localKeys.secret) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"message":"Invalid API key"}');
    } else if (path.startsWith('/auth/v1/')) {
      if (fate === 'drop_answer') {
        response.writeHead = () => {
          request.socket.destroy();
          return response;
        };
      }
      await options.auth(request, response);
    } else if (path.startsWith('/rest/v1')) {
      forward(request, response, fate === 'drop_answer');
    } else {
      response.writeHead(404).end();
    }
  }

  const server = http.createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)));
    });
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  const unlisten = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) {
        resolve();
        return;
      }
      server.close(() => {
        resolve();
      });
      server.closeAllConnections();
    });
  await listen(0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no address');

  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    setFate(next) {
      fateOf = next;
    },
    goOffline: unlisten,
    goOnline: () => listen(address.port),
    async close() {
      await unlisten();
      agent.destroy();
    },
  };
}
