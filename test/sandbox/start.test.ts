import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let started: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'start-test-'));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

interface Start {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves when the output has this. */
  readonly until: (text: string) => Promise<void>;
  readonly code: Promise<number | null>;
}

/** `npm start` on a computer without a display. */
function start(environment: Record<string, string> = {}, arguments_: string[] = []): Start {
  const { DISPLAY: _x11, WAYLAND_DISPLAY: _wayland, ...inherited } = process.env;
  const child = spawn(process.execPath, [path.join(root, 'scripts/start.ts'), ...arguments_], {
    env: { ...inherited, PARTNER_CONSOLE_DATA: folder, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let output = '';
  const waiting = new Set<() => void>();
  const add = (data: unknown): void => {
    output += String(data);
    for (const check of waiting) check();
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const code = once(child, 'exit').then(([exitCode]) => (typeof exitCode === 'number' ? exitCode : null));
  return {
    child,
    code,
    output: () => output,
    until: async (text) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (output.includes(text)) resolve();
        };
        waiting.add(check);
        check();
        void code.then(() => reject(new Error(`ended without “${text}”:\n${output}`)));
      }),
  };
}

const addressIn = (output: string): string => /http:\/\/127\.0\.0\.1:\d+\/\?token=\S+/.exec(output)?.[0] ?? '';

describe.runIf(process.platform === 'linux')('npm start without a display', () => {
  it('says why in one line, serves the console in a browser, and stops everything on Ctrl+C', async () => {
    const { child, output, until, code } = start();
    await until('Ctrl+C stops the console.');
    expect(output()).toContain('Demo sign-in: demo@partner-console.example / Demo-2026-credits');
    expect(output().match(/^No display is there for a window: .*browser instead\.$/gm)).toHaveLength(1);
    const address = addressIn(output());
    const page = await fetch(address, { redirect: 'manual' });
    expect(page.status).toBe(303);
    const sandbox = /sandbox with demo data at (\S+)/.exec(output())?.[1] ?? '';
    expect((await fetch(`${sandbox}/auth/v1/health`)).status).toBeLessThan(500);

    child.kill('SIGINT');
    expect(await code).toBe(0);
    await expect(fetch(address)).rejects.toThrow('fetch failed');
    await expect(fetch(sandbox)).rejects.toThrow('fetch failed');
  });

  it('tells a second start on the same data folder clearly, and leaves the first alone', async () => {
    const first = start();
    await first.until('Ctrl+C stops the console.');
    const second = start();
    expect(await second.code).toBe(3);
    expect(second.output()).toMatch(/Another Partner Console \(browser, process \d+\) is using the data folder/);
    expect((await fetch(addressIn(first.output()), { redirect: 'manual' })).status).toBe(303);
    first.child.kill('SIGTERM');
    expect(await first.code).toBe(0);
  });

  it('uses a real project where one is named, and starts no sandbox', async () => {
    const project = { SUPABASE_URL: 'http://127.0.0.1:9', SUPABASE_PUBLISHABLE_KEY: 'sb_publishable_x' };
    const { child, output, until, code } = start(project);
    await until('Ctrl+C stops the console.');
    expect(output()).toContain('Server: http://127.0.0.1:9');
    expect(output()).not.toContain('sandbox');
    child.kill('SIGINT');
    expect(await code).toBe(0);
    const refused = start(project, ['--fresh']);
    expect(await refused.code).toBe(1);
    expect(refused.output().trim()).toBe(
      '--fresh empties the sandbox; it does nothing to a real project. Leave it out.',
    );
  });
});
