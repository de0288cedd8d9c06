import { appendFileSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requiredFunctions } from '../../../main/diagnostics/required-functions.ts';
import { openLog } from '../../../main/platform/log-file.ts';
import { openConsole, type TestConsole } from '../../builders/console.ts';
import { changesAnswer, scriptedServer, scriptedUser, tokenAnswer } from '../../builders/scripted-server.ts';

describe('the diagnostics of the running console', () => {
  let console: TestConsole;
  const server = scriptedServer(({ path: asked, authorization }) => {
    if (asked.endsWith('/token')) return tokenAnswer(1);
    if (asked.endsWith('/settings')) return { body: { external: {} } };
    if (authorization === null) return { status: 401, body: { code: '42501', message: 'permission denied' } };
    return changesAnswer();
  });

  beforeEach(async () => {
    console = await openConsole({ fetch: server.fetch });
  });
  afterEach(() => console.close());

  const signIn = async (): Promise<void> => {
    await console.value('session.signIn', {
      serverUrl: 'http://127.0.0.1:9',
      publishableKey: 'sb_publishable_secretive',
      email: scriptedUser.email,
      password: 'password',
    });
    await console.until('sync.status', {}, (status) => status.lastPullAt !== null && !status.pulling);
  };

  it('work before anybody has signed in, and tell each result as it comes', async () => {
    const { results, text } = await console.value('diagnostics.run', {});
    const told = console.events.flatMap((event) => (event.event === 'diagnostic' ? [event.result.check] : []));
    expect(told.toSorted()).toEqual(results.map(({ check }) => check).toSorted());
    expect(results.filter(({ verdict }) => verdict === 'skipped').map(({ check }) => check)).toContain(
      'sign_in_server',
    );
    expect(text).toContain('no organisation address is known yet');
  });

  it('look at the project of the open account, and at its database', async () => {
    await signIn();
    const { results, text } = await console.value('diagnostics.run', {});
    const of = (name: string) => results.find(({ check }) => check === name);
    expect(of('connection')).toMatchObject({ verdict: 'fail', found: expect.stringContaining('127.0.0.1, port 9') });
    expect(of('database')).toMatchObject({ verdict: 'pass', found: expect.stringContaining('synchronous = 2') });
    expect(text).not.toContain('secretive');
    expect(text).not.toContain(scriptedUser.email);
  });

  it('give a bundle with results, rounds and the end of the log, and without personal data', async () => {
    const { log, close } = openLog(console.dataFolder);
    log('info', 'sync_round', { sent: 7 });
    close();
    appendFileSync(path.join(console.dataFolder, 'console.log'), '{"event":"anna@a.exam\n{"note":"anna@a.example"}\n');
    await signIn();
    await console.value('diagnostics.run', {});
    const { fileName, text } = await console.value('diagnostics.bundle', {});
    expect(fileName).toMatch(/^partner-console-diagnostics-\d{4}-\d\d-\d\d\.json$/);
    const bundle = JSON.parse(text) as { checks: unknown[]; syncs: unknown[]; log: unknown[] };
    expect(bundle.checks).toHaveLength(12);
    expect(bundle.syncs).toMatchObject([{ startedBy: 'sign_in', fault: null }]);
    expect(bundle.log).toMatchObject([
      { event: 'sync_round', sent: 7 },
      { event: 'line_cut_short' },
      { note: '[redacted]' },
    ]);
    for (const secret of ['anna', scriptedUser.email, 'secretive', 'access-1', 'refresh-1'])
      expect(text).not.toContain(secret);
  });
});

it('asks the server for every function that this version calls', () => {
  const folder = path.resolve(import.meta.dirname, '../../../main/remote');
  const source = readdirSync(folder)
    .map((file) => readFileSync(path.join(folder, file), 'utf8'))
    .join('\n');
  const called = [...source.matchAll(/\.rpc\(\s*'(\w+)'/g)].map(([, name = '']) => name);
  expect(called.length).toBeGreaterThan(5);
  expect(new Set(called)).toEqual(new Set(Object.keys(requiredFunctions)));
});
