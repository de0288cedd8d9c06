import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inspectPackage } from './package/inspect-package.ts';

/** `npm run package:check`: looks into every unpacked app in release/ and says what should not be there. */
const release = path.resolve(import.meta.dirname, '../release');
const apps = existsSync(release)
  ? readdirSync(release, { recursive: true, encoding: 'utf8' }).filter((file) => path.basename(file) === 'app.asar')
  : [];
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

if (apps.length === 0) {
  process.stderr.write('There is no unpacked app in release/: run npm run package:dir first.\n');
  process.exitCode = 1;
}
for (const app of apps) {
  const folder = path.join(release, app.split(path.sep)[0] ?? '');
  const report = inspectPackage(folder, path.join(release, app));
  process.stdout.write(
    `${path.basename(folder)}: ${report.files} files, archive ${megabytes(report.archiveSize)}, installed ${megabytes(report.installedSize)}\n`,
  );
  for (const { file, reason } of report.problems) process.stdout.write(`  ${reason}: ${file}\n`);
  if (report.problems.length > 0) process.exitCode = 1;
}
