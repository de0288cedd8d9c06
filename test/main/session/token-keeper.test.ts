import { describe, expect, it } from 'vitest';
import { createAuthServer } from '../../../main/remote/sign-in.ts';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import type { AccountHost } from '../../../main/session/account-host.ts';
import { createSession } from '../../../main/session/session.ts';
import { createTokenKeeper, type TokenKeeper } from '../../../main/session/token-keeper.ts';
import { memoryApplicationFile } from '../../builders/application-file.ts';
import { memorySecrets } from '../../builders/console.ts';
import { fakeClock, settled } from '../../builders/fake-clock.ts';
import { idOf } from '../../builders/database.ts';
import {
  changesAnswer,
  type ScriptedAnswer,
  type ScriptedServer,
  scriptedServer,
  tokenAnswer,
} from '../../builders/scripted-server.ts';

const project = { url: 'https://project.example', publishableKey: 'key' };

function keeperFor(server: ScriptedServer): { keeper: TokenKeeper; kept: string[]; expired: () => number } {
  const clock = fakeClock();
  const kept: string[] = [];
  let expired = 0;
  const keeper = createTokenKeeper(
    { refreshToken: 'refresh-0' },
    {
      auth: createAuthServer(server.fetch, () => clock.now()),
      project,
      clock,
      log: () => undefined,
      onRefreshToken: (token) => kept.push(token),
      onExpired: () => {
        expired += 1;
      },
    },
  );
  return { keeper, kept, expired: () => expired };
}

describe('the tokens of an account', () => {
  it('are renewed once for all who ask at the same time, and then handed out without asking', async () => {
    let number = 0;
    const server = scriptedServer(() => tokenAnswer((number += 1)));
    const { keeper, kept } = keeperFor(server);
    const answers = await Promise.all([keeper.token(), keeper.token(), keeper.token()]);
    expect(answers).toEqual(Array.from({ length: 3 }, () => ({ ok: true, value: 'access-1' })));
    expect(await keeper.token()).toEqual({ ok: true, value: 'access-1' });
    expect(server.requests.map((request) => request.body['refresh_token'])).toEqual(['refresh-0']);
    expect(kept).toEqual(['refresh-1']);
  });

  it('are renewed when the server refused the one in hand, with the latest refresh token', async () => {
    let number = 0;
    const server = scriptedServer(() => tokenAnswer((number += 1)));
    const { keeper } = keeperFor(server);
    await keeper.token();
    keeper.rejected('access-0');
    expect(await keeper.token()).toEqual({ ok: true, value: 'access-1' });
    keeper.rejected('access-1');
    expect(await keeper.token()).toEqual({ ok: true, value: 'access-2' });
    expect(server.requests.map((request) => request.body['refresh_token'])).toEqual(['refresh-0', 'refresh-1']);
  });

  it.each([{ fault: 'ECONNREFUSED' }, { status: 503, body: {} }, { status: 429, body: {} }])(
    'outlive a server that cannot be asked, which is asked once a time: %j',
    async (answer) => {
      const server = scriptedServer(() => answer);
      const { keeper, expired } = keeperFor(server);
      expect((await keeper.token()).ok).toBe(false);
      expect(server.requests).toHaveLength(1);
      server.answer = () => tokenAnswer(1);
      expect(await keeper.token()).toEqual({ ok: true, value: 'access-1' });
      expect(expired()).toBe(0);
    },
  );

  it.each<ScriptedAnswer>([
    // The auth server's, for the moment: two refreshes at the same time.
    { status: 409, body: { code: 409, error_code: 'conflict', msg: 'Too many concurrent token refresh requests' } },
    { status: 422, body: { code: 422, error_code: 'something_new', msg: '' } },
    // Something on the way.
    { status: 401, body: 'Unauthorized', headers: { 'content-type': 'text/plain' } },
    { status: 401, body: { message: 'Unauthorized' } },
    { status: 401, body: { message: 'Invalid API key' } },
    { status: 403, body: { error: 'forbidden' } },
    { status: 404, body: '<html>Not found</html>', headers: { 'content-type': 'text/html' } },
    { status: 400, body: '<html>session_expired</html>', headers: { 'content-type': 'text/html' } },
    { status: 502, body: { error_code: 'session_expired' } },
  ])('are kept when a refusal is not the auth server’s own word that the session has ended: %j', async (answer) => {
    const server = scriptedServer(() => answer);
    const { keeper, expired } = keeperFor(server);
    const refused = await keeper.token();
    expect(refused.ok).toBe(false);
    expect(refused).not.toMatchObject({ failure: { kind: 'sign_in', reason: 'expired' } });
    server.answer = () => tokenAnswer(1);
    expect(await keeper.token()).toEqual({ ok: true, value: 'access-1' });
    expect(server.requests.at(-1)?.body['refresh_token']).toBe('refresh-0');
    expect(expired()).toBe(0);
  });

  it.each([
    { code: 400, error_code: 'refresh_token_not_found', msg: 'Invalid Refresh Token: Refresh Token Not Found' },
    { code: 400, error_code: 'refresh_token_already_used', msg: 'Invalid Refresh Token: Already Used' },
    { code: 'session_expired', message: 'Session expired' },
    { error_code: 'session_not_found' },
    { error_code: 'user_banned' },
    { error_code: 'bad_jwt' },
    { error: 'invalid_grant', error_description: 'Invalid Refresh Token' },
  ])('end with a session that the server does not know any more, said once: %j', async (body) => {
    const server = scriptedServer(() => ({ status: 400, body }));
    const { keeper, expired } = keeperFor(server);
    const signInAgain = { ok: false, failure: { kind: 'sign_in', reason: 'expired' } };
    expect(await keeper.token()).toEqual(signInAgain);
    expect(await keeper.token()).toEqual(signInAgain);
    expect(server.requests).toHaveLength(1);
    expect(expired()).toBe(1);
  });

  it('that arrive after sign-out are neither kept nor handed out', async () => {
    let answer = (): void => undefined;
    const server = scriptedServer(() => new Promise((resolve) => (answer = () => resolve(tokenAnswer(1)))));
    const { keeper, kept } = keeperFor(server);
    const asked = keeper.token();
    await settled();
    keeper.close();
    answer();
    expect((await asked).ok).toBe(false);
    expect(kept).toEqual([]);
  });

  it('are given to exactly the account they belong to', async () => {
    const users = [idOf(1), idOf(2)];
    let signIns = 0;
    const server = scriptedServer(({ path }) => {
      if (!path.endsWith('/token')) return changesAnswer(users[signIns - 1]);
      signIns += 1;
      return tokenAnswer(signIns, 3_600, { id: users[signIns - 1] ?? '', email: `admin${signIns}@company.example` });
    });
    const clock = fakeClock();
    const accounts: AccountHost = {
      exists: () => true,
      open: () => Promise.resolve({ ok: true, value: null }),
      signedIn: () => undefined,
      signedOut: () => undefined,
      close: () => Promise.resolve(),
    };
    const session = createSession({
      auth: createAuthServer(server.fetch, () => clock.now()),
      connect: (address, tokens) => createPartnerFunctions(address, server.fetch, tokens, () => clock.now()),
      accounts,
      file: memoryApplicationFile(),
      secrets: memorySecrets(),
      clock,
      log: () => undefined,
      announce: () => undefined,
      presetServer: null,
    });
    const input = { serverUrl: project.url, publishableKey: 'key', email: 'somebody', password: 'secret' };
    const accountOf = async (): Promise<string> => {
      const result = await session.signIn(input);
      return result.ok && result.value.status === 'signed_in' ? result.value.account.accountId : '';
    };
    const first = await accountOf();
    const tokensOfFirst = session.tokensFor(first);
    expect(await tokensOfFirst.token()).toEqual({ ok: true, value: 'access-1' });
    const second = await accountOf();
    expect(second).not.toBe(first);
    expect(await tokensOfFirst.token()).toMatchObject({ ok: false, failure: { kind: 'sign_in' } });
    expect(await session.tokensFor(second).token()).toEqual({ ok: true, value: 'access-2' });
    await session.signOut({ clearCache: false });
    expect((await session.tokensFor(second).token()).ok).toBe(false);
  });
});
