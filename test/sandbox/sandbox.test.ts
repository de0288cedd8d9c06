import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { SandboxBusyError, startSandbox, type Sandbox } from '../../scripts/sandbox/start-sandbox.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let running: Sandbox[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-test-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((sandbox) => sandbox.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(fresh = false): Promise<Sandbox> {
  const sandbox = await startSandbox({ dataFolder: folder, fresh });
  running.push(sandbox);
  return sandbox;
}

async function signedIn({
  url,
  publishableKey,
  demo,
}: Pick<Sandbox, 'url' | 'publishableKey' | 'demo'>): Promise<SupabaseClient> {
  const client = createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const { error } = await client.auth.signInWithPassword(demo);
  if (error !== null) throw error;
  return client;
}

async function balanceOf(client: SupabaseClient): Promise<number> {
  const { data, error } = await client.rpc('partner_dashboard');
  if (error !== null) throw error;
  return z.object({ balance: z.number() }).parse(data).balance;
}

async function assignOne(client: SupabaseClient): Promise<void> {
  const members = await client.from('partner_members').select('id').eq('status', 'active').limit(1);
  const memberId = z.array(z.object({ id: z.string() })).parse(members.data)[0]?.id;
  const { error } = await client.rpc('assign_member_credits', {
    p_request_id: crypto.randomUUID(),
    p_member_id: memberId,
    p_credits: 7,
    p_validity_days: 90,
    p_note: null,
  });
  if (error !== null) throw error;
}

/** True as long as something listens there. */
async function answers(url: string, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ port: Number(new URL(url).port), host });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function untilSilent(url: string): Promise<void> {
  while (await answers(url)) await pause(100);
}

describe('sandbox', () => {
  it('signs the demo partner in and shows its own data only', async () => {
    const client = await signedIn(await start());
    expect(await balanceOf(client)).toBe(1_000);
    const { data } = await client.from('users').select('email').eq('role', 'partner');
    expect(data).toEqual([{ email: 'demo@partner-console.example' }]);
  });

  it('keeps data, address and key between starts, also after it was killed', async () => {
    const first = await start();
    await assignOne(await signedIn(first));
    await first.stop();
    const script = `const { startSandbox } = await import(${JSON.stringify(path.join(root, 'scripts/sandbox/start-sandbox.ts'))});
      const { url, publishableKey } = await startSandbox({ dataFolder: ${JSON.stringify(folder)} });
      console.log(JSON.stringify({ url, publishableKey }));`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const printed: unknown = JSON.parse(String((await once(parent.stdout, 'data'))[0]));
    expect(printed).toEqual({ url: first.url, publishableKey: first.publishableKey });
    await assignOne(await signedIn(first));

    // Nobody tells the sandbox: it has to notice that the process that started it is gone.
    parent.kill('SIGKILL');
    await untilSilent(first.url);
    const third = await start();
    expect([third.url, third.publishableKey]).toEqual([first.url, first.publishableKey]);
    // Above it any program may be given the port while the sandbox is stopped.
    expect(Number(new URL(first.url).port)).toBeLessThan(32_768);
    expect(await balanceOf(await signedIn(third))).toBe(986);
  });

  it('begins anew with `fresh`, under another address, so that no console takes it for the one it knows', async () => {
    const first = await start();
    await assignOne(await signedIn(first));
    await first.stop();
    const second = await start(true);
    expect(await balanceOf(await signedIn(second))).toBe(1_000);
    expect([second.url, second.publishableKey]).not.toContain(first.url);
    expect(second.publishableKey).not.toBe(first.publishableKey);
  });

  it('has one process a folder: a second start shares it, and cannot empty it', async () => {
    const first = await start();
    const second = await start();
    expect(second).toMatchObject({ shared: true, url: first.url, publishableKey: first.publishableKey });
    await second.stop();
    expect(await answers(first.url)).toBe(true);
    await expect(startSandbox({ dataFolder: folder, fresh: true })).rejects.toBeInstanceOf(SandboxBusyError);
    await first.stop();
    expect(await answers(first.url)).toBe(false);
  });

  it('listens on loopback only, and keeps its keys to this user', async () => {
    const { url } = await start();
    const others = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter((address) => !address.internal && address.family === 'IPv4')
      .map((address) => address.address);
    for (const host of others) expect([host, await answers(url, host)]).toEqual([host, false]);
    expect(statSync(path.join(folder, 'sandbox.json')).mode & 0o777).toBe(0o600);
  });

  it('prints nothing of what it is asked, not even of statements that fail', async () => {
    const child = spawn(process.execPath, [path.join(root, 'scripts/sandbox.ts')], {
      env: { ...process.env, PARTNER_CONSOLE_SANDBOX: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stderr.on('data', (data) => (output += String(data)));
    const ready = new Promise<void>((resolve) => {
      child.stdout.on('data', (data) => {
        output += String(data);
        if (output.includes('Sign in as')) resolve();
      });
    });
    await ready;
    const url = /SUPABASE_URL=(\S+)/.exec(output)?.[1] ?? '';
    const publishableKey = /SUPABASE_PUBLISHABLE_KEY=(\S+)/.exec(output)?.[1] ?? '';
    const client = await signedIn({
      url,
      publishableKey,
      demo: { email: 'demo@partner-console.example', password: 'Demo-2026-credits' },
    });
    const failing = await client.from('partner_members').select('id').eq('id', 'very-private@firm.example');
    expect(failing.error).not.toBeNull();
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
    expect(output).not.toContain('very-private');
    expect(await answers(url)).toBe(false);
  });
});
