import type { MigrationFile } from '../../scripts/database/migration-files.ts';
import type { Mutant } from './mutant.ts';

interface Definition {
  readonly file: string;
  /** With its schema. */
  readonly name: string;
  /** The text from `create` to the beginning of the body. */
  readonly head: string;
}

function definitions(migrations: readonly MigrationFile[]): Definition[] {
  return migrations.flatMap(({ version, name, sql }) =>
    [...sql.matchAll(/^create (?:or replace )?function ([\w.]+)\([\s\S]*?\bas \$\$/gm)].map((match) => ({
      file: `${version}_${name}`,
      name: match[1] ?? '',
      head: match[0],
    })),
  );
}

const matrix = ['access-matrix: has no cell otherwise than expected'];

function ofFunction({ file, name, head }: Definition): Mutant[] {
  const within = { file, within: name };
  const mutants: Mutant[] = [];
  // One that runs as its caller has no rights that a planted name could use.
  if (head.includes('security definer') && head.includes(` set search_path = pg_catalog, pg_temp`)) {
    mutants.push({
      name: `${name} without its search path`,
      guard: 'search path',
      ...within,
      find: ` set search_path = pg_catalog, pg_temp`,
      replace: '',
      caughtBy: ['constraints-and-indexes: no function depends on the search path'],
    });
    mutants.push({
      name: `${name} looks for types among the caller's own`,
      guard: 'search path',
      ...within,
      find: ` set search_path = pg_catalog, pg_temp`,
      replace: ` set search_path = ''`,
      caughtBy: ['constraints-and-indexes: no function depends on the search path'],
    });
  }
  if (name.startsWith('public.')) {
    mutants.push({
      name: `${name} runs as its owner`,
      guard: 'security invoker',
      ...within,
      find: 'security invoker',
      replace: 'security definer',
      caughtBy: ['partner-isolation: run as their caller where they are exposed'],
    });
  }
  // Those that the API reaches: what the owner runs waits for nothing.
  const limited = name.startsWith('public.') || head.includes('security definer') ? head : '';
  for (const [, timeout] of limited.matchAll(/\s(set (?:statement|lock)_timeout = '\w+')/g)) {
    mutants.push({
      name: `${name} without: ${timeout ?? ''}`,
      guard: 'timeout',
      ...within,
      find: ` ${timeout ?? ''}`,
      replace: '',
      caughtBy: ['timeouts: every command ends within eight seconds'],
    });
  }
  return mutants;
}

/** What follows from the form of the SQL, so that a new function, table, policy or grant has its mutants at once. */
export function generatedMutants(migrations: readonly MigrationFile[]): Mutant[] {
  const mutants = definitions(migrations).flatMap(ofFunction);
  for (const { version, name, sql } of migrations) {
    const file = `${version}_${name}`;
    for (const [text, table] of sql.matchAll(/^alter table (public\.\w+) enable row level security;/gm)) {
      mutants.push({
        name: `${table ?? ''} without row level security`,
        guard: 'row level security',
        file,
        find: text,
        replace: '',
        caughtBy: matrix,
      });
    }
    for (const [text, policy, table] of sql.matchAll(/^create policy "([^"]+)" on (\S+) [^;]*;/gm)) {
      mutants.push(
        {
          name: `policy "${policy ?? ''}" shows every row`,
          guard: 'policy',
          file,
          find: text,
          replace: `${text.slice(0, text.indexOf('using'))}using (true);`,
          caughtBy: [`access-matrix: ${table ?? ''}, in real statements > shows each column`],
        },
        {
          name: `policy "${policy ?? ''}" is missing`,
          guard: 'policy',
          file,
          find: text,
          replace: '',
          caughtBy: matrix,
        },
      );
    }
    for (const [text, list = ''] of sql.matchAll(
      /^revoke (?:execute|all) on function\s+([^;]*?)\s+from\s+public[^;]*;/gm,
    )) {
      const granted = list.match(/\w+\.\w+\([^)]*\)/g) ?? [];
      for (const one of granted) {
        const others = granted.filter((other) => other !== one).join(', ');
        mutants.push({
          name: `${one} stays open to everyone`,
          guard: 'revoke',
          file,
          find: text,
          replace: others === '' ? '' : text.replace(list, others),
          // Up to this version, the file after them closes what they leave open: only one that runs alone shows it.
          caughtBy:
            version < '20260105095000'
              ? ['adopt-existing-system: leave privileges and everything else as they are']
              : matrix,
        });
      }
    }
    for (const [text, list = ''] of sql.matchAll(/^grant execute on function\s+([^;]*?)\s+to ([^;]*);/gm)) {
      mutants.push({
        name: `open to anon, too: ${list.replaceAll(/\s+/g, ' ')}`,
        guard: 'grant',
        file,
        find: text,
        replace: text.replace(/;$/, ', anon;'),
        caughtBy: matrix,
      });
    }
  }
  return mutants;
}
