import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { demoPartner } from './act-as.ts';
import { balanceOf, brokenInvariants, setBalance } from './facts.ts';

const missing = whyNoWire();
const script = path.join(import.meta.dirname, '..', '..', 'scripts', 'verify.ts');

describe.skipIf(missing !== null)(`S7: npm run verify${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let hybrid: Hybrid;
  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(() => hybrid.reset());

  function verify(password = 'Demo-2026-credits', url = hybrid.url): Promise<{ code: number; lines: string[] }> {
    const args = [script, '--url', url, '--key', hybrid.publishableKey];
    // Half by options, half by the environment: both ways are promised.
    const env = {
      ...process.env,
      PARTNER_CONSOLE_EMAIL: 'demo@partner-console.example',
      PARTNER_CONSOLE_PASSWORD: password,
    };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
        if (stderr !== '') reject(new Error(stderr));
        else resolve({ code: typeof error?.code === 'number' ? error.code : 0, lines: stdout.trimEnd().split('\n') });
      });
    });
  }
  const verdicts = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, line.indexOf(':')));

  it('passes on a sound deployment, and says what it did', async () => {
    const { code, lines } = await verify();
    expect(verdicts(lines.slice(0, -1))).toEqual([
      'pass  sign in',
      'pass  call the function',
      'pass  assign',
      'pass  read the dashboard',
      'pass  invariants',
    ]);
    expect(lines.at(-1)).toBe('All checks passed.');
    expect(code).toBe(0);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(998);
    expect(await brokenInvariants(hybrid.sql)).toEqual([]);
    expect(await verify()).toMatchObject({ code: 0 });
  });

  it('fails the check that a missing function breaks, and goes on with the others', async () => {
    await hybrid.sql`alter function public.assign_member_credits(uuid, uuid, integer, integer, text) rename to gone`;
    await hybrid.reloadSchema();
    const { code, lines } = await verify();
    await hybrid.sql`alter function public.gone(uuid, uuid, integer, integer, text) rename to assign_member_credits`;
    await hybrid.reloadSchema();
    expect(verdicts(lines)).toContain('FAIL  assign');
    expect(verdicts(lines)).toContain('pass  read the dashboard');
    expect(code).toBe(1);
  });

  it('fails on a function that does not check, as the existing system had it', async () => {
    const [sound] = await hybrid.sql<{ source: string }[]>`
      select pg_get_functiondef('public.allocate_partner_credit(uuid,text,text,integer,integer)'::regprocedure) as source`;
    await hybrid.sql.unsafe(`
      create or replace function public.allocate_partner_credit(
        p_partner_id uuid, p_employee_email text, p_employee_name text, p_credits_count integer, p_validity_days integer default 90
      ) returns boolean language sql as 'select true'`);
    const { code, lines } = await verify();
    await hybrid.sql.unsafe(String(sound?.source));
    expect(lines[1]).toBe('FAIL  call the function: allocating no credits answered true');
    expect(code).toBe(1);
  });

  it('fails when the sums do not agree', async () => {
    await hybrid.sql.begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.users set credits = credits + 5 where id = ${demoPartner}`;
    });
    const { code, lines } = await verify();
    expect(lines[4]).toMatch(/^FAIL {2}invariants: 1 violated: balance_follows_ledger/);
    expect(code).toBe(1);
  });

  it('says so when the balance is too small, the password is wrong, or nobody answers', async () => {
    await setBalance(hybrid.sql, demoPartner, 1);
    expect((await verify()).lines[1]).toBe('FAIL  call the function: the balance is 1; the checks need 2 credits');
    const refused = await verify('wrong');
    expect(refused.code).toBe(1);
    expect(refused.lines[0]).toBe('FAIL  sign in: Invalid login credentials');
    expect(refused.lines).toHaveLength(2);
    expect(refused.lines.join('\n')).not.toContain('wrong');
    await hybrid.gateway.goOffline();
    const unreached = await verify();
    await hybrid.gateway.goOnline();
    expect(unreached.code).toBe(1);
    expect(verdicts(unreached.lines.slice(0, -1))).toEqual(['FAIL  sign in']);
  });
});
