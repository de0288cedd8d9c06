import { randomUUID } from 'node:crypto';
import type { Sql } from 'postgres';
import { describe, expect, it } from 'vitest';
import { connect } from '../backend/start-postgres.ts';
import { becomeCaller, demoPartner, otherPartner, partner } from './act-as.ts';
import { brokenInvariants, uploadRow } from './facts.ts';
import { callsNaming, callText, namedNowhere, namedOf } from './function-calls.ts';
import type { Arguments } from './function-calls.ts';
import { fillBoth } from './two-partners.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

/** The functions of the API that only read: they wait for nobody. */
const readers = [
  'command_outcomes',
  'list_member_uploads',
  'partner_bucket_entries',
  'partner_changes',
  'partner_dashboard',
  'partner_digests',
  'partner_invariants',
  'upload_outcomes',
];
const commands = Object.keys(callsNaming(namedNowhere())).filter((name) => !readers.includes(name));

interface Running {
  /** Set when it has ended: its refusal, or `answered`. */
  readonly outcome: () => string | null;
  readonly ended: Promise<void>;
  readonly pid: number;
}

/** Begins work in a session of its own; answers before it has ended. */
async function watch(session: Sql, work: () => Promise<unknown>): Promise<Running> {
  const [row] = await session<{ pid: number }[]>`select pg_backend_pid() as pid`;
  let outcome: string | null = null;
  const ended = work().then(
    () => {
      outcome = 'answered';
    },
    (error: unknown) => {
      outcome = String(error);
    },
  );
  return { outcome: () => outcome, ended, pid: row?.pid ?? 0 };
}

/** Begins a call of the demo partner. */
function begin(session: Sql, expression: string): Promise<Running> {
  return watch(session, () =>
    session.begin(async (transaction) => {
      await becomeCaller(transaction, partner(demoPartner));
      await transaction.unsafe(`select ${expression}`);
    }),
  );
}

/** Until the call has ended, or waits for a lock: which of the two it is. */
async function endsOrWaits(sql: Sql, running: Running): Promise<string> {
  for (;;) {
    const outcome = running.outcome();
    if (outcome !== null) return outcome;
    const [row] = await sql<{ waits: boolean }[]>`select cardinality(pg_blocking_pids(${running.pid})) > 0 as waits`;
    if (row?.waits === true) return 'waits';
  }
}

/** The first call of a command with the demo partner's own ids, and new ids of requests. */
async function ownCall(name: string): Promise<Arguments> {
  await fillBoth(database.sql());
  const { receiptId, uploadId } = namedNowhere();
  const [args] = callsNaming({ ...(await namedOf(database.sql(), demoPartner)), receiptId, uploadId })[name] ?? [];
  if (args === undefined) throw new Error(`there is no call of ${name}`);
  return args;
}

describe('commands', () => {
  it.each(commands)('%s waits while another command of its partner is open', async (name) => {
    const sql = database.sql();
    const args = await ownCall(name);
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    // It spends everything: whoever read the balance before would now take it below zero.
    await held`update public.users set credits = 0 where id = ${demoPartner}`;
    const running = await begin(session, callText(`public.${name}`, args));
    expect(await endsOrWaits(sql, running)).toBe('waits');
    await held`commit`;
    await running.ended;
    expect(running.outcome()).toBe('answered');
    held.release();
    await Promise.all([holder.end(), session.end()]);
    expect(await brokenInvariants(sql)).toEqual([]);
  });

  it.each(commands)("%s does not wait for another partner's", async (name) => {
    const args = await ownCall(name);
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held`select from public.users where id = ${otherPartner} for no key update`;
    await held`select from public.partner_members where partner_id = ${otherPartner} for no key update`;
    const running = await begin(session, callText(`public.${name}`, args));
    expect(await endsOrWaits(database.sql(), running)).toBe('answered');
    await held`rollback`;
    held.release();
    await Promise.all([holder.end(), session.end()]);
  });

  it.each([
    [
      'assign_credits_to_members',
      (ids: string[]) => ({
        p_request_id: randomUUID(),
        p_member_ids: `{${ids.join(',')}}`,
        p_credits: 1,
        p_validity_days: 30,
        p_note: null,
      }),
    ],
    [
      'upload_members',
      (_ids: string[], emails: string[]) => ({
        p_upload_id: randomUUID(),
        p_file_name: 'x',
        p_rows: JSON.stringify(emails.map((email, index) => uploadRow(index + 1, email, { credits: 1 }))),
      }),
    ],
  ])('%s locks members in the order of their ids, whatever order they are named in', async (name, argsOf) => {
    const members = await database.sql()<{ id: string; email: string }[]>`
      select id, email from public.partner_members where partner_id = ${demoPartner} and status = 'active' order by id limit 5`;
    const named = members.toReversed();
    const args: Arguments = argsOf(
      named.map((it) => it.id),
      named.map((it) => it.email),
    );
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held`select from public.partner_members where id = ${members[2]?.id ?? ''} for no key update`;
    const running = await begin(session, callText(`public.${name}`, args));
    expect(await endsOrWaits(database.sql(), running)).toBe('waits');
    // Those before the one it waits for are held by now, those behind it are not.
    const free = await database.sql()<{ id: string }[]>`
      select id from public.partner_members where id in ${database.sql()(members.map((it) => it.id))} order by id for no key update skip locked`;
    expect(free.map((row) => row.id)).toEqual(members.slice(3).map((it) => it.id));
    await held`rollback`;
    await running.ended;
    expect(running.outcome()).toBe('answered');
    held.release();
    await Promise.all([holder.end(), session.end()]);
  });

  it.each(['revoke_member_credits', 'extend_member_credits'])(
    '%s does not wait for a credit that is being spent',
    async (name) => {
      const args = await ownCall(name);
      const [holder, session] = [connect(database.url()), connect(database.url())];
      const held = await holder.reserve();
      await held`begin`;
      await held`
      select from public.partner_credits where id = (
        select c.id from public.partner_credits c join public.credit_allocations a on a.id = c.allocation_id
        where a.member_id = ${String(args['p_member_id'])} and c.status = 'available' and c.expires_at > now()
        order by c.expires_at desc, c.allocation_id, c.id limit 1) for no key update`;
      const running = await begin(session, callText(`public.${name}`, args));
      expect(await endsOrWaits(database.sql(), running)).toBe('answered');
      await held`rollback`;
      held.release();
      await Promise.all([holder.end(), session.end()]);
    },
  );
});

describe('the line in front of a partner', () => {
  const give = `select public.allocate_partner_credit('${demoPartner}', 'line@race.example', 'Line', 1)`;

  it('is where a command waits while another of its partner is open', async () => {
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held.unsafe(give);
    const running = await watch(session, () => session.unsafe(give));
    expect(await endsOrWaits(database.sql(), running)).toBe('waits');
    const waits = await database.sql()`select locktype from pg_locks where pid = ${running.pid} and not granted`;
    expect(waits).toEqual([{ locktype: 'advisory' }]);
    await held`commit`;
    await running.ended;
    expect(running.outcome()).toBe('answered');
    held.release();
    await Promise.all([holder.end(), session.end()]);
  });

  it('is passed by a transaction that has locked the row already, for which the first in line waits', async () => {
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held`select from public.users where id = ${demoPartner} for no key update`;
    const running = await watch(session, () => session.unsafe(give));
    expect(await endsOrWaits(database.sql(), running)).toBe('waits');
    await held.unsafe(give);
    await held`commit`;
    await running.ended;
    expect(running.outcome()).toBe('answered');
    held.release();
    await Promise.all([holder.end(), session.end()]);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });
});

describe('allocate_partner_credit to an e-mail without a member', () => {
  it.each([
    ['waits for a member that is being inserted', 'first the member'],
    ['holds up a member that is inserted meanwhile', 'first the credits'],
  ])('%s, and the member gets the credits', async (_what, order) => {
    const insert = `insert into public.partner_members (partner_id, email) values ('${demoPartner}', 'both@race.example')`;
    const give = `select public.allocate_partner_credit('${demoPartner}', 'both@race.example', 'Both', 3)`;
    const [first, second] = order === 'first the member' ? [insert, give] : [give, insert];
    const [holder, session] = [connect(database.url()), connect(database.url())];
    const held = await holder.reserve();
    await held`begin`;
    await held.unsafe(first);
    const running = await watch(session, () => session.unsafe(second));
    expect(await endsOrWaits(database.sql(), running)).toBe('waits');
    await held`commit`;
    await running.ended;
    expect(running.outcome()).toBe('answered');
    const [member] = await database.sql()`
      select credits_assigned from public.partner_members where email = 'both@race.example'`;
    expect(member).toEqual({ credits_assigned: 3 });
    expect(await brokenInvariants(database.sql())).toEqual([]);
    held.release();
    await Promise.all([holder.end(), session.end()]);
  });
});
