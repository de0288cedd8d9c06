import { createHash } from 'node:crypto';
import { mkdirSync, realpathSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

/** Either this process now holds the folder, or another does and describes itself. */
export type FolderClaim =
  | { readonly held: true; release(): Promise<void> }
  /** `description` is what the holder says about itself; empty when it says nothing in time. */
  | { readonly held: false; readonly description: string };

/**
 * The name that stands for a folder. The operating system gives it back when its process ends in whatever way, so no
 * stale lock can remain: an abstract socket on Linux, a pipe on Windows. On a mac it is a file, checked when found.
 */
function claimName(folder: string, purpose: string): string {
  const hash = createHash('sha256').update(`${userInfo().username}\n${realpathSync(folder)}\n${purpose}`);
  const name = `partner-console-${hash.digest('hex').slice(0, 24)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  // Older Node fills an abstract name with zeros, newer does not: at its full length both have the same.
  return process.platform === 'linux' ? `\0${name.padEnd(107, '-')}` : path.join(tmpdir(), `${name}.sock`);
}

async function listen(name: string, describe: () => string): Promise<net.Server | null> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((connection) => {
      connection.on('error', () => connection.destroy());
      connection.end(describe());
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen(name, () => resolve(server));
  });
}

/** What the holder says; null when nobody is there any more. */
async function ask(name: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const connection = net.connect(name);
    connection.setTimeout(2_000, () => connection.destroy());
    connection.on('data', (data) => (text += data.toString()));
    connection.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(null);
    });
    connection.on('close', () => resolve(text));
  });
}

/**
 * Claims a folder for this process until it ends or releases it. One claim a folder and purpose on a computer.
 * `describe` answers one line of text for whoever comes second.
 */
export async function claimFolder(folder: string, purpose: string, describe: () => string): Promise<FolderClaim> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = claimName(folder, purpose);
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const server = await listen(name, describe);
    if (server !== null) {
      server.unref();
      return {
        held: true,
        release: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
          }),
      };
    }
    const description = await ask(name);
    if (description !== null) return { held: false, description };
    if (process.platform === 'darwin') rmSync(name, { force: true });
  }
  return { held: false, description: '' };
}
