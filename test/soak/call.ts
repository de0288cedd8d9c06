import type { SupabaseClient } from '@supabase/supabase-js';
import type { Sql } from 'postgres';

type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/** One call of a function of schema public in the name of a partner. */
export interface Call {
  readonly partnerId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, Value>>;
}

/** An answer, or what it was refused with. */
export type Outcome =
  | { readonly ok: true; readonly answer: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A literal without a type: Postgres gives it that of the argument. */
function literal(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quote(value);
  const isList = Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string');
  return isList ? quote(`{${value.join(',')}}`) : quote(JSON.stringify(value));
}

/** Turns what postgres.js throws into an outcome; anything without an SQLSTATE is a fault of the run itself. */
export function failureOf(error: unknown): Outcome {
  if (error instanceof Error && 'code' in error) return { ok: false, code: String(error.code), message: error.message };
  throw error;
}

/**
 * Runs statements as the role and user, as PostgREST would: in one transaction, sent at once. Answers the first column of
 * the last statement's first row.
 */
export async function runAs(
  sql: Sql,
  role: 'authenticated' | 'service_role',
  userId: string | null,
  statement: string,
): Promise<Outcome> {
  const claims = JSON.stringify({ role, ...(userId === null ? {} : { sub: userId }) });
  const setting = `select set_config('role', '${role}', true), set_config('request.jwt.claims', ${quote(claims)}, true)`;
  try {
    const results = await sql.unsafe<unknown[][]>(`${setting}; ${statement}`).simple();
    const last: unknown = results.at(-1);
    // A last statement without rows leaves the list of the first one alone.
    const row: unknown = Array.isArray(last) ? last[0] : null;
    return { ok: true, answer: typeof row === 'object' && row !== null ? (Object.values(row)[0] ?? null) : null };
  } catch (error) {
    return failureOf(error);
  }
}

/** Calls the function on a connection to Postgres. */
export function callDirectly(sql: Sql, { partnerId, name, args }: Call): Promise<Outcome> {
  const list = Object.entries(args).map(([key, value]) => `${key} => ${literal(value)}`);
  return runAs(sql, 'authenticated', partnerId, `select public.${name}(${list.join(', ')})`);
}

/** Calls the function through PostgREST. */
export async function callByWire(client: SupabaseClient, { name, args }: Call): Promise<Outcome> {
  const { data, error } = await client.rpc(name, args);
  return error === null ? { ok: true, answer: data } : { ok: false, code: error.code, message: error.message };
}
