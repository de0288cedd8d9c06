import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const supabaseFolder = path.join(root, 'supabase');

/** One file of `supabase/migrations`; `version` is the time stamp in front of its name. */
export interface ProjectMigration {
  readonly version: string;
  readonly name: string;
  readonly sql: string;
}

/** The project's migrations, oldest first. */
export function readProjectMigrations(): readonly ProjectMigration[] {
  const folder = path.join(supabaseFolder, 'migrations');
  return readdirSync(folder)
    .filter((file) => /^\d{14}_\w+\.sql$/.test(file))
    .toSorted()
    .map((file) => ({
      version: file.slice(0, 14),
      name: file.slice(15, -'.sql'.length),
      sql: readFileSync(path.join(folder, file), 'utf8'),
    }));
}

/** The demo data. */
export function readSeed(): string {
  return readFileSync(path.join(supabaseFolder, 'seed.sql'), 'utf8');
}

/** Names one state of the sandbox's database: it changes when a migration, the seed, or the engine changes. */
export function sandboxFingerprint(): string {
  const hash = createHash('sha256');
  for (const engine of ['@supabase/lite', '@electric-sql/pglite']) {
    hash.update(readFileSync(path.join(root, 'node_modules', engine, 'package.json')));
  }
  for (const migration of readProjectMigrations()) hash.update(migration.name).update(migration.sql);
  hash.update(readSeed());
  hash.update(readFileSync(path.join(import.meta.dirname, 'sandbox-database.ts')));
  return hash.digest('hex').slice(0, 20);
}
