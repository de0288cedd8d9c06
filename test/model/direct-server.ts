import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { signToken } from '../backend/local-keys.ts';
import { startPostgres } from '../backend/start-postgres.ts';
import { actAs, partner } from '../database/act-as.ts';

/** A project as the console reaches it: an address, and the way there. */
export interface Project {
  readonly url: string;
  readonly publishableKey: string;
  readonly fetch: typeof globalThis.fetch;
  /** Postgres itself, as the superuser. */
  readonly sql: Sql;
  close(): Promise<void>;
}

/** The password of every partner that `addPartner` makes: that of the demo data, whose hash stands there. */
export const password = 'Demo-2026-credits';

/**
 * The real functions on a real Postgres without HTTP between: requests are carried out within this process, as the caller of
 * their token and in one transaction each, which is all that PostgREST does for them. It makes a thousand runs a matter of a
 * minute; the same sequences run against PostgREST as well, and against each other (model.test.ts).
 */
export async function startDirectProject(): Promise<Project> {
  const postgres = await startPostgres();
  const { sql } = await postgres.createDatabase('seeded');
  return {
    url: 'https://model.partner-console.example',
    publishableKey: 'sb_publishable_model',
    sql,
    fetch: async (input, init) => {
      const request = { url: new URL(input instanceof Request ? input.url : input), init: init ?? {} };
      const { pathname } = request.url;
      if (pathname.startsWith('/auth/v1/')) return answerSignIn(sql, request.url, bodyOf(request.init));
      const userId = userOf(new Headers(request.init.headers).get('authorization'));
      if (pathname.startsWith('/rest/v1/rpc/'))
        return callFunction(sql, userId, pathname.slice(13), bodyOf(request.init));
      if (pathname === '/rest/v1/member_upload_rows') return readReceipts(sql, userId, request.url.searchParams);
      throw new Error(`nothing answers ${pathname}`);
    },
    async close() {
      await sql.end({ timeout: 1 });
      await postgres.close();
    },
  };
}

type Json = Readonly<Record<string, unknown>>;

function bodyOf(init: RequestInit): Json {
  return typeof init.body === 'string' && init.body !== '' ? (JSON.parse(init.body) as Json) : {};
}

/** Whom a token speaks for. */
export function userOf(authorization: string | null): string {
  const claims = authorization?.split('.')[1] ?? '';
  const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { sub?: string };
  if (sub === undefined) throw new Error('a request without a user');
  return sub;
}

async function answerSignIn(sql: Sql, url: URL, body: Json): Promise<Response> {
  if (url.pathname.endsWith('/logout')) return new Response(null, { status: 204 });
  const byToken = url.searchParams.get('grant_type') === 'refresh_token';
  // A refresh token is the user's id and something new: it is taken as long as there is such a user.
  const wanted = byToken ? String(body['refresh_token']).slice(0, 36) : String(body['email']);
  const [user] = await sql<{ id: string; email: string }[]>`
    select id, email from auth.users where ${byToken ? sql`id::text` : sql`email`} = ${wanted}`;
  if (user === undefined || (!byToken && body['password'] !== password)) {
    return json({ code: 400, error_code: 'invalid_credentials', msg: 'Invalid login credentials' }, 400);
  }
  return json({
    access_token: signToken(user.id),
    token_type: 'bearer',
    expires_in: 3600,
    expires_at: Math.floor(Date.now() / 1000) + 3600,
    refresh_token: `${user.id}.${randomUUID()}`,
    user: { ...user, aud: 'authenticated', role: 'authenticated', app_metadata: {}, user_metadata: {} },
  });
}

/** One simple query, which Postgres carries out as one transaction: the caller's place is left with its end. */
async function callFunction(sql: Sql, userId: string, name: string, args: Json): Promise<Response> {
  const claims = JSON.stringify({ role: 'authenticated', sub: userId });
  const list = Object.entries(args).map(([key, value]) => `${key} => ${literal(value)}`);
  try {
    const results = await sql.unsafe<{ answer: string }[][]>(
      `select set_config('request.jwt.claims', ${literal(claims)}, true), set_config('role', 'authenticated', true);
       select public.${name}(${list.join(', ')})::text as answer`,
    );
    return new Response(results[1]?.[0]?.answer ?? 'null', { headers: { 'content-type': 'application/json' } });
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const { code, message } = error;
    const status = /^PT\d{3}$/.exec(String(code)) === null ? 400 : Number(String(code).slice(2));
    return json({ code, message, details: 'detail' in error ? error.detail : null, hint: null }, status);
  }
}

/** An argument as SQL; lists of ids are the only arrays that are no JSON. */
function literal(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'number') return String(value);
  if (isTexts(value)) return quoted(`{${value.join(',')}}`);
  return typeof value === 'string' ? quoted(value) : `${quoted(JSON.stringify(value))}::jsonb`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The one table that the console reads by itself. */
async function readReceipts(sql: Sql, userId: string, search: URLSearchParams): Promise<Response> {
  const after = (name: string, operator: string): string => {
    const value = search.get(name) ?? '';
    if (!value.startsWith(`${operator}.`)) throw new Error(`another filter: ${name}=${value}`);
    return value.slice(operator.length + 1);
  };
  const [uploadId, fromRow] = [after('upload_id', 'eq'), Number(after('row_no', 'gte'))];
  const rows = await actAs(
    sql,
    partner(userId),
    (transaction) => transaction`
    select row_no, outcome, reason, shortfall, member_id, allocation_id, credits, to_json(expires_at) #>> '{}' as expires_at, credits_assigned
    from public.member_upload_rows where upload_id = ${uploadId} and row_no >= ${fromRow} order by row_no`,
  );
  return json(rows);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}

/** An answer as PostgREST and the auth server give it. */
export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

export interface SeededPartner {
  readonly userId: string;
  readonly email: string;
  readonly balance: number;
  readonly members: readonly { readonly memberId: string; readonly email: string; readonly status: string }[];
}

/**
 * A partner of its own for one run, with the same four members each time: two active ones, one invited, one inactive. Members of
 * different partners have the same e-mails: only ids tell whose a row is.
 */
export async function addPartner(sql: Sql, balance: number): Promise<SeededPartner> {
  const userId = randomUUID();
  const members = ['active', 'active', 'invited', 'inactive'].map((status, place) => ({
    memberId: randomUUID(),
    email: `member${String(place)}@people.example`,
    status,
  }));
  const email = `admin@run-${userId}.example`;
  const id = quoted(userId);
  await sql.unsafe(`
    insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data,
      confirmation_token, recovery_token, email_change, email_change_token_new, created_at, updated_at)
    select ${id}, aud, role, '${email}', encrypted_password, now(), raw_app_meta_data, '{}', '', '', '', '', now(), now()
    from auth.users where email = 'demo@partner-console.example';
    insert into auth.identities (id, user_id, provider, provider_id, identity_data, last_sign_in_at, created_at, updated_at)
    values (gen_random_uuid(), ${id}, 'email', ${id},
      jsonb_build_object('sub', ${id}, 'email', '${email}', 'email_verified', true), now(), now(), now());
    insert into public.users (id, email, full_name, role, credits) values (${id}, '${email}', 'Model', 'partner', 0);
    update public.users set credits = ${String(balance)} where id = ${id};
    insert into public.partner_members (id, partner_id, first_name, email, status) values
      ${members.map((it, place) => `('${it.memberId}', ${id}, 'Member ${String(place)}', '${it.email}', '${it.status}')`).join(', ')}`);
  return { userId, email, balance, members };
}
