import { readFileSync } from 'node:fs';
import path from 'node:path';
import { generateTypescript, sortGeneratorMetadata } from '@supabase/postgrest-typegen/generation';
import { introspect } from '@supabase/postgrest-typegen/introspection';
import { format } from 'oxfmt';
import type { FormatOptions } from 'oxfmt';

/** Where the generated types are committed: beside the client that they type. */
export const databaseTypesFile = path.join(import.meta.dirname, '..', '..', 'main', 'remote', 'database-types.ts');

/** Runs one query of the catalog and answers its rows. */
export type CatalogQuery = (sql: string) => Promise<object[]>;

/**
 * The TypeScript types of what the API exposes (schema public), as `supabase gen types` writes them: the same engine,
 * without the command line tool and its containers. Throws when the result cannot be formatted.
 */
export async function generateDatabaseTypes(query: CatalogQuery): Promise<string> {
  const metadata = await introspect(
    { query: async (sql) => ({ rows: await query(sql) }) },
    { includedSchemas: ['public'] },
  );
  const head = [
    '// Generated from the catalog by `npm run database:generate`; change the migrations, not this file.',
    '// What an answer holds is not told by it (every function answers Json): wire.ts judges that.',
  ];
  const source = await generateTypescript(sortGeneratorMetadata(metadata), {
    format: async (code) => {
      const { code: formatted, errors } = await format('database-types.ts', code, projectFormat());
      if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
      return formatted;
    },
  });
  return `${head.join('\n')}\n${withoutShorthands(source)}`;
}

/** Behind the schema's type the engine writes shorthands (Tables<'…'> and the like) that nothing here needs. */
function withoutShorthands(source: string): string {
  const end = source.indexOf('\ntype DatabaseWithoutInternals');
  if (end < 0) throw new Error('the engine writes the types in another order now: look where the schema ends');
  return source.slice(0, end);
}

/** The project's own format, so that formatting the file again changes nothing. */
function projectFormat(): FormatOptions {
  const file = path.join(import.meta.dirname, '..', '..', '.oxfmtrc.json');
  const { printWidth, singleQuote } = JSON.parse(readFileSync(file, 'utf8')) as FormatOptions;
  return {
    ...(printWidth === undefined ? {} : { printWidth }),
    ...(singleQuote === undefined ? {} : { singleQuote }),
  };
}
