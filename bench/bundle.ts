import path from 'node:path';
import { build } from 'vite';

/**
 * Bundles scripts as the console's own build bundles the import worker, so that a benchmark measures what is shipped and
 * not the stripping of types. Answers the folder, which lies below the project so that native packages are found.
 */
export async function bundle(name: string, input: Readonly<Record<string, string>>): Promise<string> {
  const root = path.resolve(import.meta.dirname, '..');
  const outDir = path.join(root, '.cache', 'bench', name);
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['node', 'module-sync', 'import', 'default'] },
    ssr: { noExternal: true, external: ['better-sqlite3'] },
    build: {
      ssr: true,
      target: 'node20',
      minify: false,
      outDir,
      emptyOutDir: true,
      copyPublicDir: false,
      rolldownOptions: { input, output: { format: 'es', entryFileNames: '[name].js' } },
    },
  });
  return outDir;
}
