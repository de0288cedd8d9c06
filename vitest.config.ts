import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Threads that read TypeScript share WebAssembly, and V8 13.6 can abort while one of them replaces a wrapper that another uses.
// What is packaged has neither.
const execArgv = ['--wasm-wrapper-tiering-budget=1000000000'];
const slow = { testTimeout: 60_000, hookTimeout: 120_000, execArgv };

export default defineConfig({
  test: {
    // The suites run one after the other: each may have the whole computer.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['test/{shared,main,preload,scripts,architecture}/**/*.test.ts'],
          testTimeout: 20_000,
          execArgv,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'renderer',
          environment: 'jsdom',
          include: ['test/renderer/**/*.test.{ts,tsx}'],
          testTimeout: 60_000,
        },
      },
      { test: { name: 'database', environment: 'node', include: ['test/{database,soak}/**/*.test.ts'], ...slow } },
      { test: { name: 'contract', environment: 'node', include: ['test/contract/**/*.test.ts'], ...slow } },
      { test: { name: 'sync', environment: 'node', include: ['test/{sync,chaos,model}/**/*.test.ts'], ...slow } },
      { test: { name: 'sandbox', environment: 'node', include: ['test/sandbox/**/*.test.ts'], ...slow } },
      {
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'desktop',
          environment: 'node',
          include: ['test/desktop/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
