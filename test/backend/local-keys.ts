import { createHmac } from 'node:crypto';

/** Keys of local test backends; they open nothing but a server that a test started on this computer. */
export const localKeys = {
  publishable: 'sb_publishable_test0000000000000000_AAAAAAAA',
  secret: 'sb_secret_test0000000000000000000000_BBBBBBBB',
  jwtSecret: 'a-secret-of-the-test-backends-with-at-least-32-characters',
} as const;

export interface TokenOptions {
  readonly role?: 'authenticated' | 'service_role' | 'anon';
  /** Seconds from now; negative for a token that has expired. */
  readonly expiresIn?: number;
  /** What it is signed with; the test backends' own unless said otherwise. */
  readonly secret?: string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as the auth server would sign it for the user, or for a role without a user (`null`). */
export function signToken(userId: string | null, options: TokenOptions = {}): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    role: options.role ?? 'authenticated',
    aud: 'authenticated',
    iat: now - 1,
    exp: now + (options.expiresIn ?? 3600),
    ...(userId === null ? {} : { sub: userId }),
  };
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', options.secret ?? localKeys.jwtSecret)
    .update(body)
    .digest('base64url')}`;
}
