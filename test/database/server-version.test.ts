import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { findPostgresBinaries } from '../backend/postgres-binaries.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase('bare');

it('the suite runs on the Postgres that was chosen, and it is one of the supported versions', async () => {
  const printed = execFileSync(findPostgresBinaries().postgres, ['--version'], { encoding: 'utf8' });
  const [row] = await database.sql()<{ version: string }[]>`select current_setting('server_version') as version`;
  const major = Number.parseInt(row?.version ?? '', 10);
  expect(printed).toContain(` ${String(row?.version).split(' ')[0]}`);
  // PARTNER_CONSOLE_POSTGRES chooses another than the package's.
  const supported = (process.env['PARTNER_CONSOLE_POSTGRES'] ?? '') === '' ? [18] : [15, 16, 17, 18];
  expect(supported).toContain(major);
});

it('folds letters beyond ASCII, as a hosted project does, and compares by code point', async () => {
  const [row] = await database.sql()`select lower('ÄÖÉŁ@Ω.example') as folded, 'Z' < 'a' as by_code_point`;
  expect(row).toEqual({ folded: 'äöéł@ω.example', by_code_point: true });
});
