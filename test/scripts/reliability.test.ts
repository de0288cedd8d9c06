import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

it('every proof that the table of reliability names is there', () => {
  const text = readFileSync(path.join(root, 'docs/reliability.md'), 'utf8');
  const named = [...text.matchAll(/\btest\/[\w/.-]+/g)].map(([file]) => file);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});
