import * as z from 'zod';
import { classifyFailure, classifyRefresh } from './classify-failure.ts';
import { type ProjectAddress, projectClient } from './client.ts';
import { type Exchange, recordingFetch } from './exchange.ts';
import type { Answer } from './failure.ts';

const SIGN_IN_TIMEOUT_MS = 20_000;
/** Signing out waits for the server only briefly: this computer forgets the session either way. */
const SIGN_OUT_TIMEOUT_MS = 4_000;

/** The auth server's answer to a sign-in and to a refresh. */
const tokenAnswer = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** Seconds from now; `expires_at` is not read, because this computer's clock may be wrong. */
  expires_in: z.number().positive(),
  user: z.object({ id: z.guid(), email: z.string() }),
});

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds since 1970, by this computer's clock. */
  readonly expiresAt: number;
  readonly userId: string;
  readonly email: string;
}

/** Sign-in, refresh and sign-out of one project's auth server. Expected faults are values. */
export interface AuthServer {
  signIn(project: ProjectAddress, email: string, password: string): Promise<Answer<Tokens>>;
  refresh(project: ProjectAddress, refreshToken: string): Promise<Answer<Tokens>>;
  /** Ends the session on the server. Its answer decides nothing. */
  signOut(project: ProjectAddress, accessToken: string): Promise<Answer<null>>;
}

/** An auth server behind `fetch`; `now` in milliseconds since 1970. */
export function createAuthServer(fetch: typeof globalThis.fetch, now: () => number): AuthServer {
  async function exchange(
    timeoutMs: number,
    call: (fetch: typeof globalThis.fetch) => Promise<unknown>,
  ): Promise<Exchange | null> {
    let latest: Exchange | null = null;
    await call(recordingFetch(fetch, timeoutMs, (happened) => (latest = happened)));
    return latest;
  }

  function readTokens(happened: Exchange | null, classify: typeof classifyRefresh): Answer<Tokens> {
    if (happened?.kind === 'answer' && happened.status === 200) {
      const parsed = tokenAnswer.safeParse(parseJson(happened.body));
      if (parsed.success) {
        const answer = parsed.data;
        return {
          ok: true,
          value: {
            accessToken: answer.access_token,
            refreshToken: answer.refresh_token,
            expiresAt: now() + answer.expires_in * 1000,
            userId: answer.user.id,
            email: answer.user.email,
          },
        };
      }
    }
    return { ok: false, failure: classify(happened, now()) };
  }

  return {
    async signIn(project, email, password) {
      return readTokens(
        await exchange(SIGN_IN_TIMEOUT_MS, (recorded) =>
          projectClient(project, recorded, null).auth.signInWithPassword({ email, password }),
        ),
        (happened, at) => classifyFailure(happened, at, 'auth'),
      );
    },
    async refresh(project, refreshToken) {
      return readTokens(
        await exchange(SIGN_IN_TIMEOUT_MS, (recorded) =>
          projectClient(project, recorded, null).auth.refreshSession({ refresh_token: refreshToken }),
        ),
        classifyRefresh,
      );
    },
    async signOut(project, accessToken) {
      const happened = await exchange(SIGN_OUT_TIMEOUT_MS, (recorded) =>
        projectClient(project, recorded, null).auth.admin.signOut(accessToken, 'local'),
      );
      if (happened?.kind === 'answer' && happened.status < 300) return { ok: true, value: null };
      return { ok: false, failure: classifyFailure(happened, now(), 'auth') };
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: no schema accepts undefined.
    return undefined;
  }
}
