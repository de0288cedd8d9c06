import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { claimFolder } from '../../main/platform/folder-claim.ts';
import { startMessage, type SandboxMessage, type StartMessage } from './sandbox-messages.ts';
import { openSandboxDatabase, type SandboxDatabase } from './sandbox-database.ts';
import { ensureBakedFile, SandboxBuildError } from './baked-file.ts';
import { sandboxFingerprint } from './project-migrations.ts';
import {
  databaseFolder,
  readSandboxState,
  resetSandboxState,
  writeSandboxState,
  type SandboxState,
} from './sandbox-state.ts';

async function listen(database: SandboxDatabase, port: number): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve({
      port,
      hostname: '127.0.0.1',
      // The adapter's own Response would send the length a second time, which HTTP clients refuse.
      overrideGlobalObjects: false,
      fetch: (request, { incoming }) =>
        database.app.fetch(request, {
          peerAddress: 'socket' in incoming ? (incoming.socket.remoteAddress ?? null) : null,
        }),
    });
    server.once('error', reject);
    server.once('listening', () => {
      const address: AddressInfo | string | null = server.address();
      if (address === null || typeof address === 'string') {
        reject(new Error('the sandbox listens on no port'));
        return;
      }
      resolve({
        port: address.port,
        close: () =>
          new Promise((done) => {
            server.close(() => done());
            if ('closeAllConnections' in server) server.closeAllConnections();
          }),
      });
    });
  });
}

/**
 * Listens on the port of the last start, so that the console that knows its address finds it again. A first port is
 * chosen below those that operating systems give away to connections going out (from 32768 on): while the sandbox is
 * stopped, any program could be given one of these. Where all tries are taken, the operating system chooses.
 */
async function listenNear(database: SandboxDatabase, port: number | null): ReturnType<typeof listen> {
  const tries = Array.from({ length: 10 }, () => randomInt(20_000, 30_000));
  for (const candidate of port === null ? tries : [port, ...tries]) {
    try {
      return await listen(database, candidate);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    }
  }
  return listen(database, 0);
}

/** Opens what the folder holds, or the demo data where it is empty, outdated or to be thrown away. */
async function openFolder(
  { dataFolder, fresh }: StartMessage,
  notice: (text: string) => void,
): Promise<{ database: SandboxDatabase; state: SandboxState }> {
  const fingerprint = sandboxFingerprint();
  const kept = fresh ? null : readSandboxState(dataFolder);
  const folder = databaseFolder(dataFolder);
  if (kept?.fingerprint === fingerprint) {
    return { database: await openSandboxDatabase({ keys: kept, folder }), state: kept };
  }
  if (kept !== null) notice("The project's database has changed: the sandbox begins anew with the demo data.");
  const bakedFile = await ensureBakedFile(() =>
    notice('Preparing the sandbox for the first time (about 15 seconds) …'),
  );
  const state = resetSandboxState(dataFolder, fingerprint);
  const database = await openSandboxDatabase({ keys: state, folder, baked: new Blob([readFileSync(bakedFile)]) });
  return { database, state };
}

async function run(message: StartMessage, send: (answer: SandboxMessage) => void): Promise<void> {
  let ready: SandboxMessage | null = null;
  const claim = await claimFolder(message.dataFolder, 'sandbox', () => (ready === null ? '' : JSON.stringify(ready)));
  if (!claim.held) {
    send({ kind: 'busy', ready: claim.description });
    process.disconnect();
    return;
  }
  const { database, state } = await openFolder(message, (text) => send({ kind: 'notice', text }));
  const server = await listenNear(database, state.port);
  const url = `http://127.0.0.1:${server.port}`;
  writeSandboxState(message.dataFolder, { ...state, port: server.port });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    void server
      .close()
      .then(() => database.close())
      .finally(() => process.exit(0));
  };
  // The parent is gone, however it went: nobody is left to use the sandbox.
  process.on('disconnect', stop);
  // Ctrl+C in a terminal reaches the whole group; the parent decides when the sandbox goes.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', stop);
  ready = { kind: 'ready', url, publishableKey: state.publishableKey };
  send(ready);
  if (!process.connected) stop();
}

function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error instanceof SandboxBuildError) return error.message;
  return 'code' in error ? `${error.name} ${String(error.code)}` : error.name;
}

/** Runs as a child of start-sandbox.ts only. */
const send = (answer: SandboxMessage): void => void process.send?.(answer);
process.once('message', (message) => {
  run(startMessage.parse(message), send).catch((error: unknown) => {
    send({ kind: 'failed', error: describeFailure(error) });
    process.disconnect();
    process.exitCode = 1;
  });
});
