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
  const memberOf = async (partnerId: string): Promise<string> => {
    const [member] = await database.sql()<{ email: string }[]>`
      select email from public.partner_members where partner_id = ${partnerId} and status = 'active' order by id limit 1`;
    return member?.email ?? '';
  };
  const give = (partnerId: string, email: string): string =>
    `select public.allocate_partner_credit('${partnerId}', '${email}', 'Line', 1)`;
  /** Advisory locks of a session. */
  const lines = async (pid: number): Promise<number> =>
    (await database.sql()`select from pg_locks where pid = ${pid} and locktype = 'advisory' and granted`).length;
  const withTwoSessions = async (work: (held: Sql, session: Sql) => Promise<void>): Promise<void> => {
    const [holder, session] = [connect(database.url(), 1), connect(database.url(), 1)];
    try {
      await holder`begin`;
      await work(holder, session);
    } finally {
      await Promise.all([holder.end({ timeout: 1 }), session.end({ timeout: 1 })]);
    }
  };

  it('is taken by a command, one a partner', async () => {
    const [own, others] = [await memberOf(demoPartner), await memberOf(otherPartner)];
    await withTwoSessions(async (held, session) => {
      await held.unsafe(give(otherPartner, others));
      const [row] = await held<{ pid: number }[]>`select pg_backend_pid() as pid`;
      expect(await lines(row?.pid ?? 0)).toBe(1);
      const running = await watch(session, () => session.unsafe(give(demoPartner, own)));
      expect(await endsOrWaits(database.sql(), running)).toBe('answered');
      await held`rollback`;
    });
  });

  it('is passed by a transaction that has locked the row already, for which the first in line waits', async () => {
    const email = await memberOf(demoPartner);
    await withTwoSessions(async (held, session) => {
      await held`select from public.users where id = ${demoPartner} for no key update`;
      const running = await watch(session, () => session.unsafe(give(demoPartner, email)));
      expect(await endsOrWaits(database.sql(), running)).toBe('waits');
      await held.unsafe(give(demoPartner, email));
      const [row] = await held<{ pid: number }[]>`select pg_backend_pid() as pid`;
      expect(await lines(row?.pid ?? 0)).toBe(0);
      await held`commit`;
      await running.ended;
      expect(running.outcome()).toBe('answered');
    });
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('is left for the row by whoever has stood in it for long', async () => {
    const email = await memberOf(demoPartner);
    await withTwoSessions(async (held, session) => {
      await held`
        select pg_advisory_xact_lock(hashtextextended('partner_console ' || ${demoPartner}::text, 0)), pg_current_xact_id()`;
      const begun = performance.now();
      const running = await watch(session, () => session.unsafe(give(demoPartner, email)));
      await running.ended;
      expect(running.outcome()).toBe('answered');
      expect(performance.now() - begun).toBeLessThan(3_000);
      await held`rollback`;
    });
  });

  it('is not for credits to an e-mail without a member: a member that is being inserted holds up only those', async () => {
    const email = await memberOf(demoPartner);
    await withTwoSessions(async (held, session) => {
      await held`insert into public.partner_members (partner_id, email) values (${demoPartner}, 'open@race.example')`;
      const running = await watch(session, () => session.unsafe(give(demoPartner, 'nobody@race.example')));
      expect(await endsOrWaits(database.sql(), running)).toBe('waits');
      expect(await lines(running.pid)).toBe(0);
      const third = connect(database.url(), 1);
      const other = await watch(third, () => third.unsafe(give(demoPartner, email)));
      expect(await endsOrWaits(database.sql(), other)).toBe('answered');
      await third.end();
      await held`commit`;
      await running.ended;
      expect(running.outcome()).toBe('answered');
    });
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
