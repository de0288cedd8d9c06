import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exampleFiles } from './example-files/example-files.ts';

// Writes the example files anew: node scripts/examples.ts
const folder = path.resolve(import.meta.dirname, '../examples');
mkdirSync(folder, { recursive: true });
for (const [name, content] of exampleFiles()) writeFileSync(path.join(folder, name), content);
