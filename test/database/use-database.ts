import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Sql } from 'postgres';
import { startPostgres } from '../backend/start-postgres.ts';
import type { Content, TestDatabase, TestPostgres } from '../backend/start-postgres.ts';

/** One server for the file, a new database for each of its tests; `sql()` and `url()` are of the current one. */
export function useDatabase(content: Content = 'seeded'): { sql(): Sql; url(): string } {
  let postgres: TestPostgres | null = null;
  let database: TestDatabase | null = null;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.close());
  beforeEach(async () => {
    database = (await postgres?.createDatabase(content)) ?? null;
  });
  afterEach(() => database?.drop());

  function current(): TestDatabase {
    if (database === null) throw new Error('there is a database only within a test');
    return database;
  }
  return { sql: () => current().sql, url: () => current().dbUrl };
}
