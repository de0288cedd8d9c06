import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApplicationFile } from '../../../main/settings/application-file.ts';

describe('what this computer remembers outside of accounts', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'partner-console-application-'));
    file = path.join(folder, 'application.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const open = () => openApplicationFile(folder, () => undefined);

  it('is there again after a restart', () => {
    open().update((state) => ({ ...state, appearance: 'dark', lastEmail: 'admin@company.example' }));
    expect(open().read()).toMatchObject({ appearance: 'dark', lastEmail: 'admin@company.example', accounts: [] });
    expect(existsSync(`${file}.next`)).toBe(false);
  });

  it.skipIf(process.platform === 'win32')('is readable by its OS user alone', () => {
    open().update((state) => ({ ...state, appearance: 'dark' }));
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each(['', '{"appearance":"da', '{"appearance":"pink"}'])('sets %j aside instead of overwriting it', (text) => {
    writeFileSync(file, text);
    expect(open().read()).toMatchObject({ appearance: 'system', accounts: [] });
    expect(readFileSync(`${file}.unreadable`, 'utf8')).toBe(text);
  });

  it('keeps the old state when the new one cannot be written', () => {
    const opened = open();
    opened.update((state) => ({ ...state, appearance: 'dark' }));
    rmSync(folder, { recursive: true });
    expect(() => opened.update((state) => ({ ...state, appearance: 'light' }))).toThrow(/ENOENT/);
    expect(opened.read().appearance).toBe('dark');
  });
});
