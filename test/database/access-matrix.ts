import type { Sql } from 'postgres';
import {
  databaseRoles,
  expectedFunctions,
  expectedRelations,
  expectedSchemas,
  expectedSequences,
  expectedTypes,
  rightsOnColumn,
} from './access-expectations.ts';
import type { DatabaseRole, Rights } from './access-expectations.ts';

const ourSchemas = ['public', 'partner_private'];
const columnLetters = 'rawx';

interface Cell {
  readonly object: string;
  readonly role: DatabaseRole;
  readonly rights: string;
}

export interface MatrixReading {
  /** How many pairs of role and right were compared. */
  readonly cells: number;
  /** What is otherwise than expected, or not expected at all, one line each; empty when all is well. */
  readonly deviations: readonly string[];
}

/** The verbs that this server knows: MAINTAIN came with Postgres 17. */
async function relationVerbs(sql: Sql): Promise<Readonly<Record<string, string>>> {
  const [server] = await sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`;
  const verbs = { r: 'select', a: 'insert', w: 'update', d: 'delete', D: 'truncate', x: 'references', t: 'trigger' };
  return (server?.version ?? 0) >= 170_000 ? { ...verbs, m: 'maintain' } : verbs;
}

/** Which of the letters hold, by `probe`, a call of a has_…_privilege function with `role` and the verb. */
function lettersWhere(verbs: Readonly<Record<string, string>>, probe: (verb: string) => string): string {
  return Object.entries(verbs)
    .map(([letter, verb]) => `case when ${probe(verb)} then '${letter}' else '' end`)
    .join(' || ');
}

const inOurSchemas = `in (${ourSchemas.map((schema) => `'${schema}'`).join(', ')})`;
const eachRole = `unnest(array[${databaseRoles.map((role) => `'${role}'`).join(', ')}]) as r (role)`;

async function readRelations(sql: Sql): Promise<{ relations: Cell[]; columns: Cell[]; unsecured: string[] }> {
  const verbs = await relationVerbs(sql);
  const columnVerbs = Object.fromEntries(Object.entries(verbs).filter(([letter]) => columnLetters.includes(letter)));
  const from = `pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname ${inOurSchemas} and c.relkind in ('r', 'p', 'v', 'm', 'f')`;
  const relations = await sql.unsafe<Cell[]>(`
    select n.nspname || '.' || c.relname as object, r.role,
      ${lettersWhere(verbs, (verb) => `has_table_privilege(r.role, c.oid, '${verb}')`)} as rights
    from ${eachRole}, ${from} order by 1, 2`);
  const columns = await sql.unsafe<Cell[]>(`
    select n.nspname || '.' || c.relname || '.' || a.attname as object, r.role,
      ${lettersWhere(columnVerbs, (verb) => `has_column_privilege(r.role, c.oid, a.attnum, '${verb}')`)} as rights
    from ${eachRole}, pg_catalog.pg_attribute a, ${from} and a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    order by c.oid, a.attnum, 2`);
  const unsecured = await sql.unsafe<{ name: string }[]>(
    `select n.nspname || '.' || c.relname as name from ${from} and not c.relrowsecurity order by 1`,
  );
  return { relations: [...relations], columns: [...columns], unsecured: unsecured.map((row) => row.name) };
}

/** `observed` against what `expected` says of each object; an object on one side only is a deviation as well. */
function compare(kind: string, observed: readonly Cell[], expected: ReadonlyMap<string, Rights>): string[] {
  const deviations: string[] = [];
  const seen = new Set(observed.map((cell) => cell.object));
  for (const name of seen) if (!expected.has(name)) deviations.push(`${kind} ${name}: nothing is expected of it`);
  for (const name of expected.keys()) if (!seen.has(name)) deviations.push(`${kind} ${name}: is not there`);
  for (const { object, role, rights } of observed) {
    const wanted = expected.get(object)?.[role];
    if (wanted !== undefined && wanted !== rights) {
      deviations.push(`${kind} ${object}: ${role} has "${rights}", expected "${wanted}"`);
    }
  }
  return deviations;
}

function compareNames(kind: string, observed: readonly string[], expected: readonly string[]): string[] {
  return [
    ...observed.filter((name) => !expected.includes(name)).map((name) => `${kind} ${name}: nothing is expected of it`),
    ...expected.filter((name) => !observed.includes(name)).map((name) => `${kind} ${name}: is not there`),
  ];
}

/** Keeps those letters that this server knows, in its order. */
function known(rights: Rights, letters: string): Rights {
  const keep = (text: string): string =>
    letters
      .split('')
      .filter((letter) => text.includes(letter))
      .join('');
  return {
    anon: keep(rights.anon),
    authenticated: keep(rights.authenticated),
    service_role: keep(rights.service_role),
  };
}

async function names(sql: Sql, query: string): Promise<string[]> {
  return (await sql.unsafe<{ name: string }[]>(query)).map((row) => row.name);
}

/** Reads every cell role × object × right from the catalog and compares it with what is expected. */
export async function readAccessMatrix(sql: Sql): Promise<MatrixReading> {
  const letters = Object.keys(await relationVerbs(sql)).join('');
  const { relations, columns, unsecured } = await readRelations(sql);
  const tables = Object.entries(expectedRelations);
  const wantedTables = new Map(tables.map(([name, it]) => [name, known(it.rights, letters)]));
  const wantedColumns = new Map(
    tables.flatMap(([name, it]) =>
      it.columns
        .split(' ')
        .map((column) => [`${name}.${column}`, known(rightsOnColumn(it, column), columnLetters)] as const),
    ),
  );

  const functions = await sql.unsafe<Cell[]>(`
    select n.nspname || '.' || p.proname || '(' || coalesce((
        select string_agg(format_type(t.type, null), ',' order by t.place)
        from unnest(p.proargtypes::oid[]) with ordinality as t (type, place)), '') || ')' as object,
      r.role, case when has_function_privilege(r.role, p.oid, 'execute') then 'X' else '' end as rights
    from ${eachRole}, pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where n.nspname ${inOurSchemas} order by 1, 2`);
  const right = (by: readonly DatabaseRole[], role: DatabaseRole): string => (by.includes(role) ? 'X' : '');
  const wantedFunctions = new Map(
    [...expectedFunctions].map(([name, expected]) => {
      const by = expected === 'closed' ? [] : expected.by;
      const rights = { anon: right(by, 'anon'), authenticated: right(by, 'authenticated') };
      return [name, { ...rights, service_role: right(by, 'service_role') }] as const;
    }),
  );

  const schemas = await sql.unsafe<Cell[]>(`
    select n.nspname as object, r.role,
      ${lettersWhere({ U: 'usage', C: 'create' }, (verb) => `has_schema_privilege(r.role, n.oid, '${verb}')`)} as rights
    from ${eachRole}, pg_catalog.pg_namespace n where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' order by 1, 2`);
  const platform = (name: string): boolean => expectedSchemas[name] === 'platform';
  const wantedSchemas = new Map(
    Object.entries(expectedSchemas).flatMap(([name, rights]) =>
      rights === 'platform' ? [] : [[name, rights] as const],
    ),
  );

  // A right of PUBLIC is one of every role there will ever be.
  const openToAll = await names(
    sql,
    `select c.oid::regclass::text || ' ' || a.privilege_type as name from pg_catalog.pg_class c, aclexplode(c.relacl) a
     where c.relnamespace::regnamespace::text ${inOurSchemas} and a.grantee = 0
     union all
     select p.oid::regprocedure::text || ' ' || a.privilege_type from pg_catalog.pg_proc p,
       aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
     where p.pronamespace::regnamespace::text ${inOurSchemas} and a.grantee = 0`,
  );
  const policies = await names(
    sql,
    `select p.schemaname || '.' || p.tablename || ': ' || lower(p.cmd) || ' to ' || array_to_string(p.roles, ', ') as name
     from pg_catalog.pg_policies p where p.schemaname ${inOurSchemas} order by 1`,
  );
  const wantedPolicies = tables.map(([name]) => `${name}: select to authenticated`);
  const types = await names(
    sql,
    `select t.typnamespace::regnamespace::text || '.' || t.typname as name from pg_catalog.pg_type t
     left join pg_catalog.pg_class c on c.oid = t.typrelid
     where t.typnamespace::regnamespace::text ${inOurSchemas} and t.typelem = 0 and coalesce(c.relkind, 'c') = 'c' order by 1`,
  );
  const sequences = await names(
    sql,
    `select c.oid::regclass::text as name from pg_catalog.pg_class c
     where c.relkind = 'S' and c.relnamespace::regnamespace::text ${inOurSchemas} order by 1`,
  );

  const ownSchemas = schemas.filter((cell) => !platform(cell.object));
  return {
    cells:
      relations.length * letters.length +
      columns.length * columnLetters.length +
      functions.length +
      ownSchemas.length * 2,
    deviations: [
      ...compare('relation', relations, wantedTables),
      ...unsecured.map((name) => `relation ${name}: has no row level security`),
      ...compare('column', columns, wantedColumns),
      ...compare('function', functions, wantedFunctions),
      ...compare('schema', ownSchemas, wantedSchemas),
      ...compareNames('policy', policies, wantedPolicies),
      ...compareNames('type', types, expectedTypes),
      ...compareNames('sequence', sequences, expectedSequences),
      ...openToAll.map((line) => `${line}: is granted to PUBLIC`),
    ],
  };
}
