import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openTestDatabase } from '../../builders/database.ts';

const nobody = 65_534;
const sourceOf = (name: string): string => JSON.stringify(new URL(`../../../main/${name}`, import.meta.url).href);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'partner-console-read-only-'));
  chmodSync(folder, 0o755);
});
afterEach(() => {
  chmodSync(path.join(folder, 'account'), 0o755);
  rmSync(folder, { recursive: true });
});

/** What `expression` answers in a process that may not write everywhere: nobody's, where this one is root's. */
function askUnprivileged(imports: string, expression: string): unknown {
  const script = `${imports}
    if (process.getuid?.() === 0) process.seteuid(${nobody});
    process.stdout.write(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }));
}

it('a database that may not be written is answered clearly, and left as it is', () => {
  const account = path.join(folder, 'account');
  mkdirSync(account);
  const { database } = openTestDatabase(account);
  const { file } = database;
  database.close();
  const before = readFileSync(file);
  chmodSync(file, 0o444);
  chmodSync(account, 0o555);
  const opened = askUnprivileged(
    `import { openDatabase } from ${sourceOf('cache/open.ts')};`,
    `openDatabase(${JSON.stringify(file)})`,
  );
  expect(opened).toEqual({ ok: false, error: { code: 'cache_unavailable', reason: 'read_only' } });
  expect(readdirSync(account)).toEqual([path.basename(file)]);
  expect(readFileSync(file).equals(before)).toBe(true);
});

it('a data folder that may not be written is named, with what to do', () => {
  mkdirSync(path.join(folder, 'account'), { mode: 0o555 });
  const refusal = askUnprivileged(
    `import { createDataFolder } from ${sourceOf('platform/data-folder.ts')};
     const refusal = () => { try { return createDataFolder(${JSON.stringify(path.join(folder, 'account/data'))}); } catch (error) { return error.message; } };`,
    'refusal()',
  );
  expect(refusal).toContain('account/data cannot be used (EACCES)');
});
