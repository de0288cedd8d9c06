import http from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import { SOCKET_CLOSE, SOCKET_MESSAGE_LIMIT, SOCKET_PATH } from '../../shared/contract/socket-frames.ts';
import type { Dispatch } from '../ipc/dispatch.ts';
import type { Log } from '../platform/platform.ts';
import { answerRendererFile } from '../platform/renderer-files.ts';
import { BrowserAccess } from './browser-access.ts';
import { refusalPage } from './refusal-page.ts';
import { serveSocket } from './socket-bridge.ts';

export interface ConsoleServer {
  /** The address to open in a browser; its token works once. */
  readonly entryAddress: string;
  readonly origin: string;
  /** Ends connections and stops listening. */
  close(): Promise<void>;
}

export interface ConsoleServerOptions {
  /** The built renderer. */
  readonly rendererFolder: string;
  readonly dispatch: Dispatch;
  /** Subscribes to the application's events; answers the function that ends it. */
  readonly onEvent: (listener: (event: BridgeEvent) => void) => () => void;
  readonly log: Log;
  /** 0 for any free port. */
  readonly port?: number;
}

const needsToken = refusalPage(
  'This console is open for another browser',
  'The address printed at the start works once, in one browser. To use this browser, stop the console with Ctrl+C, start it again, and open the new address here.',
);

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * Serves the console to one browser of this computer: files over HTTP, the bridge over a WebSocket, on loopback only.
 * A second browser is refused with a page that says why; a second tab of the same browser takes the console over, and
 * the first is told so, which makes a reload work without waiting for the old connection to die.
 */
export async function serveConsole(options: ConsoleServerOptions): Promise<ConsoleServer> {
  const server = http.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the console listens on no port');
  const origin = `http://127.0.0.1:${address.port}`;
  const access = new BrowserAccess(origin);

  const answer = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    if (!access.isForThisHost(request)) {
      response.writeHead(421).end();
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    const url = new URL(request.url ?? '/', origin);
    const token = url.pathname === '/' ? url.searchParams.get('token') : null;
    const cookie = token === null ? null : access.redeem(token);
    if (cookie !== null) {
      response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
      return;
    }
    if (!access.isKnown(request)) {
      response.writeHead(403, needsToken.headers).end(needsToken.body);
      return;
    }
    if (token !== null) {
      // The same browser opened the printed address again: its cookie is enough, the token leaves the address bar.
      response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end();
      return;
    }
    const file = await answerRendererFile(options.rendererFolder, url.pathname);
    response.writeHead(file.status, file.headers).end(request.method === 'HEAD' ? undefined : file.body);
  };
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.log('error', 'page_request_failed', { fault: error instanceof Error ? error.name : 'unknown' });
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload: SOCKET_MESSAGE_LIMIT, perMessageDeflate: false });
  let client: { socket: WebSocket; stopEvents: () => void } | null = null;
  server.on('upgrade', (request, stream, head) => {
    if (request.url !== SOCKET_PATH) refuseUpgrade(stream, '404 Not Found');
    else if (!access.isForThisHost(request) || !access.isFromThisOrigin(request) || !access.isKnown(request)) {
      options.log('warn', 'socket_refused');
      refuseUpgrade(stream, '403 Forbidden');
    } else {
      sockets.handleUpgrade(request, stream, head, (socket) => {
        client?.stopEvents();
        client?.socket.close(SOCKET_CLOSE.replaced, 'replaced');
        const sendEvent = serveSocket(socket, options.dispatch);
        const joined = { socket, stopEvents: options.onEvent(sendEvent) };
        client = joined;
        // `ws` reports a message above the limit or a broken frame here, and closes the socket by itself.
        socket.on('error', () => options.log('warn', 'socket_failed'));
        socket.on('close', () => {
          joined.stopEvents();
          if (client === joined) client = null;
        });
      });
    }
  });

  return {
    origin,
    entryAddress: access.entryAddress,
    close: async () => {
      client?.stopEvents();
      for (const socket of sockets.clients) socket.close(SOCKET_CLOSE.stopping, 'stopping');
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 300);
      server.closeIdleConnections();
      await closed;
    },
  };
}
