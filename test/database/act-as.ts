import type { JSONValue, Sql, TransactionSql } from 'postgres';

/** The demo data's people. */
export const demoPartner = 'd0000000-0000-4000-8000-000000000001';
export const otherPartner = 'd0000000-0000-4000-8000-000000000002';

export type Role = 'anon' | 'authenticated' | 'service_role';

/** Someone who reaches Postgres through the API: role and user as PostgREST sets them for a transaction. */
export interface Caller {
  readonly role: Role;
  readonly userId: string | null;
}

export const partner = (userId: string): Caller => ({ role: 'authenticated', userId });
export const nobody: Caller = { role: 'anon', userId: null };
export const serviceRole: Caller = { role: 'service_role', userId: null };

/** Takes the caller's place until the end of the transaction. */
export async function becomeCaller(transaction: TransactionSql, caller: Caller): Promise<void> {
  const claims = { role: caller.role, ...(caller.userId === null ? {} : { sub: caller.userId }) };
  await transaction`select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true)`;
  await transaction.unsafe(`set local role ${caller.role}`);
}

/** Runs in one transaction as the caller. */
export function actAs<T>(sql: Sql, caller: Caller, run: (transaction: TransactionSql) => Promise<T>): Promise<T> {
  return sql
    .begin(async (transaction) => {
      await becomeCaller(transaction, caller);
      return { value: await run(transaction) };
    })
    .then((result) => result.value);
}

export type Argument = JSONValue;

/** Calls a function of schema public as the caller, by the arguments' names, and answers its value. */
export function callFunction(
  sql: Sql,
  caller: Caller,
  name: string,
  args: Readonly<Record<string, Argument>> = {},
): Promise<unknown> {
  return actAs(sql, caller, (transaction) => callWithin(transaction, name, args));
}

/** The same within a transaction that is already the caller's. */
export async function callWithin(
  transaction: TransactionSql,
  name: string,
  args: Readonly<Record<string, Argument>> = {},
): Promise<unknown> {
  const entries = Object.entries(args);
  const list = entries.map(([key], index) => `${key} => $${String(index + 1)}`).join(', ');
  const values = entries.map(([, value]) =>
    typeof value === 'object' && value !== null ? transaction.json(value) : value,
  );
  const rows = await transaction.unsafe<{ answer: unknown }[]>(`select public.${name}(${list}) as answer`, values);
  return rows[0]?.answer;
}

/** What a promise was refused with: SQLSTATE, message and detail; throws when it was not. */
export async function refusalOf(work: Promise<unknown>): Promise<{ code: string; message: string; detail: string }> {
  const outcome = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error) || !('code' in outcome)) throw new Error(`not refused: ${String(outcome)}`);
  const detail = 'detail' in outcome ? String(outcome.detail) : '';
  return { code: String(outcome.code), message: outcome.message, detail };
}
