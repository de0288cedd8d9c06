import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../../../main/cache/migrations/index.ts';
import { connect } from '../../../main/cache/open.ts';
import { readServerAddress } from '../../../main/session/server-address.ts';
import { memorySecrets, openConsole, type TestConsole } from '../../builders/console.ts';
import { type FakeClock, fakeClock, settled } from '../../builders/fake-clock.ts';
import {
  changesAnswer,
  type ScriptedServer,
  scriptedServer,
  scriptedUser,
  tokenAnswer,
} from '../../builders/scripted-server.ts';

const credentials = {
  serverUrl: 'https://project.example/',
  publishableKey: 'key',
  email: scriptedUser.email,
  password: 'secret-password',
};

describe('the session', () => {
  let clock: FakeClock;
  let server: ScriptedServer;
  let partnerConsole: TestConsole;
  let tokens: number;

  beforeEach(async () => {
    clock = fakeClock();
    tokens = 0;
    server = scriptedServer(({ path: requested }) => {
      if (!requested.endsWith('/token')) return requested.endsWith('/logout') ? { body: {} } : changesAnswer();
      tokens += 1;
      return tokenAnswer(tokens);
    });
    partnerConsole = await openConsole({ clock, fetch: server.fetch });
  });
  afterEach(() => partnerConsole.close());

  const signIn = async (): Promise<void> => {
    await partnerConsole.value('session.signIn', credentials);
    await settled();
  };

  const secretName = (): string =>
    `refresh-token-${readdirSync(path.join(partnerConsole.dataFolder, 'accounts'))[0] ?? ''}`;

  it('renews the token before it ends, once for all who ask at the same time', async () => {
    await signIn();
    const usedTokens = () =>
      new Set(
        server.requests.filter((each) => each.path.endsWith('partner_changes')).map((each) => each.authorization),
      );
    expect([...usedTokens()]).toEqual(['Bearer access-1']);
    await clock.advance(3_600_000 - 61_000);
    expect(tokens).toBe(1);
    await clock.advance(62_000);
    expect(tokens).toBe(2);
    expect(usedTokens()).toContain('Bearer access-2');
    expect(partnerConsole.secrets.load(secretName())).toBe('refresh-2');
  });

  it('writes neither password nor tokens to the data folder', async () => {
    await signIn();
    const everything = readdirSync(partnerConsole.dataFolder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
      .join('');
    expect(everything).toContain('https://project.example');
    for (const secret of ['secret-password', 'access-1', 'refresh-1']) expect(everything).not.toContain(secret);
  });

  it('lives in memory alone where no secret can be kept, and says so', async () => {
    const secrets = memorySecrets({ available: false });
    const first = await openConsole({ clock, fetch: server.fetch, secrets });
    expect(await first.value('session.signIn', credentials)).toMatchObject({
      status: 'signed_in',
      sessionIsKept: false,
    });
    await first.application.close();
    const second = await openConsole({ clock, fetch: server.fetch, secrets, dataFolder: first.dataFolder });
    const state = await second.value('session.state', {});
    expect(state).toMatchObject({ status: 'signed_out', sessionIsKept: false, lastEmail: scriptedUser.email });
    const [account] = state.status === 'signed_out' ? state.offlineAccounts : [];
    const opened = await second.value('session.continueOffline', { accountId: account?.accountId ?? '' });
    expect(opened).toMatchObject({ status: 'offline', reason: 'continued_offline', publishableKey: 'key' });
    expect((await second.value('dashboard.read', {})).balance.confirmed).toBe(1_000);
    const requests = server.requests.length;
    await clock.advance(300_000);
    expect(server.requests.length).toBe(requests);
    await second.application.close();
    rmSync(first.dataFolder, { recursive: true });
  });

  it('forgets the session at sign-out, here and on the server, and does not offer the account offline', async () => {
    await signIn();
    const name = secretName();
    const state = await partnerConsole.value('session.signOut', { clearCache: false });
    await settled();
    expect(state).toMatchObject({ status: 'signed_out', offlineAccounts: [], lastEmail: scriptedUser.email });
    expect(partnerConsole.secrets.load(name)).toBeNull();
    expect(server.requests.at(-1)).toMatchObject({ path: '/auth/v1/logout', authorization: 'Bearer access-1' });
    const accountId = name.slice('refresh-token-'.length);
    expect(await partnerConsole.call('session.continueOffline', { accountId })).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    });
    expect(clock.waiting()).toBe(0);
  });

  it.each([
    [
      { status: 400, body: { error_code: 'invalid_credentials' } },
      { code: 'signed_out', reason: 'wrong_password' },
    ],
    [
      { status: 401, body: { message: 'Invalid API key' } },
      { code: 'invalid_input', field: 'publishableKey', reason: 'wrong_key' },
    ],
    [{ fault: 'ENOTFOUND' }, { code: 'offline', fault: 'dns', host: 'project.example', detail: 'ENOTFOUND' }],
    [{ fault: 'DEPTH_ZERO_SELF_SIGNED_CERT' }, { code: 'offline', fault: 'tls' }],
    [{ fault: 'ECONNREFUSED' }, { code: 'offline', fault: 'refused' }],
    [
      { status: 503, body: {} },
      { code: 'offline', fault: 'server', detail: 'http_503' },
    ],
    [
      { status: 404, body: {} },
      { code: 'not_found', what: 'project' },
    ],
  ])('gives a verdict on a sign-in that fails: %j', async (answer, error) => {
    server.answer = () => answer;
    const result = await partnerConsole.call('session.signIn', credentials);
    expect(result).toMatchObject({ ok: false, error });
    expect(server.requests).toHaveLength(1);
    expect(await partnerConsole.value('session.state', {})).toMatchObject({
      status: 'signed_out',
      offlineAccounts: [],
    });
  });

  it('lets nobody in who is no partner, and ends their session on the server', async () => {
    server.answer = ({ path: requested }) =>
      requested.endsWith('/token')
        ? tokenAnswer(1)
        : { status: 403, body: { code: 'PT403', message: 'not_a_partner' } };
    expect(await partnerConsole.call('session.signIn', credentials)).toEqual({
      ok: false,
      error: { code: 'forbidden', reason: 'not_a_partner' },
    });
    await settled();
    expect(server.count('/logout')).toBe(1);
    expect(readdirSync(partnerConsole.dataFolder)).not.toContain('accounts');
  });

  it('says at sign-in and offline that a later version wrote the data kept on this computer', async () => {
    await signIn();
    const { dataFolder, secrets } = partnerConsole;
    await partnerConsole.application.close();
    const [accountId = ''] = readdirSync(path.join(dataFolder, 'accounts'));
    const file = path.join(dataFolder, 'accounts', accountId, 'console.db');
    const database = connect(file);
    database.execute('pragma user_version = 999');
    database.close();
    const damaged = await openConsole({ clock, fetch: server.fetch, secrets, dataFolder });
    const error = { code: 'cache_unavailable', reason: 'newer' };
    expect(await damaged.value('session.state', {})).toMatchObject({ status: 'signed_out', notOpened: error });
    expect(await damaged.call('session.signIn', credentials)).toEqual({ ok: false, error });
    expect(await damaged.call('session.continueOffline', { accountId })).toEqual({ ok: false, error });
    await settled();
    // Nobody uses the session that was begun for it.
    expect(server.count('/logout')).toBe(1);
    expect(readdirSync(path.dirname(file)).filter((name) => name.includes('corrupt'))).toEqual([]);

    const mended = connect(file);
    mended.execute(`pragma user_version = ${migrations.length}`);
    mended.close();
    await clock.advance(120_000);
    expect(await damaged.value('session.state', {})).toMatchObject({ status: 'signed_in' });
    await damaged.application.close();
  });

  it('goes on with damaged data set aside, and stays signed in', async () => {
    await signIn();
    const { dataFolder, secrets } = partnerConsole;
    await partnerConsole.application.close();
    const [accountId = ''] = readdirSync(path.join(dataFolder, 'accounts'));
    const file = path.join(dataFolder, 'accounts', accountId, 'console.db');
    for (const side of ['-wal', '-shm']) rmSync(`${file}${side}`, { force: true });
    writeFileSync(file, Buffer.alloc(16_384, 'x'));
    const damaged = await openConsole({ clock, fetch: server.fetch, secrets, dataFolder });
    expect(await damaged.value('session.state', {})).toMatchObject({ status: 'signed_in' });
    expect((await damaged.value('application.recovery', {})).latest).toMatchObject({ items: 0, drafts: 0 });
    await damaged.call('application.dismissRecovery', {});
    expect(await damaged.value('application.recovery', {})).toEqual({ latest: null });
    const aside = readdirSync(path.dirname(file)).find((name) => name.startsWith('console.db.corrupt-')) ?? '';
    const kept = readFileSync(path.join(path.dirname(file), aside));
    expect(kept.every((byte) => byte === 'x'.charCodeAt(0))).toBe(true);
    await damaged.application.close();
  });

  it('starts and signs in although the file of known accounts cannot be written', async () => {
    await signIn();
    const { dataFolder, secrets } = partnerConsole;
    await partnerConsole.application.close();
    mkdirSync(path.join(dataFolder, 'application.json.next'));
    const again = await openConsole({ clock, fetch: server.fetch, secrets, dataFolder });
    expect(await again.value('session.state', {})).toMatchObject({ status: 'signed_in' });
    expect(await again.value('session.signIn', credentials)).toMatchObject({ status: 'signed_in' });
    await again.application.close();
  });

  it('calls the project with the new key once somebody has signed in with it', async () => {
    const keys: (string | null)[] = [];
    const fetch: typeof globalThis.fetch = (input, init) => {
      keys.push(new Headers(init?.headers).get('apikey'));
      return server.fetch(input, init);
    };
    const renewed = await openConsole({ clock, fetch });
    await renewed.value('session.signIn', credentials);
    await settled();
    await renewed.value('session.signIn', { ...credentials, publishableKey: 'new-key' });
    await settled();
    keys.length = 0;
    await renewed.value('sync.now', {});
    expect([...new Set(keys)]).toEqual(['new-key']);
    await renewed.close();
  });

  it('never lets the data of one account into the database of another', async () => {
    await signIn();
    server.answer = () => changesAnswer('00000000-0000-4000-8000-000000000666', 5);
    const result = await partnerConsole.call('sync.now', {});
    expect(result).toEqual({ ok: false, error: { code: 'refused', reason: 'wrong_account' } });
    expect((await partnerConsole.value('dashboard.read', {})).balance.confirmed).toBe(1_000);
  });
});

describe('the address of a project', () => {
  it.each([
    ['project.example', 'https://project.example'],
    ['  https://project.example/rest/v1/ ', 'https://project.example'],
    ['http://127.0.0.1:54321', 'http://127.0.0.1:54321'],
    ['localhost:54321', 'https://localhost:54321'],
  ])('%s → %s', (text, origin) => {
    expect(readServerAddress(text)).toEqual({ ok: true, value: origin });
  });

  it.each([
    ['http://project.example', 'insecure'],
    ['http://127.0.0.1.evil.example', 'insecure'],
    ['ftp://project.example', 'not_an_address'],
    ['https://', 'not_an_address'],
    ['two words', 'not_an_address'],
  ])('%s is refused as %s', (text, reason) => {
    expect(readServerAddress(text)).toEqual({
      ok: false,
      error: { code: 'invalid_input', field: 'serverUrl', reason },
    });
  });
});
