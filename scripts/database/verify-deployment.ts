import { createClient } from '@supabase/supabase-js';
import type { Database } from '../../main/remote/database-types.ts';
import {
  checkAssignment,
  checkBatch,
  checkChange,
  checkChanges,
  checkComparison,
  checkDashboard,
  checkExtension,
  checkFunction,
  checkInvariants,
  checkMany,
  checkMember,
  checkRevocation,
  checkStatus,
  checkUndo,
  checkWholeUpload,
  cleanUp,
} from './deployment-checks.ts';
import type { Verification } from './verification.ts';

export interface DeploymentAccess {
  readonly url: string;
  readonly key: string;
  readonly email: string;
  readonly password: string;
  /** Who gets the credits that the checks really give, for the time of the checks: an address that is nobody's. */
  readonly recipient: string;
}

export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was seen; never a password or token. */
  readonly detail: string;
}

/** In this order; each stands alone, but for the member that the first one adds. */
const checks: readonly (readonly [name: string, check: (run: Verification) => Promise<string>])[] = [
  ['add a member', checkMember],
  ['call the function', checkFunction],
  ['assign', checkAssignment],
  ['assign to many', checkMany],
  ['send a batch', checkBatch],
  ['extend', checkExtension],
  ['revoke', checkRevocation],
  ['change a member', checkChange],
  ['deactivate', checkStatus],
  ['undo an upload', checkUndo],
  ['upload as a whole', checkWholeUpload],
  ['read the changes', checkChanges],
  ['compare by buckets', checkComparison],
  ['read the dashboard', checkDashboard],
  ['invariants', checkInvariants],
];

/**
 * The three checks of the existing system (S7: call the function, assign, read the dashboard), every other function that a
 * partner can call, and the invariants; one result each as it is known. Then the clean-up, a result too, whatever failed
 * before, and the end of the session. An aborted signal skips the checks that are left, never these. Without a sign-in there is nothing to
 * check: that result is then the only one.
 */
export async function* verifyDeployment(access: DeploymentAccess, signal: AbortSignal): AsyncGenerator<CheckResult> {
  let run: Verification | null = null;
  yield await resultOf('sign in', async () => {
    run = await signIn(access);
    return `as ${access.email}`;
  });
  if (run === null) return;
  const started: Verification = run;
  try {
    for (const [name, check] of checks) {
      if (signal.aborted) break;
      yield await resultOf(name, () => check(started));
    }
    yield await resultOf('clean up', () => cleanUp(started));
  } finally {
    // This session alone: the partner's consoles stay signed in. One that the server does not end runs out by itself.
    await started.client.auth.signOut({ scope: 'local' });
  }
}

async function signIn({ url, key, email, password, recipient }: DeploymentAccess): Promise<Verification> {
  const client = createClient<Database>(url, key, { auth: { persistSession: false, autoRefreshToken: false } });
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error !== null) throw error;
  return {
    client,
    partnerId: data.user.id,
    recipient: recipient.trim().toLowerCase(),
    balanceBefore: null,
    memberId: null,
  };
}

async function resultOf(name: string, check: () => Promise<string>): Promise<CheckResult> {
  try {
    return { name, passed: true, detail: await check() };
  } catch (error) {
    return { name, passed: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
