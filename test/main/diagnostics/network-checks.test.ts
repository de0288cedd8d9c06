import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Check, Finding } from '../../../main/diagnostics/check.ts';
import { connectionCheck } from '../../../main/diagnostics/connection-check.ts';
import { nameCheck } from '../../../main/diagnostics/name-check.ts';
import type { NetworkFacts } from '../../../main/diagnostics/network-facts.ts';
import { proxyCheck, readProxy } from '../../../main/diagnostics/proxy-check.ts';
import { requiredFunctions } from '../../../main/diagnostics/required-functions.ts';
import { serverChecks } from '../../../main/diagnostics/server-checks.ts';
import { certificateKey, certificates } from './certificates.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    if (server instanceof http.Server) server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A project that answers as one in order does, unless told otherwise. */
const inOrder: http.RequestListener = (request, response) => {
  const isAuth = request.url?.startsWith('/auth/v1') === true;
  response.writeHead(isAuth ? 200 : 401, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify(isAuth ? { external: { email: true } } : { code: '42501', message: 'permission denied' }),
  );
};
const plain = async (listener = inOrder): Promise<string> =>
  `http://127.0.0.1:${await listening(http.createServer(listener))}`;
const secure = async (cert: string): Promise<string> =>
  `https://localhost:${await listening(https.createServer({ cert, key: certificateKey }, inOrder))}`;

function factsOf(url: string, change: Partial<NetworkFacts> = {}): NetworkFacts {
  return {
    url: new URL(url),
    publishableKey: 'sb_publishable_test',
    fetch: globalThis.fetch,
    now: () => Date.now(),
    isChromium: false,
    proxyFor: () => Promise.resolve({ used: 'DIRECT', unused: null }),
    proxy: null,
    proxyAsksSignIn: false,
    isUnreachable: false,
    skew: null,
    ...change,
  };
}

const look = async (check: Check | undefined): Promise<Finding> => {
  if (check === undefined) throw new Error('no such check');
  return check.run(AbortSignal.timeout(10_000));
};
const server = (facts: NetworkFacts, name: string): Promise<Finding> =>
  look(serverChecks(facts).find((check) => check.name === name));

describe('the proxy', () => {
  const through = (port: number): Partial<NetworkFacts> => ({
    proxyFor: () => Promise.resolve({ used: `PROXY 127.0.0.1:${port}; DIRECT`, unused: null }),
  });
  const answering = async (head: string): Promise<number> => {
    const proxy = http.createServer();
    proxy.on('connect', (_request, socket) => socket.end(head));
    return listening(proxy);
  };

  it('is read as Chromium writes it', () => {
    expect(readProxy('DIRECT')).toBeNull();
    expect(readProxy('PROXY a.b:8080; DIRECT')).toEqual({ scheme: 'http', host: 'a.b', port: 8080 });
    expect(readProxy('SOCKS5 [::1]:1080')).toEqual({ scheme: 'socks', host: '::1', port: 1080 });
  });

  it('passes when there is none, and warns of one that this host does not use', async () => {
    expect(await look(proxyCheck(factsOf('https://a.example')))).toMatchObject({ verdict: 'pass' });
    const unused = { proxyFor: () => Promise.resolve({ used: 'DIRECT', unused: 'p.example:3128' }) };
    expect(await look(proxyCheck(factsOf('https://a.example', unused)))).toMatchObject({
      verdict: 'warn',
      next: expect.stringContaining('NODE_USE_ENV_PROXY=1'),
    });
    expect(await look(proxyCheck(factsOf('http://127.0.0.1:1', unused)))).toMatchObject({ verdict: 'pass' });
  });

  it('fails when it asks for a sign-in, and says to Chromium that it may answer', async () => {
    const port = await answering(
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n',
    );
    const facts = factsOf('https://a.example', through(port));
    const found = await look(proxyCheck(facts));
    expect(found).toMatchObject({ verdict: 'fail', found: expect.stringContaining('HTTP 407, NTLM') });
    expect(await look(connectionCheck(facts))).toMatchObject({ verdict: 'skipped' });
    expect(await look(proxyCheck(factsOf('https://a.example', { ...through(port), isChromium: true })))).toMatchObject({
      verdict: 'warn',
    });
  });

  it('fails when it refuses the server or is not there', async () => {
    const port = await answering('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    expect(await look(proxyCheck(factsOf('https://a.example', through(port))))).toMatchObject({
      verdict: 'fail',
      next: 'Allow a.example, port 443, on the proxy.',
    });
    const gone = net.createServer();
    const closed = await listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    expect(await look(proxyCheck(factsOf('https://a.example', through(closed))))).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('the name', () => {
  const unknown = (): Promise<never> => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));

  it('passes with its addresses, and fails where it leads nowhere', async () => {
    const known = factsOf('https://a.example');
    expect(await look(nameCheck(known, () => Promise.resolve([{ address: '192.0.2.1' }])))).toMatchObject({
      verdict: 'pass',
      found: 'a.example leads to 192.0.2.1.',
    });
    const facts = factsOf('https://a.example');
    expect(await look(nameCheck(facts, unknown))).toMatchObject({
      verdict: 'fail',
      found: 'The name a.example leads to no address (ENOTFOUND).',
    });
    expect(facts.isUnreachable).toBe(true);
  });

  it('only warns behind a proxy, which looks it up', async () => {
    const facts = factsOf('https://a.example', { proxy: { scheme: 'http', host: 'p', port: 1 } });
    expect(await look(nameCheck(facts, unknown))).toMatchObject({ verdict: 'warn' });
    expect(facts.isUnreachable).toBe(false);
  });
});

describe('the connection', () => {
  it('passes on this computer without encryption', async () => {
    expect(await look(connectionCheck(factsOf(await plain())))).toMatchObject({ verdict: 'pass' });
  });

  it('names a port where nothing answers', async () => {
    const gone = net.createServer();
    const port = await listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    const facts = factsOf(`http://127.0.0.1:${port}`);
    expect(await look(connectionCheck(facts))).toMatchObject({
      verdict: 'fail',
      found: `Nothing answers at 127.0.0.1, port ${port} (ECONNREFUSED).`,
    });
    expect(await server(facts, 'sign_in_server')).toMatchObject({ verdict: 'skipped' });
  });

  it('names the company authority behind an untrusted certificate, and where to put it', async () => {
    const url = await secure(`${certificates.inspected}\n${certificates.authority}`);
    expect(await look(connectionCheck(factsOf(url)))).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining('comes from “Example Inspection”'),
      next: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    const chromium = factsOf(url, { isChromium: true });
    expect((await look(connectionCheck(chromium))).next).toContain('trusted ones of this computer');
  });

  it('passes the same certificate where the host itself trusts it', async () => {
    const url = await secure(`${certificates.inspected}\n${certificates.authority}`);
    const trusting = factsOf(url, { fetch: () => Promise.resolve(new Response(null)), isChromium: true });
    expect(await look(connectionCheck(trusting))).toMatchObject({
      verdict: 'pass',
      found: expect.stringContaining('a company’s own'),
    });
  });

  it('tells a self-signed, an expired and a foreign certificate apart', async () => {
    expect((await look(connectionCheck(factsOf(await secure(certificates.selfSigned))))).found).toMatch(
      /“Self Made”.*DEPTH_ZERO_SELF_SIGNED_CERT/,
    );
    expect((await look(connectionCheck(factsOf(await secure(certificates.expired))))).found).toMatch(
      /ended on 2021-01-01/,
    );
    const foreign = factsOf(await secure(certificates.other), {
      fetch: () => Promise.reject(Object.assign(new Error('no'), { code: 'ERR_CERT_COMMON_NAME_INVALID' })),
    });
    expect((await look(connectionCheck(foreign))).verdict).toBe('fail');
  });

  it('warns two weeks before a certificate ends, and fails when the clock stands before it begins', async () => {
    const url = await secure(certificates.inspected);
    const at = (instant: string): NetworkFacts =>
      factsOf(url, { now: () => Date.parse(instant), fetch: () => Promise.resolve(new Response(null)) });
    expect(await look(connectionCheck(at('2125-12-25T00:00:00Z')))).toMatchObject({ verdict: 'warn' });
    expect(await look(connectionCheck(at('2019-12-25T00:00:00Z')))).toMatchObject({
      verdict: 'fail',
      found: expect.stringContaining('not valid before 2020-01-01'),
    });
  });

  it('says when something cuts the connection', async () => {
    const cutting = net.createServer((socket) => socket.destroy());
    const url = `https://127.0.0.1:${await listening(cutting)}`;
    expect((await look(connectionCheck(factsOf(url)))).found).toMatch(/^No connection to 127\.0\.0\.1/);
  });
});

describe('the servers', () => {
  it('pass when they answer as a project does', async () => {
    const facts = factsOf(await plain());
    expect(await server(facts, 'sign_in_server')).toMatchObject({ verdict: 'pass' });
    expect(await server(facts, 'data_server')).toMatchObject({ verdict: 'pass' });
    expect(await server(facts, 'clock')).toMatchObject({ verdict: 'pass' });
  });

  const answer =
    (status: number, body: string, type = 'application/json'): http.RequestListener =>
    (_request, response) =>
      response.writeHead(status, { 'content-type': type }).end(body);
  it.each<[string, http.RequestListener, string, RegExp]>([
    ['a login page', answer(200, '<!doctype html><form>', 'text/html'), 'fail', /web page comes back/],
    [
      'an error page',
      answer(502, '<html>Bad gateway</html>', 'text/html'),
      'fail',
      /gateway answers with an error page/,
    ],
    ['a wrong key', answer(401, '{"message":"Invalid API key"}'), 'fail', /publishable key/],
    ['a pause', answer(429, '{}'), 'warn', /asks for a pause/],
    ['trouble', answer(503, '{"message":"no"}'), 'fail', /in trouble \(HTTP 503\)/],
    ['another site', answer(404, '{"message":"no such page"}'), 'fail', /No (sign-in|data) server/],
    ['cut JSON', answer(200, '{"external":'), 'fail', /no data of a project/],
  ])('name %s', async (_name, listener, verdict, words) => {
    const facts = factsOf(await plain(listener));
    for (const name of ['sign_in_server', 'data_server']) {
      const found = await server(facts, name);
      expect(found.verdict).toBe(verdict);
      expect(found.found).toMatch(words);
      expect(found.next).not.toBeNull();
    }
  });

  it('name a proxy’s sign-in, as Chromium hands it on', async () => {
    const facts = factsOf('http://a.example', { fetch: () => Promise.resolve(new Response('', { status: 407 })) });
    expect(await server(facts, 'sign_in_server')).toMatchObject({
      verdict: 'fail',
      found: 'The proxy asks for a sign-in (HTTP 407).',
    });
  });

  it('name the functions that the database lacks, asked for with nothing but nulls', async () => {
    const bodies: unknown[] = [];
    const url = await plain((request, response) => {
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => {
        bodies.push(...Object.values(JSON.parse(body) as object));
        const isMissing = request.url?.endsWith('/undo_member_upload') === true;
        response.writeHead(isMissing ? 404 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ code: isMissing ? 'PGRST202' : '42501' }));
      });
    });
    expect(await server(factsOf(url), 'data_server')).toMatchObject({
      verdict: 'fail',
      found: 'The database lacks undo_member_upload of this version of the console.',
    });
    expect(bodies.length).toBeGreaterThan(Object.keys(requiredFunctions).length);
    expect(new Set(bodies)).toEqual(new Set([null]));
  });

  it.each([
    [30, 'pass', 'agree'],
    [-90, 'warn', 'behind'],
    [200, 'warn', 'ahead of'],
    [-400, 'fail', '7 minutes behind'],
    [90_000, 'fail', '25 hours ahead of'],
  ])('judge a clock that is %i seconds off: %s', async (seconds, verdict, words) => {
    const url = await plain((_request, response) => {
      response.setHeader('date', new Date(Date.now() - seconds * 1_000).toUTCString());
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"external":{}}');
    });
    const facts = factsOf(url);
    await server(facts, 'sign_in_server');
    const found = await server(facts, 'clock');
    expect(found).toMatchObject({ verdict, found: expect.stringContaining(words) });
  });
});
