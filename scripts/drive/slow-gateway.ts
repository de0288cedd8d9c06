import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface SlowGateway {
  /** Of the server, through this gateway. */
  readonly url: string;
  close(): void;
}

/** Stands before a server and lets so many chunks of uploads through; those behind wait until it is closed. */
export async function startSlowGateway(server: string, chunks: number): Promise<SlowGateway> {
  let passed = 0;
  const pass = (incoming: IncomingMessage, answer: ServerResponse): void => {
    if (incoming.url?.includes('upload_members') === true) {
      passed += 1;
      if (passed > chunks) return;
    }
    const target = new URL(incoming.url ?? '/', server);
    const headers = { ...incoming.headers, host: target.host };
    const outgoing = request(target, { method: incoming.method ?? 'GET', headers }, (received) => {
      answer.writeHead(received.statusCode ?? 502, received.headers);
      received.pipe(answer);
    });
    outgoing.on('error', () => incoming.destroy());
    incoming.pipe(outgoing);
  };
  const gateway = createServer(pass);
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  // A TCP server that listens has the address of one.
  const { port } = gateway.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      gateway.closeAllConnections();
      gateway.close();
    },
  };
}
