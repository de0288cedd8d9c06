import { beforeEach, describe, expect, it } from 'vitest';
import { createPartnerFunctions } from '../../../main/remote/partner-functions.ts';
import { createAuthServer } from '../../../main/remote/sign-in.ts';
import type { AccountHost } from '../../../main/session/account-host.ts';
import { createSession, type Session } from '../../../main/session/session.ts';
import { memoryApplicationFile } from '../../builders/application-file.ts';
import { memorySecrets } from '../../builders/console.ts';
import { idOf } from '../../builders/database.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import { changesAnswer, scriptedServer, tokenAnswer } from '../../builders/scripted-server.ts';

describe('an account whose database turned out to be damaged', () => {
  let clock: FakeClock;
  let session: Session;
  let calls: string[];
  let open: AccountHost['open'];
  let close: AccountHost['close'];

  beforeEach(() => {
    clock = fakeClock();
    calls = [];
    open = () => Promise.resolve({ ok: true, value: null });
    close = () => Promise.resolve();
    let signIns = 0;
    const server = scriptedServer(({ path }) => {
      if (!path.endsWith('/token')) return changesAnswer(idOf(signIns));
      signIns += 1;
      return tokenAnswer(signIns, 3_600, { id: idOf(signIns), email: `admin${signIns}@company.example` });
    });
    session = createSession({
      auth: createAuthServer(server.fetch, () => clock.now()),
      connect: (address, tokens) => createPartnerFunctions(address, server.fetch, tokens, () => clock.now()),
      accounts: {
        exists: () => true,
        open: (account, options) => {
          calls.push(`open ${account.email}${options?.isDamaged === true ? ' anew' : ''}`);
          return open(account, options);
        },
        signedIn: () => void calls.push('signed in'),
        signedOut: () => void calls.push('signed out'),
        close: (options) => {
          calls.push(options.patiently === true ? 'close patiently' : 'close');
          return close(options);
        },
      },
      file: memoryApplicationFile(),
      secrets: memorySecrets(),
      clock,
      log: () => undefined,
      announce: () => undefined,
      presetServer: null,
    });
  });

  const signIn = async (): Promise<string> => {
    const input = { serverUrl: 'https://project.example', publishableKey: 'key', email: 'admin', password: 'secret' };
    const result = await session.signIn(input);
    return result.ok && result.value.status === 'signed_in' ? result.value.account.accountId : '';
  };
  const anew = (): string[] => calls.filter((call) => call.endsWith(' anew'));

  it('is closed when what is on its way has its answer, made anew and opened in the same session', async () => {
    const accountId = await signIn();
    calls = [];
    await session.rebuild(accountId);
    expect(calls).toEqual(['close patiently', 'open admin1@company.example anew', 'signed in']);
    expect(session.state().status).toBe('signed_in');
    expect((await session.tokensFor(accountId).token()).ok).toBe(true);
  });

  it('is not made anew again within ten minutes, by whatever clock', async () => {
    const accountId = await signIn();
    await session.rebuild(accountId);
    await session.rebuild(accountId);
    expect(anew()).toHaveLength(1);
    clock.jump(-365 * 86_400_000);
    await session.rebuild(accountId);
    expect(anew()).toHaveLength(2);
  });

  it('is left alone once another is open', async () => {
    const first = await signIn();
    const second = signIn();
    const late = session.rebuild(first);
    await Promise.all([second, late]);
    expect(anew()).toEqual([]);
  });

  it('is opened as it is where it cannot be made anew, and that is tried again', async () => {
    const accountId = await signIn();
    open = (_account, options) =>
      Promise.resolve(
        options?.isDamaged === true
          ? { ok: false, error: { code: 'cache_unavailable', reason: 'full' } }
          : { ok: true, value: null },
      );
    calls = [];
    await session.rebuild(accountId);
    expect(calls.slice(1)).toEqual(['open admin1@company.example anew', 'open admin1@company.example', 'signed in']);
    expect(session.state().status).toBe('signed_in');
    // Not at once: each attempt costs what the disk does not have.
    await session.rebuild(accountId);
    expect(anew()).toHaveLength(1);
    clock.jump(121_000);
    await session.rebuild(accountId);
    expect(anew()).toHaveLength(2);
    clock.jump(121_000);
    await session.rebuild(accountId);
    expect(anew()).toHaveLength(2);
  });

  it('that cannot be opened at all can be signed in to again', async () => {
    const accountId = await signIn();
    open = () => Promise.reject(new TypeError('a bug'));
    await session.rebuild(accountId);
    expect(session.state().status).toBe('signed_out');
    open = () => Promise.resolve({ ok: true, value: null });
    await signIn();
    expect(session.state().status).toBe('signed_in');
  });

  it('that cannot be opened at all says why, and opening it is tried again, after longer and longer pauses', async () => {
    const accountId = await signIn();
    open = () => Promise.resolve({ ok: false, error: { code: 'cache_unavailable', reason: 'full' } });
    await session.rebuild(accountId);
    expect(session.state()).toMatchObject({ status: 'signed_out', notOpened: { reason: 'full' } });
    open = () => Promise.reject(Object.assign(new Error('busy'), { code: 'EBUSY' }));
    await clock.advance(120_000);
    expect(session.state()).toMatchObject({ status: 'signed_out', notOpened: { reason: 'locked' } });
    open = () => Promise.resolve({ ok: true, value: null });
    await clock.advance(239_000);
    expect(session.state().status).toBe('signed_out');
    await clock.advance(1_000);
    // In the same session, with the tokens that it had.
    expect(session.state().status).toBe('signed_in');
    expect((await session.tokensFor(accountId).token()).ok).toBe(true);
    expect(calls.at(-1)).toBe('signed in');
    expect(clock.waiting()).toBe(0);
  });

  it('that cannot be opened is tried no more once somebody signed in, or the console ended', async () => {
    for (const end of [signIn, () => session.close()]) {
      open = () => Promise.resolve({ ok: true, value: null });
      const accountId = await signIn();
      open = () => Promise.reject(new TypeError('a bug'));
      clock.jump(600_000);
      await session.rebuild(accountId);
      expect(session.state()).toMatchObject({ notOpened: { reason: 'corrupt' } });
      open = () => Promise.resolve({ ok: true, value: null });
      await end();
      expect(clock.waiting()).toBe(0);
    }
    expect(session.state()).toMatchObject({ notOpened: null });
  });

  it('stays without a session that ended meanwhile', async () => {
    const accountId = await signIn();
    let closed: () => void = () => undefined;
    close = () => new Promise((resolve) => (closed = resolve));
    const rebuilt = session.rebuild(accountId);
    await settled();
    expect(session.isRebuilding()).toBe(true);
    const tokens = session.tokensFor(accountId);
    const token = await tokens.token();
    if (token.ok) tokens.rejected(token.value);
    closed();
    await rebuilt;
    expect(session.isRebuilding()).toBe(false);
    expect(calls.at(-1)).toBe(session.state().status === 'signed_in' ? 'signed in' : 'signed out');
  });
});
