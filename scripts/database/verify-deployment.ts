import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { SupabaseClient } from '@supabase/supabase-js';
import * as z from 'zod';
import { assignAnswer, changesAnswer, dashboardAnswer, uploadAnswer } from '../../main/remote/wire.ts';

export interface DeploymentAccess {
  readonly url: string;
  readonly key: string;
  readonly email: string;
  readonly password: string;
  /** Who gets the two credits that the checks really allocate. */
  readonly recipient: string;
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen; never a password or token. */
  readonly detail: string;
}

const invariants = z.object({
  holds: z.boolean(),
  violations: z.array(z.object({ invariant: z.string(), subject: z.string() })),
});

/** Throws when the server answers an error, or something of another shape. */
async function call<T>(client: SupabaseClient, name: string, schema: z.ZodType<T>, args: object = {}): Promise<T> {
  const { data, error, status } = await client.rpc(name, args);
  if (error !== null) throw new Error(`${name} answered ${String(status)} ${error.code} ${error.message}`.trim());
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new Error(`${name} answered something else than expected: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

async function checkFunction(client: SupabaseClient, { recipient }: DeploymentAccess): Promise<string> {
  const { partner } = await call(client, 'partner_changes', changesAnswer, { p_cursor: null, p_limit: 1 });
  expectThat(partner.balance >= 2, `the balance is ${String(partner.balance)}; the checks need 2 credits`);
  const allocate = (credits: number): Promise<boolean> =>
    call(client, 'allocate_partner_credit', z.boolean(), {
      p_partner_id: partner.id,
      p_employee_email: recipient,
      p_employee_name: 'Verification',
      p_credits_count: credits,
      p_validity_days: 1,
    });
  expectThat(await allocate(1), 'allocating one credit answered false');
  expectThat(!(await allocate(0)), 'allocating no credits answered true');
  return `allocate_partner_credit allocated one credit to ${recipient}`;
}

async function checkAssignment(client: SupabaseClient, { recipient }: DeploymentAccess): Promise<string> {
  const rows = [
    { row: 1, email: recipient, first_name: 'Verification', credits: null, validity_days: null, expires_on: null },
  ];
  const upload = { p_upload_id: randomUUID(), p_file_name: 'verification', p_rows: rows };
  const memberId = (await call(client, 'upload_members', uploadAnswer, upload)).rows[0]?.member_id ?? null;
  expectThat(memberId !== null, 'upload_members did not add the member');
  const request = {
    p_request_id: randomUUID(),
    p_member_id: memberId,
    p_credits: 1,
    p_validity_days: 1,
    p_note: 'Verification',
  };
  const first = await call(client, 'assign_member_credits', assignAnswer, request);
  if (first.outcome !== 'assigned') throw new Error(`assigning one credit was refused: ${first.outcome}`);
  const again = await call(client, 'assign_member_credits', assignAnswer, request);
  expectThat(
    again.outcome === 'assigned' && again.replayed && again.allocation_id === first.allocation_id,
    'the same request a second time was not answered from its receipt',
  );
  return `assign_member_credits assigned one credit, once; balance ${String(first.balance)}`;
}

async function checkDashboard(client: SupabaseClient): Promise<string> {
  const board = await call(client, 'partner_dashboard', dashboardAnswer);
  const parts = board.available + board.used + board.revoked + board.expired;
  expectThat(
    parts === board.allocated,
    `${String(board.allocated)} credits allocated, but ${String(parts)} counted by state`,
  );
  return `balance ${String(board.balance)}, ${String(board.active_members)} active members, ${String(board.allocated)} credits allocated`;
}

async function checkInvariants(client: SupabaseClient): Promise<string> {
  const { holds, violations } = await call(client, 'partner_invariants', invariants);
  const named = violations.slice(0, 5).map((violation) => `${violation.invariant} of ${violation.subject}`);
  expectThat(holds, `${String(violations.length)} violated: ${named.join(', ')}`);
  return 'balance, ledger, credits and members agree';
}

async function run(name: string, check: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, passed: true, detail: await check() };
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * The three checks of the existing system (S7: call the function, assign, read the dashboard) and the invariants, one
 * result each as it is known. Without a sign-in there is nothing to check: that result is then the only one.
 */
export async function* verifyDeployment(access: DeploymentAccess): AsyncGenerator<CheckResult> {
  let client: SupabaseClient | null = null;
  const signIn = await run('sign in', async () => {
    const candidate = createClient(access.url, access.key, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const { error } = await candidate.auth.signInWithPassword({ email: access.email, password: access.password });
    if (error !== null) throw error;
    client = candidate;
    return `as ${access.email}`;
  });
  yield signIn;
  if (client === null) return;
  const signedIn: SupabaseClient = client;
  yield await run('call the function', () => checkFunction(signedIn, access));
  yield await run('assign', () => checkAssignment(signedIn, access));
  yield await run('read the dashboard', () => checkDashboard(signedIn));
  yield await run('invariants', () => checkInvariants(signedIn));
}
