import type { MigrationFile } from '../../scripts/database/migration-files.ts';

/** One guard of the SQL taken away: an exact text of a migration, and what stands there instead. */
export interface Mutant {
  /** What is missing, in words. */
  readonly name: string;
  /** What kind of guard it is. */
  readonly guard: string;
  /** Part of the migration's file name. */
  readonly file: string;
  /** The function in whose definition the text stands, with its schema; without it, the whole file counts. */
  readonly within?: string;
  readonly find: string;
  readonly replace: string;
  /** How often the text must stand there; all of them are replaced. 1 unless said otherwise. */
  readonly times?: number;
  /** Test files of test/database (without `.test.ts`) one of which must fail, each perhaps with a part of a title after a colon; ` > ` stands between titles. */
  readonly caughtBy: readonly string[];
}

/** From the function's `create` to the end of its body. Throws when it is not defined exactly once. */
function functionSpan(sql: string, name: string): { from: number; to: number } {
  const starts = [...sql.matchAll(/^create (?:or replace )?function ([\w.]+)\(/gm)].filter(
    (match) => match[1] === name,
  );
  const [start] = starts;
  if (start === undefined || starts.length > 1)
    throw new Error(`${name} is defined ${String(starts.length)} times, not once`);
  const end = /\$\$;/g;
  end.lastIndex = start.index;
  const match = end.exec(sql);
  if (match === null) throw new Error(`the end of ${name} is not found`);
  return { from: start.index, to: match.index + match[0].length };
}

/** The migrations with the mutant's text replaced. Throws when the text does not stand there exactly as often as said. */
export function applyMutant(migrations: readonly MigrationFile[], mutant: Mutant): MigrationFile[] {
  const files = migrations.filter((migration) => `${migration.version}_${migration.name}`.includes(mutant.file));
  const [target] = files;
  if (target === undefined || files.length > 1)
    throw new Error(`${mutant.name}: ${String(files.length)} migrations are called ${mutant.file}, not one`);
  const { from, to } =
    mutant.within === undefined ? { from: 0, to: target.sql.length } : functionSpan(target.sql, mutant.within);
  const parts = target.sql.slice(from, to).split(mutant.find);
  const times = mutant.times ?? 1;
  if (parts.length - 1 !== times)
    throw new Error(`${mutant.name}: its text stands there ${String(parts.length - 1)} times, not ${String(times)}`);
  const sql = target.sql.slice(0, from) + parts.join(mutant.replace) + target.sql.slice(to);
  return migrations.map((migration) => (migration === target ? { ...migration, sql } : migration));
}

/** A row of a table of mutants; `within` is a function of partner_private. */
type MutantRow = readonly [
  name: string,
  guard: string,
  within: string,
  find: string,
  replace: string,
  caughtBy: string,
  times?: number,
];

/** The mutants of one migration as a table. */
export function mutantsOf(file: string, rows: readonly MutantRow[]): Mutant[] {
  return rows.map(([name, guard, within, find, replace, caughtBy, times = 1]) => ({
    name,
    guard,
    file,
    within: `partner_private.${within}`,
    find,
    replace,
    times,
    caughtBy: [caughtBy],
  }));
}
