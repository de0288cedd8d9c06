import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { extractFile, listPackage } from '@electron/asar';
import * as z from 'zod';

/** One thing that must not be in a package, or is missing from it. */
export interface PackageProblem {
  readonly file: string;
  readonly reason: string;
}

const required = [
  'package.json',
  'dist/main/main.js',
  'dist/main/import-worker.js',
  'dist/main/inspect-worker.js',
  'dist/preload/preload.cjs',
  'dist/renderer/index.html',
  'node_modules/better-sqlite3/package.json',
];

/** Places a file of the package may come from; anything else was packed by accident. */
const rightful = [
  /^package\.json$/,
  /^dist\/main\/[\w.-]+\.js$/,
  /^dist\/preload\/preload\.cjs$/,
  /^dist\/renderer\/(?:index\.html|[\w.-]+\.(?:png|ico|svg)|assets\/[\w.-]+\.(?:js|css|woff2|svg|png))$/,
  /^node_modules\/better-sqlite3\/(?:LICENSE|package\.json|lib\/[\w./-]+\.js|(?:prebuilds|build\/Release)\/[\w.-]+\.node)$/,
];

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\.map$/, 'source map'],
  [/\.tsx?$/, 'source'],
  [/(^|\/)(test|tests|__tests__|bench)\/|\.test\./, 'test'],
  [/(^|\/)\.env|\.(pem|key|p12|pfx|crt|keystore)$|id_(rsa|ed25519)/, 'key or environment file'],
];

/** What is wrong with a list of packed files (paths inside the archive, with forward slashes). */
export function judgeFiles(files: readonly string[], dependencies: readonly string[]): PackageProblem[] {
  const problems: PackageProblem[] = [];
  for (const file of files) {
    const named = forbidden.find(([pattern]) => pattern.test(file));
    const packed = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1];
    if (named !== undefined) problems.push({ file, reason: named[1] });
    else if (packed !== undefined && !dependencies.includes(packed))
      problems.push({ file, reason: 'development dependency' });
    else if (!rightful.some((pattern) => pattern.test(file)))
      problems.push({ file, reason: 'belongs to no known place' });
  }
  for (const file of required) if (!files.includes(file)) problems.push({ file, reason: 'missing' });
  return problems;
}

const secrets: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'private key'],
  [/\bsb_secret_[A-Za-z0-9]{8,}/, 'secret key of a Supabase project'],
  [/\beyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{10,}/, 'token'],
  [/service_role["']?\s*[:=]\s*["'][\w.-]{20,}/, 'service role key'],
  [/postgres(?:ql)?:\/\/[^\s"'`$]+:[^\s"'`$]+@/, 'database address with a password'],
  [/sourceMappingURL=data:/, 'embedded source map'],
];

/** What in the text of a packed file must never leave the project. */
export function judgeText(file: string, text: string): PackageProblem[] {
  return secrets.filter(([pattern]) => pattern.test(text)).map(([, reason]) => ({ file, reason }));
}

export interface PackageReport {
  readonly problems: readonly PackageProblem[];
  readonly files: number;
  /** Bytes of the archive. */
  readonly archiveSize: number;
  /** Bytes of the whole unpacked app, Electron included. */
  readonly installedSize: number;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((size, entry) => size + statSync(path.join(entry.parentPath, entry.name)).size, 0);
}

/** Looks into an unpacked app: which files its archive holds, what their text gives away, how large it all is. */
export function inspectPackage(appFolder: string, archive: string): PackageReport {
  const entries = listPackage(archive, { isPack: false }).map((file) => file.replaceAll('\\', '/').replace(/^\//, ''));
  const folders = new Set(entries.map((file) => path.posix.dirname(file)));
  const files = entries.filter((file) => !folders.has(file));
  const read = (file: string): Buffer => extractFile(archive, path.normalize(file));
  const project = z
    .object({ dependencies: z.record(z.string(), z.string()), devDependencies: z.unknown().optional() })
    .parse(JSON.parse(read('package.json').toString()));
  const problems = judgeFiles(files, Object.keys(project.dependencies));
  for (const file of files.filter((name) => /\.(?:js|cjs|json|html|css)$/.test(name))) {
    problems.push(...judgeText(file, read(file).toString()));
  }
  return { problems, files: files.length, archiveSize: readFileSync(archive).length, installedSize: sizeOf(appFolder) };
}
