import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import {
  assignManyAnswer,
  commitAnswer,
  extendAnswer,
  revokeAnswer,
  stageAnswer,
  statusAnswer,
  updateAnswer,
} from '../../main/remote/command-answers.ts';
import { bucketEntriesAnswer, digestsAnswer } from '../../main/remote/comparison-answers.ts';
import { assignmentsAnswer, outcomesAnswer, uploadOutcomesAnswer } from '../../main/remote/sending-answers.ts';
import { undoUploadAnswer, uploadListAnswer } from '../../main/remote/upload-answers.ts';
import { assignAnswer, changesAnswer, dashboardAnswer, uploadAnswer } from '../../main/remote/wire.ts';
import { ask, expectThat, memberOf, unspentOf, VERIFICATION_NAME, type Verification } from './verification.ts';

const NEEDED_CREDITS = 4;

const invariants = z.object({
  holds: z.boolean(),
  violations: z.array(z.object({ invariant: z.string(), subject: z.string() })),
});

/** One row as uploads take it. `credits` null: the member alone. */
function uploadRow(email: string, credits: number | null) {
  return {
    row: 1,
    email,
    first_name: VERIFICATION_NAME,
    credits,
    validity_days: credits === null ? null : 1,
    expires_on: null,
  };
}

/** Adds the member of its own, or takes up that of an earlier run. Throws when the address is somebody else's. */
export async function checkMember(run: Verification): Promise<string> {
  const { client, recipient } = run;
  const found = await client
    .from('partner_members')
    .select('id, first_name, status')
    .eq('email', recipient)
    .maybeSingle();
  if (found.error !== null) throw new Error(`partner_members answered ${String(found.status)} ${found.error.message}`);
  if (found.data !== null) {
    expectThat(
      found.data.first_name === VERIFICATION_NAME,
      `${recipient} is somebody's address already: name one by --recipient that is nobody's`,
    );
    run.memberId = found.data.id;
    await setStatus(run, 'active');
  } else {
    const upload = { p_upload_id: randomUUID(), p_file_name: 'verification', p_rows: [uploadRow(recipient, null)] };
    const answer = await ask('upload_members', (name) => client.rpc(name, upload), uploadAnswer);
    run.memberId = answer.rows[0]?.member_id ?? null;
    expectThat(run.memberId !== null, `upload_members refused the member: ${String(answer.rows[0]?.reason)}`);
  }
  const left = await unspentOf(run);
  if (left > 0) await revoke(run, left);
  run.balanceBefore = await readBalance(run);
  return `${recipient}${left > 0 ? `, with ${String(left)} credits of an earlier run taken back` : ''}`;
}

export async function checkFunction(run: Verification): Promise<string> {
  const { client, partnerId, recipient } = run;
  memberOf(run);
  expectThat(
    (run.balanceBefore ?? 0) >= NEEDED_CREDITS,
    `the balance is ${String(run.balanceBefore)}; the checks need ${String(NEEDED_CREDITS)} credits`,
  );
  const allocate = (credits: number): Promise<boolean> =>
    ask(
      'allocate_partner_credit',
      (name) =>
        client.rpc(name, {
          p_partner_id: partnerId,
          p_employee_email: recipient,
          p_employee_name: VERIFICATION_NAME,
          p_credits_count: credits,
          p_validity_days: 1,
        }),
      z.boolean(),
    );
  expectThat(await allocate(1), 'allocating one credit answered false');
  expectThat(!(await allocate(0)), 'allocating no credits answered true');
  return `allocate_partner_credit allocated one credit to ${recipient}`;
}

export async function checkAssignment(run: Verification): Promise<string> {
  const request = { p_request_id: randomUUID(), p_member_id: memberOf(run), p_credits: 1, p_validity_days: 1 };
  const assign = () => ask('assign_member_credits', (name) => run.client.rpc(name, request), assignAnswer);
  const first = await assign();
  if (first.outcome !== 'assigned') throw new Error(`assigning one credit was refused: ${first.outcome}`);
  const again = await assign();
  expectThat(
    again.outcome === 'assigned' && again.replayed && again.allocation_id === first.allocation_id,
    'the same request a second time was not answered from its receipt',
  );
  return `assign_member_credits assigned one credit, once; balance ${String(first.balance)}`;
}

export async function checkMany(run: Verification): Promise<string> {
  const request = { p_request_id: randomUUID(), p_member_ids: [memberOf(run)], p_credits: 1, p_validity_days: 1 };
  const answer = await ask('assign_credits_to_members', (name) => run.client.rpc(name, request), assignManyAnswer);
  if (answer.outcome !== 'assigned') throw new Error(`assigning to a list of members was refused: ${answer.outcome}`);
  expectThat(
    answer.after.balance === answer.before.balance - 1,
    'one credit was given, but the balance moved otherwise',
  );
  return `assign_credits_to_members gave one credit to each of ${String(answer.members)} member`;
}

export async function checkBatch(run: Verification): Promise<string> {
  const command = { request_id: randomUUID(), member_id: memberOf(run), credits: 1, validity_days: 1, note: null };
  const request = { p_commands: [command] };
  const { answers } = await ask('send_assignments', (name) => run.client.rpc(name, request), assignmentsAnswer);
  const [answer] = answers;
  if (answer === undefined || 'error' in answer || answer.outcome !== 'assigned') {
    throw new Error(`a command sent among others was not carried out: ${JSON.stringify(answer)}`);
  }
  const named = { p_request_ids: [command.request_id, randomUUID()] };
  const recorded = await ask('command_outcomes', (name) => run.client.rpc(name, named), outcomesAnswer);
  expectThat(
    recorded.answers.length === 1 && recorded.answers[0]?.['allocation_id'] === answer.allocation_id,
    'command_outcomes did not tell what became of the command',
  );
  return `send_assignments assigned one credit, command_outcomes knows of it; balance ${String(answer.balance)}`;
}

export async function checkExtension(run: Verification): Promise<string> {
  const request = { p_request_id: randomUUID(), p_member_id: memberOf(run), p_days: 1 };
  const answer = await ask('extend_member_credits', (name) => run.client.rpc(name, request), extendAnswer);
  if (answer.outcome !== 'extended') throw new Error(`extending the credits was refused: ${answer.outcome}`);
  const moved = Date.parse(answer.after.last_expires_at) - Date.parse(answer.before.last_expires_at);
  expectThat(moved === 86_400_000, 'the expiry did not move by one day');
  return `extend_member_credits moved the expiry of ${String(answer.credits)} credits by a day`;
}

export async function checkRevocation(run: Verification): Promise<string> {
  const { before, after } = await revoke(run, 1);
  expectThat(after.balance === before.balance + 1, 'one credit was taken back, but the balance moved otherwise');
  return `revoke_member_credits took one credit back; balance ${String(after.balance)}`;
}

export async function checkChange(run: Verification): Promise<string> {
  for (const name of [`${VERIFICATION_NAME} of names`, VERIFICATION_NAME]) {
    const request = { p_request_id: randomUUID(), p_member_id: memberOf(run), p_first_name: name };
    const answer = await ask('update_member', (called) => run.client.rpc(called, request), updateAnswer);
    expectThat(answer.outcome === 'updated', `changing the name was answered ${answer.outcome}`);
  }
  return 'update_member changed the name, and changed it back';
}

export async function checkStatus(run: Verification): Promise<string> {
  await setStatus(run, 'inactive');
  const request = { p_request_id: randomUUID(), p_member_id: memberOf(run), p_credits: 1, p_validity_days: 1 };
  try {
    const refused = await ask('assign_member_credits', (name) => run.client.rpc(name, request), assignAnswer);
    expectThat(
      refused.outcome === 'member_inactive',
      `assigning to an inactive member was answered ${refused.outcome}`,
    );
  } finally {
    // Whatever was answered, the checks behind this one need an active member.
    await setStatus(run, 'active');
  }
  return 'set_member_status deactivated the member, who then got nothing, and activated it again';
}

export async function checkUndo(run: Verification): Promise<string> {
  memberOf(run);
  const id = randomUUID();
  const rows = { p_upload_id: id, p_file_name: 'verification', p_rows: [uploadRow(run.recipient, 1)] };
  await ask('upload_members', (name) => run.client.rpc(name, rows), uploadAnswer);
  const of = { p_id: id, p_first_row: 1, p_last_row: 1 };
  const recorded = await ask('upload_outcomes', (name) => run.client.rpc(name, of), uploadOutcomesAnswer);
  expectThat(recorded.rows.length === 1, 'upload_outcomes did not tell what became of the row');
  const { uploads } = await ask('list_member_uploads', (name) => run.client.rpc(name, { p_id: id }), uploadListAnswer);
  expectThat(
    uploads[0]?.unspent === 1,
    `an upload of one credit is listed with ${String(uploads[0]?.unspent)} unspent`,
  );
  const request = { p_request_id: randomUUID(), p_upload_id: id, p_reason: VERIFICATION_NAME };
  const undo = () => ask('undo_member_upload', (name) => run.client.rpc(name, request), undoUploadAnswer);
  const first = await undo();
  if (first.outcome !== 'undone') throw new Error(`undoing an upload was refused: ${first.outcome}`);
  expectThat(
    first.credits === 1 && first.after.balance === first.before.balance + 1,
    'one credit was to be taken back, but the balance moved otherwise',
  );
  const again = await undo();
  expectThat(again.outcome === 'undone' && again.replayed, 'the undo a second time was not answered from its receipt');
  return 'list_member_uploads and upload_outcomes told of an upload, undo_member_upload took its credit back, once';
}

export async function checkWholeUpload(run: Verification): Promise<string> {
  memberOf(run);
  const upload = { p_upload_id: randomUUID() };
  const rows = { ...upload, p_file_name: 'verification', p_rows: [uploadRow(run.recipient, 1)] };
  const staged = await ask('stage_member_upload', (name) => run.client.rpc(name, rows), stageAnswer);
  expectThat(staged.rows[0]?.outcome === 'staged', `staging a row was refused: ${String(staged.rows[0]?.reason)}`);
  const commit = () => ask('commit_member_upload', (name) => run.client.rpc(name, upload), commitAnswer);
  const first = await commit();
  if (first.outcome !== 'committed') throw new Error(`committing the upload was refused: ${first.outcome}`);
  expectThat(first.credits === 1, `a row with one credit gave ${String(first.credits)}`);
  const again = await commit();
  expectThat(
    again.outcome === 'committed' && again.replayed,
    'the commit a second time was not answered from its receipt',
  );
  return 'stage_member_upload kept a row, commit_member_upload applied it, once';
}

export async function checkChanges(run: Verification): Promise<string> {
  const first = await readChanges(run, null);
  const next = await readChanges(run, first.cursor);
  expectThat(!first.has_more || next.cursor !== first.cursor, 'partner_changes stands still');
  const { error } = await run.client.rpc('partner_changes', { p_cursor: 'nowhere' });
  expectThat(error?.code === 'PT400', 'a cursor that is none was accepted');
  const rows = first.members.length + first.allocations.length + first.removed_members.length;
  return `partner_changes gave ${String(rows)} changes and ${first.has_more ? 'has more' : 'their end'}`;
}

export async function checkComparison({ client, partnerId }: Verification): Promise<string> {
  const digested = await ask('partner_digests', (name) => client.rpc(name, { p_buckets: 1024 }), digestsAnswer);
  expectThat(digested.partner_id === partnerId, 'partner_digests answered for somebody else');
  const [first] = digested.buckets.filter(([, members]) => members > 0);
  if (first === undefined) throw new Error('partner_digests knows of no member');
  const [bucket, members] = first;
  const wanted = { p_buckets: 1024, p_members: [bucket], p_allocations: [], p_limit: 1 };
  const entries = await ask('partner_bucket_entries', (name) => client.rpc(name, wanted), bucketEntriesAnswer);
  expectThat(
    entries.members.length === 1 && entries.has_more === members > 1,
    'partner_bucket_entries did not give what partner_digests counted',
  );
  return `partner_digests digested ${String(digested.buckets.length)} buckets, partner_bucket_entries gave what one of them holds`;
}

export async function checkDashboard({ client }: Verification): Promise<string> {
  const board = await ask('partner_dashboard', (name) => client.rpc(name), dashboardAnswer);
  const parts = board.available + board.used + board.revoked + board.expired;
  expectThat(
    parts === board.allocated,
    `${String(board.allocated)} credits allocated, but ${String(parts)} counted by state`,
  );
  return `balance ${String(board.balance)}, ${String(board.active_members)} active members, ${String(board.allocated)} credits allocated`;
}

export async function checkInvariants({ client }: Verification): Promise<string> {
  const { holds, violations } = await ask('partner_invariants', (name) => client.rpc(name, {}), invariants);
  const named = violations.slice(0, 5).map((violation) => `${violation.invariant} of ${violation.subject}`);
  expectThat(holds, `${String(violations.length)} violated: ${named.join(', ')}`);
  return 'balance, ledger, credits and members agree';
}

/**
 * Takes back whatever the run gave, deactivates its member, and compares the balance with that of the beginning. Works
 * after any of the checks has failed; throws, with what is left behind, when something could not be undone.
 */
export async function cleanUp(run: Verification): Promise<string> {
  if (run.memberId === null) return 'nothing was given, nothing is left';
  const unspent = await unspentOf(run);
  if (unspent > 0) {
    await revoke(run, unspent).catch((error: unknown) => {
      throw new Error(
        `${String(unspent)} credits stay with ${run.recipient} until they expire: ${error instanceof Error ? error.message : String(error)}`,
      );
    });
  }
  await setStatus(run, 'inactive');
  const balance = await readBalance(run);
  expectThat(
    run.balanceBefore === null || balance === run.balanceBefore,
    `the balance was ${String(run.balanceBefore)} and is ${String(balance)}; did somebody else assign meanwhile?`,
  );
  return `${String(unspent)} credits taken back, balance ${String(balance)} as before; ${run.recipient} stays as an inactive member, and the ledger, which is append-only, keeps the rows of this run`;
}

async function readChanges({ client }: Verification, cursor: string | null) {
  const page = { p_limit: 100, ...(cursor === null ? {} : { p_cursor: cursor }) };
  return ask('partner_changes', (name) => client.rpc(name, page), changesAnswer);
}

async function readBalance(run: Verification): Promise<number> {
  const { data, error, status } = await run.client.from('users').select('credits').eq('id', run.partnerId).single();
  if (error !== null) throw new Error(`users answered ${String(status)} ${error.message}`);
  return data.credits;
}

async function revoke(run: Verification, credits: number) {
  const request = {
    p_request_id: randomUUID(),
    p_member_id: memberOf(run),
    p_credits: credits,
    p_reason: VERIFICATION_NAME,
  };
  const answer = await ask('revoke_member_credits', (name) => run.client.rpc(name, request), revokeAnswer);
  if (answer.outcome !== 'revoked')
    throw new Error(`taking ${String(credits)} credits back was refused: ${answer.outcome}`);
  return answer;
}

async function setStatus(run: Verification, status: 'active' | 'inactive'): Promise<void> {
  const request = { p_request_id: randomUUID(), p_member_id: memberOf(run), p_status: status };
  const answer = await ask('set_member_status', (name) => run.client.rpc(name, request), statusAnswer);
  expectThat(
    'status' in answer && answer.status === status,
    `making the member ${status} was answered ${answer.outcome}`,
  );
}
