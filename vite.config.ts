import { builtinModules } from 'node:module';
import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type EnvironmentOptions } from 'vite';
import project from './package.json' with { type: 'json' };

const at = (file: string): string => path.resolve(import.meta.dirname, file);
const dependencies = Object.keys(project.dependencies);
const builtin = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`), 'electron']);

/**
 * A bundle for Node: everything is inlined but the native packages that stand in `dependencies`. Built for Node 20
 * syntax, so that the same bundle runs in older and current Electron.
 */
function forNode(folder: string, input: Record<string, string>, format: 'es' | 'cjs'): EnvironmentOptions {
  return {
    consumer: 'server',
    define: { 'process.env.NODE_ENV': '"production"' },
    resolve: { conditions: ['node', 'module-sync', 'import', 'default'], noExternal: true, external: [] },
    build: {
      outDir: at(`dist/${folder}`),
      emptyOutDir: true,
      target: 'node20',
      minify: false,
      sourcemap: true,
      copyPublicDir: false,
      ssr: true,
      rolldownOptions: {
        input,
        platform: 'node',
        external: (id) => builtin.has(id) || dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
        output: {
          format,
          entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
          // Beside the entries: a file's own address then leads to the same places, whichever chunk it lands in.
          chunkFileNames: '[name]-[hash].js',
        },
      },
    },
  };
}

export default defineConfig({
  root: at('renderer'),
  base: './',
  // The host replaces this by the nonce of each answer; the page passes it on to styles made at run time.
  html: { cspNonce: '__CSP_NONCE__' },
  plugins: [react()],
  environments: {
    client: {
      build: {
        outDir: at('dist/renderer'),
        emptyOutDir: true,
        target: 'chrome130',
        sourcemap: true,
        chunkSizeWarningLimit: 2_000,
        rolldownOptions: { input: { index: at('renderer/index.html') } },
      },
    },
    main: forNode(
      'main',
      {
        main: at('main/main.ts'),
        'browser-host': at('main/hosts/browser-host.ts'),
        'import-worker': at('main/uploads/import-worker.ts'),
        'inspect-worker': at('main/diagnostics/inspect-worker.ts'),
      },
      'es',
    ),
    preload: forNode(
      'preload',
      { preload: at('preload/preload.ts'), 'before-ready': at('main/before-ready.ts') },
      'cjs',
    ),
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments)) {
        if (environment.name !== 'ssr') await builder.build(environment);
      }
    },
  },
});
