import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseHost, fetchElectron, type HostQuestion } from '../../scripts/start/choose-host.ts';
import { findElectron } from '../../scripts/start/find-electron.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'choose-host-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, content = ''): string {
  const target = path.join(root, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
  return target;
}

/** A Linux desktop without Electron; `fetched` counts the attempts to get it. */
function question(changes: Partial<HostQuestion> = {}): HostQuestion & { fetched: () => number } {
  let fetched = 0;
  return {
    root,
    environment: { DISPLAY: ':0' },
    system: 'linux',
    userId: 1_000,
    wantsBrowser: false,
    fetchElectron: () => {
      fetched += 1;
      return Promise.resolve();
    },
    fetched: () => fetched,
    ...changes,
  };
}

describe('choice of the host', () => {
  it('is Electron where its binary and a display are', async () => {
    const executable = put('node_modules/electron/dist/electron');
    const asked = question();
    expect(await chooseHost(asked)).toEqual({ kind: 'electron', executable, arguments: [], note: null });
    expect(asked.fetched()).toBe(0);
  });

  it('turns Chromium’s sandbox off for root on Linux only, and says so', async () => {
    put('node_modules/electron/dist/electron');
    expect(await chooseHost(question({ userId: 0 }))).toMatchObject({
      arguments: ['--no-sandbox'],
      note: expect.stringContaining('Running as root'),
    });
    put('node_modules/electron/dist/Electron.app/Contents/MacOS/Electron');
    expect(await chooseHost(question({ userId: 0, system: 'darwin' }))).toMatchObject({ arguments: [], note: null });
  });

  it('tries once to fetch a missing binary, then says in one line that the browser takes over', async () => {
    const asked = question();
    const chosen = await chooseHost(asked);
    expect(chosen).toMatchObject({
      kind: 'browser',
      note: expect.stringMatching(/^Electron is not installed.*browser instead\.$/),
    });
    expect(asked.fetched()).toBe(1);
  });

  it('uses what the fetch brought', async () => {
    const fetching = question({
      fetchElectron: () => {
        put('node_modules/electron/dist/electron');
        return Promise.resolve();
      },
    });
    expect((await chooseHost(fetching)).kind).toBe('electron');
  });

  it('fetches nothing where no window could open', async () => {
    const asked = question({ environment: { DISPLAY: '' } });
    expect(await chooseHost(asked)).toMatchObject({ kind: 'browser', note: expect.stringContaining('No display') });
    expect(asked.fetched()).toBe(0);
    put('node_modules/electron/dist/electron');
    expect((await chooseHost(question({ environment: { WAYLAND_DISPLAY: 'wayland-0' } }))).kind).toBe('electron');
  });

  it('is the browser when that is wanted', async () => {
    put('node_modules/electron/dist/electron');
    expect(await chooseHost(question({ wantsBrowser: true }))).toEqual({ kind: 'browser', note: null });
  });

  it('ends a fetch that hangs', async () => {
    put('node_modules/electron/install.js', 'setInterval(() => {}, 1000)');
    await fetchElectron(root, 200);
    expect(findElectron(root, {}, 'linux')).toBeNull();
  });
});

describe('finding Electron', () => {
  it('honours path.txt and ELECTRON_OVERRIDE_DIST_PATH', () => {
    put('node_modules/electron/path.txt', 'electron-special');
    const special = put('elsewhere/electron-special');
    expect(findElectron(root, {}, 'linux')).toBeNull();
    expect(findElectron(root, { ELECTRON_OVERRIDE_DIST_PATH: path.join(root, 'elsewhere') }, 'linux')).toBe(special);
  });
});
