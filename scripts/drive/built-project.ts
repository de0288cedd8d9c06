import path from 'node:path';
import { buildWhenChanged } from '../start/build-when-changed.ts';

/** The checkout, as the hosts under test see it. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

/** Builds `dist` when the sources changed since the last build. */
export async function ensureBuilt(): Promise<void> {
  await buildWhenChanged(projectRoot, () => undefined);
}
