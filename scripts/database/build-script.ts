import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readMigrations, supabaseFolder } from './migration-files.ts';

/** Where the script stands that an administrator pastes into the SQL editor of an existing project. */
export const existingProjectScript = path.join(supabaseFolder, 'existing-project.sql');

/** The migrations as ONE script in one transaction. It may be run again at any time; it stops without a change on bad data. */
export function buildExistingProjectScript(): string {
  const head = [
    '-- Partner Console: everything an existing Supabase project needs, in one transaction.',
    '-- Generated from supabase/migrations by `node scripts/database/build-script.ts`; change the migrations, not this file.',
    '--',
    '-- Run it in the SQL editor as it is. It may be run again without harm. On data that it cannot bring over (two members of one',
    '-- partner with the same e-mail, a negative balance, an unknown status …) it stops, names the rows, and changes nothing.',
    '-- Row level security policies that stand on these tables are replaced; each one is named in a notice.',
    '',
    'begin;',
    '-- Rather stop than make everybody wait behind a table that somebody else holds; once it has begun, it may take its time.',
    `set local lock_timeout = '5s';`,
    'set local statement_timeout = 0;',
  ];
  const parts = readMigrations().map(({ version, name, sql }) => `\n-- ${version}_${name}.sql\n\n${sql.trim()}\n`);
  return `${head.join('\n')}\n${parts.join('')}\ncommit;\n`;
}

if (import.meta.main) {
  writeFileSync(existingProjectScript, buildExistingProjectScript());
}
