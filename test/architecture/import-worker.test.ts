import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
/** What a file imports for its values: `import type` goes when it is built. */
const IMPORT = /^(?:import|export)\s(?!type\b)[^;]*?\sfrom '([^']+)';/gm;

/** Every file and package that a file needs to run, itself included. */
function needsOf(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    if (imported.startsWith('.')) needsOf(path.resolve(path.dirname(file), imported), found);
    else found.add(imported);
  }
  return found;
}

it('the thread that reads files starts without the schema library, which takes half as long again', () => {
  const needs = needsOf(path.join(root, 'main/uploads/import-worker.ts'));
  expect([...needs].filter((need) => need.endsWith('import-rows.ts'))).toHaveLength(1);
  expect(needs).toContain('papaparse');
  expect(needs).not.toContain('zod');
});
