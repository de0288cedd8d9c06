import path from 'node:path';
import * as z from 'zod';
import type { CatalogQuery } from './generate-types.ts';

/** The generated companion of the operators' guide. */
export const objectsFile = path.join(import.meta.dirname, '..', '..', 'docs', 'database-objects.md');

const described = z.array(z.object({ name: z.string(), says: z.string().nullable() }));

const tables = `select c.relname as name, pg_catalog.obj_description(c.oid, 'pg_class') as says
  from pg_catalog.pg_class c
  where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm') order by c.relname`;

const functions = (schema: string): string => `
  select p.proname || '(' || pg_catalog.pg_get_function_arguments(p.oid) || ')'
      || case when p.prorettype = 'trigger'::regtype then '' else ' → ' || pg_catalog.pg_get_function_result(p.oid) end as name,
    pg_catalog.obj_description(p.oid, 'pg_proc') as says
  from pg_catalog.pg_proc p where p.pronamespace = '${schema}'::regnamespace
  order by p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)`;

/** Every table and function, with the comment that the database itself carries, as Markdown. */
export async function listObjects(query: CatalogQuery): Promise<string> {
  const part = async (title: string, note: string, sql: string): Promise<string> => {
    const rows = described.parse(await query(sql));
    const lines = rows.map(({ name, says }) => `| \`${cell(name)}\` | ${cell(says ?? 'no comment')} |`);
    return [`## ${title}`, '', note, '', '| object | what it says of itself |', '| --- | --- |', ...lines].join('\n');
  };
  const parts = [
    '# Objects of the database',
    'Generated from the catalog by `npm run database:generate`; change the comments in `supabase/migrations`, not this file.\nWhat to do with them is told in [database.md](database.md).',
    await part('Tables', 'Schema `public`; row level security is on for each.', tables),
    await part('Functions of the API', 'Schema `public`.', functions('public')),
    await part(
      'Inner functions',
      'Schema `partner_private`: not exposed, bodies of the functions above and their parts.',
      functions('partner_private'),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`).replaceAll('\n', ' ');
}
