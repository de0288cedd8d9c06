import type { WriteDatabase } from './database.ts';

/**
 * Brings a database to the last of `migrations`: each in its own transaction together with its `user_version`, so that a
 * kill leaves the old or the new schema, never one between. `newer`: a later version wrote it; nothing was touched.
 */
export function migrate(database: WriteDatabase, migrations: readonly string[]): 'current' | 'newer' {
  const version = schemaVersion(database);
  if (version > migrations.length) return 'newer';
  for (let position = version + 1; position <= migrations.length; position += 1) {
    const migration = migrations[position - 1];
    if (migration === undefined) break;
    database.transaction(() => {
      // Another process may have migrated between the look above and this lock.
      if (schemaVersion(database) >= position) return;
      database.execute(migration);
      database.execute(`pragma user_version = ${position}`);
    });
  }
  return 'current';
}

/** The number of migrations this database has seen. */
export function schemaVersion(database: WriteDatabase): number {
  return database.get<{ user_version: number }>('pragma user_version')?.user_version ?? 0;
}
