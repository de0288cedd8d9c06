import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { whyNoWire } from '../backend/postgrest.ts';
import { startHybrid } from '../backend/start-hybrid.ts';
import type { Hybrid } from '../backend/start-hybrid.ts';
import { demoPartner } from './act-as.ts';
import { balanceOf, brokenInvariants, countRows, setBalance } from './facts.ts';

const missing = whyNoWire();
const script = path.join(import.meta.dirname, '..', '..', 'scripts', 'verify.ts');

describe.skipIf(missing !== null)(`S7: npm run verify${missing === null ? '' : ` (skipped: ${missing})`}`, () => {
  let hybrid: Hybrid;
  beforeAll(async () => {
    hybrid = await startHybrid();
  });
  afterAll(() => hybrid.close());
  beforeEach(() => hybrid.reset());

  interface Run {
    readonly password?: string;
    readonly url?: string;
    readonly key?: string;
    readonly recipient?: string;
    /** Presses Ctrl+C when this check has been printed. */
    readonly interruptAfter?: string;
  }

  function verify(run: Run = {}): Promise<{ code: number; lines: string[] }> {
    const { url = hybrid.url, key = hybrid.publishableKey } = run;
    // Half by options, half by the environment: both ways are promised.
    const options = { url, key, recipient: run.recipient };
    const given = Object.entries(options).filter((option): option is [string, string] => Boolean(option[1]));
    const args = [script, ...given.flatMap(([name, value]) => [`--${name}`, value])];
    const env = {
      ...process.env,
      PARTNER_CONSOLE_EMAIL: 'demo@partner-console.example',
      PARTNER_CONSOLE_PASSWORD: run.password ?? 'Demo-2026-credits',
    };
    return new Promise((resolve, reject) => {
      const started = execFile(process.execPath, args, { env }, (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : 0;
        if (stderr !== '' && code !== 2) reject(new Error(stderr));
        else resolve({ code, lines: stdout.trimEnd().split('\n') });
      });
      started.stdout?.on('data', (text: string) => {
        if (run.interruptAfter !== undefined && text.includes(`  ${run.interruptAfter}:`)) started.kill('SIGINT');
      });
    });
  }
  const verdicts = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, line.indexOf(':')));

  const recipient = 'verification@partner-console.example';
  const theMember = () =>
    hybrid.sql<{ status: string; credits_assigned: number; first_name: string }[]>`
      select status, credits_assigned, first_name from public.partner_members where email = ${recipient}`;
  const unspent = (): Promise<number> =>
    countRows(hybrid.sql, 'public.partner_credits', `employee_email = '${recipient}' and status = 'available'`);

  /** The verdicts while a function is missing, as after a deployment that stopped half-way. */
  async function verifyWithout(signature: string): Promise<{ code: number; lines: string[] }> {
    const name = signature.slice(0, signature.indexOf('('));
    const gone = signature.replace(name, 'gone');
    await hybrid.sql.unsafe(`alter function public.${signature} rename to gone`);
    await hybrid.reloadSchema();
    const outcome = await verify();
    await hybrid.sql.unsafe(`alter function public.${gone} rename to ${name}`);
    await hybrid.reloadSchema();
    return outcome;
  }

  it('passes on a sound deployment, says what it did, and leaves the balance as it was', async () => {
    const { code, lines } = await verify();
    expect(verdicts(lines.slice(0, -1))).toEqual([
      'pass  sign in',
      'pass  add a member',
      'pass  call the function',
      'pass  assign',
      'pass  assign to many',
      'pass  send a batch',
      'pass  extend',
      'pass  revoke',
      'pass  change a member',
      'pass  deactivate',
      'pass  undo an upload',
      'pass  upload as a whole',
      'pass  read the changes',
      'pass  compare by buckets',
      'pass  read the dashboard',
      'pass  invariants',
      'pass  clean up',
    ]);
    expect(lines.at(-2)).toContain('4 credits taken back, balance 1000 as before');
    expect(lines.at(-1)).toBe('All checks passed.');
    expect(code).toBe(0);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
    expect(await theMember()).toEqual([{ status: 'inactive', credits_assigned: 0, first_name: 'Verification' }]);
    expect(await brokenInvariants(hybrid.sql)).toEqual([]);
    // Nobody is left signed in.
    expect(await countRows(hybrid.sql, 'auth.sessions')).toBe(0);
    expect(await verify()).toMatchObject({ code: 0 });
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
  });

  it('calls every function that a partner can call', async () => {
    const callable = await hybrid.sql<{ name: string }[]>`
      select p.proname as name from pg_catalog.pg_proc p
      where p.pronamespace = 'public'::regnamespace and has_function_privilege('authenticated', p.oid, 'execute')
      order by name`;
    const folder = path.join(import.meta.dirname, '..', '..', 'scripts', 'database');
    const checks = readFileSync(path.join(folder, 'deployment-checks.ts'), 'utf8');
    expect(callable.length).toBeGreaterThan(5);
    expect(callable.map(({ name }) => name).filter((name) => !checks.includes(`'${name}'`))).toEqual([]);
  });

  it('fails the check that a missing function breaks, goes on with the others, and cleans up', async () => {
    const { code, lines } = await verifyWithout('assign_member_credits(uuid, uuid, integer, integer, text)');
    expect(verdicts(lines).filter((line) => line.startsWith('FAIL'))).toEqual(['FAIL  assign', 'FAIL  deactivate']);
    expect(verdicts(lines)).toContain('pass  clean up');
    expect(code).toBe(1);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
    expect(await unspent()).toBe(0);
  });

  it('says which credits stay where nothing can be taken back, and takes them back in the next run', async () => {
    const { code, lines } = await verifyWithout('revoke_member_credits(uuid, uuid, integer, text)');
    expect(lines.at(-2)).toMatch(
      /^FAIL {2}clean up: 5 credits stay with verification@\S+ until they expire: revoke_member/,
    );
    expect(code).toBe(1);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(995);
    const next = await verify();
    expect(next.lines[1]).toContain('with 5 credits of an earlier run taken back');
    expect(next.code).toBe(0);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
  });

  it('gives nothing where it could not add its member', async () => {
    const { lines } = await verifyWithout('upload_members(uuid, text, jsonb)');
    expect(verdicts(lines)).toEqual(
      expect.arrayContaining(['FAIL  add a member', 'FAIL  call the function', 'pass  read the dashboard']),
    );
    expect(lines.at(-2)).toBe('pass  clean up: nothing was given, nothing is left');
    expect(await countRows(hybrid.sql, 'public.partner_credits', `employee_email = '${recipient}'`)).toBe(0);
  });

  it("touches nobody's own member", async () => {
    const [somebody] = await hybrid.sql<{ email: string }[]>`
      select email from public.partner_members where partner_id = ${demoPartner} and status = 'active' order by email limit 1`;
    const { code, lines } = await verify({ recipient: String(somebody?.email) });
    expect(lines[1]).toMatch(/^FAIL {2}add a member: .* is somebody's address already/);
    expect(code).toBe(1);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
    const after = await hybrid.sql`select status from public.partner_members where email = ${String(somebody?.email)}`;
    expect(after).toMatchObject([{ status: 'active' }]);
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
    expect(lines[2]).toBe('FAIL  call the function: allocating no credits answered true');
    expect(code).toBe(1);
  });

  it('fails when the sums do not agree', async () => {
    await hybrid.sql.begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`;
      await transaction`update public.users set credits = credits + 5 where id = ${demoPartner}`;
    });
    const { code, lines } = await verify();
    expect(lines.find((line) => line.includes('invariants:'))).toMatch(
      /^FAIL {2}invariants: 1 violated: balance_follows_ledger/,
    );
    expect(code).toBe(1);
  });

  it('ends at Ctrl+C with what it gave taken back', async () => {
    const { code, lines } = await verify({ interruptAfter: 'assign' });
    expect(lines.at(-1)).toBe('Interrupted: the other checks were not run.');
    expect(lines.at(-2)).toMatch(/^pass {2}clean up/);
    expect(lines.length).toBeLessThan(15);
    expect(code).toBe(1);
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1_000);
  });

  it('says so when the balance is too small, the password is wrong, or nobody answers', async () => {
    await setBalance(hybrid.sql, demoPartner, 1);
    expect((await verify()).lines[2]).toBe('FAIL  call the function: the balance is 1; the checks need 4 credits');
    expect(await balanceOf(hybrid.sql, demoPartner)).toBe(1);
    const refused = await verify({ password: 'wrong' });
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

  it('says what is missing on the command line', async () => {
    const { code, lines } = await verify({ url: '', key: '' });
    expect(code).toBe(2);
    expect(lines).toEqual(['']);
  });
});
