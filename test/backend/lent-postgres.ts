import { applyMigrations, connect } from './start-postgres.ts';
import type { TestPostgres } from './start-postgres.ts';
import { readSeed } from '../../scripts/database/migration-files.ts';

/**
 * Makes the three templates of a test's databases on a server that runs, from the migrations of a folder, for a test in
 * another process: `PARTNER_CONSOLE_LENT_POSTGRES=<port>/<prefix>` gives them to it. Throws where the migrations fail.
 */
export async function lendTemplates(postgres: TestPostgres, prefix: string, folder: string): Promise<void> {
  const admin = connect(postgres.server.databaseUrl('postgres'));
  const within = async (name: string, source: string, fill: (sql: ReturnType<typeof connect>) => Promise<unknown>) => {
    await admin.unsafe(`create database ${prefix}_${name} template ${source}`);
    const sql = connect(postgres.server.databaseUrl(`${prefix}_${name}`));
    try {
      await fill(sql);
    } finally {
      await sql.end();
    }
  };
  try {
    await within('bare', 'template_bare', () => Promise.resolve());
    await within('migrated', `${prefix}_bare`, (sql) => applyMigrations(sql, folder));
    await within('seeded', `${prefix}_migrated`, (sql) => sql.begin((transaction) => transaction.unsafe(readSeed())));
  } finally {
    await admin.end();
  }
}

/** Removes the templates and whatever was cloned from them. */
export async function takeTemplatesBack(postgres: TestPostgres, prefix: string): Promise<void> {
  const admin = connect(postgres.server.databaseUrl('postgres'));
  try {
    const names = await admin<{ name: string }[]>`
      select datname as name from pg_catalog.pg_database where starts_with(datname, ${`${prefix}_`})`;
    for (const { name } of names) await admin.unsafe(`drop database ${name} with (force)`);
  } finally {
    await admin.end();
  }
}
