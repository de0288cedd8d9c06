import path from 'node:path';
import { build, Platform } from 'electron-builder';
import { findElectronSource } from './package/electron-source.ts';
import { buildWhenChanged } from './start/build-when-changed.ts';

/** `npm run package:dir`: the unpacked app for this platform, from the Electron that is here. Nothing is signed. */
const root = path.resolve(import.meta.dirname, '..');
await buildWhenChanged(root, () => process.stdout.write('Building …\n'));
const source = findElectronSource(root, process.env);
const folders = await build({
  projectDir: root,
  targets: Platform.current().createTarget('dir'),
  publish: 'never',
  config: {
    extends: 'electron-builder.yml',
    // Without one, electron-builder downloads the version that package.json names.
    ...(source === null ? {} : { electronDist: source.folder, electronVersion: source.version }),
  },
});
process.stdout.write(`Unpacked app of Electron ${source?.version ?? 'as downloaded'} in release/\n`);
if (folders.length > 0) process.stdout.write(`${folders.join('\n')}\n`);
