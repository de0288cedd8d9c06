import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface MigrationFile {
  /** The 14 digits that the Supabase CLI records as applied. */
  readonly version: string;
  readonly name: string;
  readonly sql: string;
}

export const supabaseFolder = path.join(import.meta.dirname, '..', '..', 'supabase');

/** The migrations of a folder in the order of their versions. Throws on a file that the Supabase CLI would not take. */
export function readMigrations(folder: string = path.join(supabaseFolder, 'migrations')): MigrationFile[] {
  return readdirSync(folder)
    .toSorted()
    .map((file) => {
      const parts = /^(\d{14})_([a-z0-9_]+)\.sql$/.exec(file);
      if (parts?.[1] === undefined || parts[2] === undefined) throw new Error(`Not a migration's name: ${file}`);
      return { version: parts[1], name: parts[2], sql: readFileSync(path.join(folder, file), 'utf8') };
    });
}

export function readSeed(): string {
  return readFileSync(path.join(supabaseFolder, 'seed.sql'), 'utf8');
}
