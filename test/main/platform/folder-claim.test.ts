import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  claimDataFolder,
  createDataFolder,
  DataFolderBusyError,
  DataFolderUnusableError,
  defaultDataFolder,
} from '../../../main/platform/data-folder.ts';
import { claimFolder } from '../../../main/platform/folder-claim.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'folder-claim-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('claim of a folder', () => {
  it('has one holder, who tells the second about itself, until it is released', async () => {
    const first = await claimFolder(folder, 'console', () => 'the first');
    expect(first.held).toBe(true);
    expect(await claimFolder(folder, 'console', () => 'the second')).toEqual({ held: false, description: 'the first' });
    expect((await claimFolder(folder, 'sandbox', () => '')).held).toBe(true);
    if (first.held) await first.release();
    expect((await claimFolder(folder, 'console', () => '')).held).toBe(true);
  });

  it('is free again after its holder was killed', async () => {
    const module = new URL('../../../main/platform/folder-claim.ts', import.meta.url).href;
    const script = `const { claimFolder } = await import(${JSON.stringify(module)});
      const claim = await claimFolder(${JSON.stringify(folder)}, 'console', () => 'child');
      console.log(claim.held); setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(String((await once(child.stdout, 'data'))[0]).trim()).toBe('true');
    expect(await claimFolder(folder, 'console', () => '')).toEqual({ held: false, description: 'child' });
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect((await claimFolder(folder, 'console', () => '')).held).toBe(true);
  });

  it('refuses a second console on a data folder in words that say what to do', async () => {
    await claimDataFolder(folder, 'browser');
    const second = claimDataFolder(folder, 'electron');
    await expect(second).rejects.toBeInstanceOf(DataFolderBusyError);
    await expect(second).rejects.toThrow(/browser, process \d+.*PARTNER_CONSOLE_DATA/);
  });
});

describe('data folder', () => {
  it('is readable by this user alone, also when it was not before', () => {
    const open = path.join(folder, 'a/b');
    createDataFolder(open);
    expect(statSync(open).mode & 0o777).toBe(0o700);
  });

  it('is refused, with its name and what to do, where nothing can be kept', () => {
    const file = path.join(folder, 'file');
    writeFileSync(file, '');
    for (const unusable of [file, path.join(file, 'below')]) {
      const message = `The data folder ${unusable} cannot be used (`;
      expect(() => createDataFolder(unusable)).toThrow(DataFolderUnusableError);
      expect(() => createDataFolder(unusable)).toThrow(message);
      expect(() => createDataFolder(unusable)).toThrow('PARTNER_CONSOLE_DATA');
    }
  });

  it('lies where the system keeps the data of applications', () => {
    expect(defaultDataFolder({}, 'linux', '/home/a')).toBe('/home/a/.config/Partner Console');
    expect(defaultDataFolder({ XDG_CONFIG_HOME: '/x' }, 'linux', '/home/a')).toBe('/x/Partner Console');
    expect(defaultDataFolder({}, 'darwin', '/Users/a')).toBe('/Users/a/Library/Application Support/Partner Console');
    expect(defaultDataFolder({ APPDATA: '/roaming' }, 'win32', '/a')).toBe('/roaming/Partner Console');
  });
});
