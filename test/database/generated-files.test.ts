import { expect, it } from 'vitest';
import { databaseTypesFile, generateDatabaseTypes } from '../../scripts/database/generate-types.ts';
import { listObjects, objectsFile } from '../../scripts/database/list-objects.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('migrated');

const generate = (): Promise<string> => generateDatabaseTypes((query) => database.sql().unsafe(query));

// `npm run database:generate` is this file with --update: both files come from the catalog that the tests run on.
it('keeps the committed types of the schema as the catalog has them', async () => {
  await expect(await generate()).toMatchFileSnapshot(databaseTypesFile);
});

it('keeps the list of objects for operators as the catalog has them', async () => {
  await expect(await listObjects((query) => database.sql().unsafe(query))).toMatchFileSnapshot(objectsFile);
});

it('notices a new argument, a new function and a new column', async () => {
  const before = await generate();
  await database.sql().unsafe(`
    alter table public.partner_members add column nickname text;
    create function public.added_later(p_day date, p_count integer default 1) returns jsonb language sql as 'select null::jsonb';`);
  const after = await generate();
  expect(before).not.toMatch(/nickname|added_later/);
  expect(after).toContain('nickname: string | null');
  expect(after).toMatch(/added_later: \{\s*Args: \{ p_count\?: number; p_day: string \}/);
});
