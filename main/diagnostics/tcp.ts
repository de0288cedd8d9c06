import http from 'node:http';
import net from 'node:net';

/** A TCP connection, or the error of the operating system. The caller destroys it. */
export async function connectTcp(host: string, port: number, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port });
    const giveUp = (): void => void socket.destroy();
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
    socket.once('close', () => {
      signal.removeEventListener('abort', giveUp);
      reject(new Error('closed'));
    });
  });
}

export interface TunnelAnswer {
  readonly status: number;
  /** What the proxy wants for a sign-in, e.g. `Negotiate, NTLM`. */
  readonly schemes: string;
  /** The connection through the proxy, when it was granted. The caller destroys it. */
  readonly socket: net.Socket | null;
}

/** Asks an HTTP proxy for a connection to the server, as a browser does before TLS. */
export async function openTunnel(
  proxy: { readonly host: string; readonly port: number },
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<TunnelAnswer> {
  return new Promise((resolve, reject) => {
    const address = `${target.host}:${target.port}`;
    const request = http.request({ ...proxy, method: 'CONNECT', path: address, headers: { host: address }, signal });
    request.once('connect', (answer, socket: net.Socket) => {
      const status = answer.statusCode ?? 0;
      const granted = status >= 200 && status < 300;
      if (!granted) socket.destroy();
      resolve({ status, schemes: schemesOf(answer), socket: granted ? socket : null });
    });
    request.once('response', (answer) => {
      answer.destroy();
      resolve({ status: answer.statusCode ?? 0, schemes: schemesOf(answer), socket: null });
    });
    request.once('error', reject);
    request.end();
  });
}

function schemesOf(answer: http.IncomingMessage): string {
  const offered = answer.headers['proxy-authenticate'];
  const lines = Array.isArray(offered) ? offered : offered === undefined ? [] : offered.split(',');
  const schemes = lines
    .map((line) => line.trim().split(/\s/)[0] ?? '')
    .filter((scheme) => /^[A-Za-z-]{2,20}$/.test(scheme));
  return [...new Set(schemes)].join(', ');
}
