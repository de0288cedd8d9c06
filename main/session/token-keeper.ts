import type { Clock, Log } from '../platform/platform.ts';
import type { ProjectAddress } from '../remote/client.ts';
import type { Answer } from '../remote/failure.ts';
import type { AuthServer, Tokens } from '../remote/sign-in.ts';

/** A token is renewed this long before it ends, so that no request leaves with one that ends on the way. */
const RENEW_BEFORE_MS = 60_000;

export interface TokenKeeperDependencies {
  readonly auth: AuthServer;
  readonly project: ProjectAddress;
  readonly clock: Clock;
  readonly log: Log;
  /** Called with each new refresh token, which replaces the one before. */
  readonly onRefreshToken: (refreshToken: string) => void;
  /** The server does not know this session any more: the person has to sign in again. */
  readonly onExpired: () => void;
}

/** The tokens of one account while it is open. Renewals are single: callers that ask meanwhile get the same answer. */
export interface TokenKeeper {
  token(): Promise<Answer<string>>;
  /** The server did not accept this token, whatever the clock says: the next call renews. */
  rejected(token: string): void;
  /** The access token in hand, without asking anybody; null when there is none. */
  current(): string | null;
  /** From now on nothing is renewed or handed out. */
  close(): void;
}

const signInAgain: Answer<string> = { ok: false, failure: { kind: 'sign_in', reason: 'expired' } };

/** Starts with tokens from a sign-in, or with the refresh token alone (after a restart). */
export function createTokenKeeper(
  start: Tokens | { readonly refreshToken: string },
  dependencies: TokenKeeperDependencies,
): TokenKeeper {
  const { auth, project, clock, log } = dependencies;
  let refreshToken: string | null = start.refreshToken;
  let access: { readonly token: string; readonly expiresAt: number } | null =
    'accessToken' in start ? { token: start.accessToken, expiresAt: start.expiresAt } : null;
  let renewal: Promise<Answer<string>> | null = null;
  let isClosed = false;

  async function renew(usedToken: string): Promise<Answer<string>> {
    const answer = await auth.refresh(project, usedToken);
    // Signed out meanwhile: the new tokens belong to nobody any more.
    if (isClosed) return signInAgain;
    if (answer.ok) {
      refreshToken = answer.value.refreshToken;
      access = { token: answer.value.accessToken, expiresAt: answer.value.expiresAt };
      dependencies.onRefreshToken(answer.value.refreshToken);
      return { ok: true, value: answer.value.accessToken };
    }
    if (answer.failure.kind === 'sign_in' && answer.failure.reason === 'expired') {
      log('warn', 'session_expired', { kind: answer.failure.kind });
      refreshToken = null;
      access = null;
      dependencies.onExpired();
      return signInAgain;
    }
    return answer;
  }

  return {
    async token() {
      if (isClosed || refreshToken === null) return signInAgain;
      if (access !== null && access.expiresAt - RENEW_BEFORE_MS > clock.now()) return { ok: true, value: access.token };
      renewal ??= renew(refreshToken).finally(() => {
        renewal = null;
      });
      return renewal;
    },
    rejected(token) {
      if (access?.token === token) access = null;
    },
    current: () => access?.token ?? null,
    close() {
      isClosed = true;
      access = null;
      refreshToken = null;
    },
  };
}
