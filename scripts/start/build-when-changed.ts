import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const sources = ['main', 'preload', 'renderer', 'shared'];
const files = ['package.json', 'package-lock.json', 'vite.config.ts'];
const products = ['main/main.js', 'main/browser-host.js', 'preload/preload.cjs', 'renderer/index.html'];

/** Names, sizes and times of everything that goes into the build; reading them takes some milliseconds. */
export function sourceFingerprint(root: string): string {
  const hash = createHash('sha256');
  const add = (file: string): void => {
    const { size, mtimeMs } = statSync(path.join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  };
  for (const folder of sources) {
    for (const entry of readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) add(path.relative(root, path.join(entry.parentPath, entry.name)));
    }
  }
  files.forEach(add);
  return hash.digest('hex');
}

/** True when `dist` was built from these very sources. */
export function isBuilt(root: string, fingerprint: string): boolean {
  const stamp = path.join(root, 'dist', 'sources.txt');
  return (
    products.every((file) => existsSync(path.join(root, 'dist', file))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === fingerprint
  );
}

/**
 * Builds `dist` unless it is of these sources already.
 *
 * @throws with the bundler's words when the build fails.
 */
export async function buildWhenChanged(root: string, onBuild: () => void): Promise<void> {
  const fingerprint = sourceFingerprint(root);
  if (isBuilt(root, fingerprint)) return;
  onBuild();
  const vite = path.join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: root });
  mkdirSync(path.join(root, 'dist'), { recursive: true });
  writeFileSync(path.join(root, 'dist', 'sources.txt'), fingerprint);
}
