import path from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Builds every screen with made-up data: `npx vite build --config test/renderer/preview/vite.config.ts`. */
export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react()],
  build: {
    outDir: path.resolve(import.meta.dirname, '../../../.cache/preview'),
    emptyOutDir: true,
    target: 'chrome130',
  },
});
