import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callFunction, demoPartner, otherPartner, partner, refusalOf } from './act-as.ts';
import type { Argument } from './act-as.ts';
import { aMemberWith, balanceOf, brokenInvariants, countRows, setBalance, sumOf, untilSomebodyWaits } from './facts.ts';
import { useDatabase } from './use-database.ts';

const database = useDatabase();

interface Command {
  readonly request_id: string;
  readonly member_id: string;
  readonly credits: number | null;
  readonly validity_days: number | null;
  readonly note: string | null;
}

interface Answer {
  readonly answers: readonly Readonly<Record<string, unknown>>[];
  readonly balance: number;
}

const command = (memberId: string, credits: number | null, changes: Partial<Command> = {}): Command => ({
  request_id: randomUUID(),
  member_id: memberId,
  credits,
  validity_days: 30,
  note: null,
  ...changes,
});

const call = (commands: unknown, partnerId = demoPartner): Promise<unknown> =>
  callFunction(database.sql(), partner(partnerId), 'send_assignments', { p_commands: commands as Argument });
const send = async (...commands: Command[]): Promise<Answer> => (await call(commands)) as Answer;
const single = ({ request_id, member_id, credits, validity_days, note }: Command): Promise<unknown> =>
  callFunction(database.sql(), partner(demoPartner), 'assign_member_credits', {
    p_request_id: request_id,
    p_member_id: member_id,
    p_credits: credits,
    p_validity_days: validity_days,
    p_note: note,
  });
const aMember = (partnerId = demoPartner): Promise<string> =>
  aMemberWith(database.sql(), partnerId, `${randomUUID()}@batch.example`);
const aInactive = async (): Promise<string> => {
  const id = await aMember();
  await database.sql()`update public.partner_members set status = 'inactive' where id = ${id}`;
  return id;
};

describe('send_assignments', () => {
  it('answers each command as a single assignment would, whatever its fate', async () => {
    const [one, two] = [await aMember(), await aMember()];
    const commands = [
      command(one, 5, { note: ' Welcome ' }),
      command(two, 2_000),
      command(await aInactive(), 1),
      command(randomUUID(), 1),
      command(await aMember(otherPartner), 1),
      command(two, 0),
      command(two, null),
      command(two, 1, { validity_days: 3_651 }),
      command(two, 7, { validity_days: 60 }),
    ];
    const { answers, balance } = await send(...commands);
    // The same commands under other ids, one by one, on a partner with the same balance, give the same answers.
    await setBalance(database.sql(), demoPartner, 1_000);
    const [three, four] = [await aMember(), await aMember()];
    const twin = (id: string): string => (id === one ? three : id === two ? four : id);
    const plain = (answer: unknown): unknown =>
      JSON.parse(
        JSON.stringify(answer, (key, value: unknown) => {
          if (['allocation_id', 'member_id', 'request_id'].includes(key)) return '<id>';
          return key === 'expires_at' ? String(value).slice(0, 10) : value;
        }),
      );
    for (const [n, it] of commands.entries()) {
      const answer = await single({ ...it, request_id: randomUUID(), member_id: twin(it.member_id) });
      expect(plain(answers[n]), `command ${n}`).toEqual(plain({ ...(answer as object), request_id: it.request_id }));
    }
    expect(answers.map((answer) => answer['outcome'])).toEqual([
      'assigned',
      'insufficient_credits',
      'member_inactive',
      'member_not_found',
      'member_not_found',
      'invalid_credits',
      'invalid_credits',
      'invalid_validity',
      'assigned',
    ]);
    expect(answers[1]).toMatchObject({ shortfall: 1_005, balance: 995 });
    expect(answers.map((answer) => answer['request_id'])).toEqual(commands.map((it) => it.request_id));
    expect(balance).toBe(988);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('writes the ledger, the credits, the sums and the balance of each', async () => {
    const [one, two] = [await aMember(), await aMember()];
    // A call may name a member more than once.
    const { answers } = await send(command(one, 5, { note: 'a' }), command(two, 3), command(one, 2));
    expect(answers.map((answer) => answer['credits_assigned'])).toEqual([5, 3, 7]);
    const ledger = await database.sql()`
      select a.member_id, a.credits, a.source, a.reason, a.actor, a.balance_before, a.balance_after, a.kind,
        (select count(*)::int from public.partner_credits c where c.allocation_id = a.id and c.employee_email = m.email
          and c.employee_name = m.first_name and c.expires_at = a.expires_at) as rows
      from public.credit_allocations a join public.partner_members m on m.id = a.member_id
      where a.member_id in (${one}, ${two}) order by a.balance_after desc`;
    const common = { source: 'console', actor: 'demo@partner-console.example', kind: 'allocation' };
    expect([...ledger]).toEqual([
      { member_id: one, credits: 5, reason: 'a', balance_before: 1_000, balance_after: 995, rows: 5, ...common },
      { member_id: two, credits: 3, reason: null, balance_before: 995, balance_after: 992, rows: 3, ...common },
      { member_id: one, credits: 2, reason: null, balance_before: 992, balance_after: 990, rows: 2, ...common },
    ]);
    expect([await sumOf(database.sql(), one), await sumOf(database.sql(), two)]).toEqual([7, 3]);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(990);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('gives what is left to those behind one that it cannot pay', async () => {
    await setBalance(database.sql(), demoPartner, 10);
    const member = await aMember();
    const { answers, balance } = await send(
      command(member, 6),
      command(member, 5),
      command(member, 4),
      command(member, 1),
    );
    expect(answers).toMatchObject([
      { outcome: 'assigned', balance: 4 },
      { outcome: 'insufficient_credits', shortfall: 1, balance: 4 },
      { outcome: 'assigned', balance: 0 },
      { outcome: 'insufficient_credits', shortfall: 1, balance: 0 },
    ]);
    expect(balance).toBe(0);
  });

  it('answers a repetition from the receipts, of a single call as well, and has no second effect', async () => {
    const commands = [
      command(await aMember(), 5),
      command(await aMember(), 3, { note: 'x' }),
      command(randomUUID(), 1),
    ];
    const [first = command(randomUUID(), 1), second = first] = commands;
    const before = await single(first);
    const sent = await send(...commands);
    expect(sent.answers[0]).toEqual({ ...(before as object), replayed: true, request_id: first.request_id });
    const again = await send(...commands.toReversed());
    expect(again.answers.toReversed()).toEqual(sent.answers.map((answer) => ({ ...answer, replayed: true })));
    const { request_id: _, ...answer } = again.answers[1] ?? {};
    expect(await single(second)).toEqual(answer);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(992);
    expect(
      await countRows(database.sql(), 'public.command_receipts', `command = 'assign_member_credits'`),
    ).toBeGreaterThan(2);
  });

  it('refuses an id that stands for something else, and does the rest', async () => {
    const [one, two] = [await aMember(), await aMember()];
    const used = command(one, 5);
    await send(used);
    const other = randomUUID();
    await callFunction(database.sql(), partner(demoPartner), 'set_member_status', {
      p_request_id: other,
      p_member_id: one,
      p_status: 'active',
    });
    const { answers } = await send(
      { ...used, credits: 6 },
      { ...used, request_id: other },
      command(two, 1, { note: 'x'.repeat(1_001) }),
      command(two, 1),
    );
    expect(answers).toMatchObject([
      { error: 'request_id_reused' },
      { error: 'request_id_reused' },
      { error: 'note_too_long' },
      { outcome: 'assigned', balance: 994 },
    ]);
    expect(await sumOf(database.sql(), one)).toBe(5);
  });

  it('sent twenty times at once has one effect', async () => {
    const commands = await Promise.all(Array.from({ length: 5 }, async () => command(await aMember(), 2)));
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(...commands)));
    const first = answers.filter(({ answers: [one] }) => one?.['replayed'] === false);
    expect(first).toHaveLength(1);
    expect(await balanceOf(database.sql(), demoPartner)).toBe(990);
    expect(await brokenInvariants(database.sql())).toEqual([]);
  });

  it('waits for whoever holds one of its members, and sees what they did', async () => {
    const [one, two] = [await aMember(), await aMember()];
    const session = await database.sql().reserve();
    await session`begin`;
    await session`update public.partner_members set status = 'inactive' where id = ${one}`;
    const sending = send(command(one, 1), command(two, 1));
    await untilSomebodyWaits(database.sql());
    await session`commit`;
    session.release();
    expect((await sending).answers).toMatchObject([{ outcome: 'member_inactive' }, { outcome: 'assigned' }]);
  });

  it.each<[string, (commands: Command[]) => unknown]>([
    ['no list', () => ({})],
    ['null', () => null],
    ['a text in it', ([one]) => [one, 'x']],
    ['no request id', ([one]) => [{ ...one, request_id: null }]],
    ['a request id that is none', ([one]) => [{ ...one, request_id: 'x' }]],
    ['a member id that is none', ([one]) => [{ ...one, member_id: `${one?.member_id ?? ''}0` }]],
    ['credits that are no number', ([one]) => [{ ...one, credits: '5' }]],
    ['half a credit', ([one]) => [{ ...one, credits: 0.5 }]],
    ['more credits than a number may be', ([one]) => [{ ...one, credits: 2_147_483_648 }]],
    ['days left out', ([one]) => [{ ...one, validity_days: undefined }]],
    ['a note that is no text', ([one]) => [{ ...one, note: 5 }]],
  ])('takes nothing of a call with %s', async (_name, change) => {
    const commands = [command(await aMember(), 1), command(await aMember(), 1)];
    expect(await refusalOf(call(change(commands)))).toMatchObject({ code: 'PT400', message: 'invalid_commands' });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(1_000);
  });

  it('takes no id twice, not more than 1,000 commands, and not more credits than a call may give', async () => {
    const one = command(await aMember(), 1);
    const twice = [one, { ...one, request_id: one.request_id.toUpperCase() }];
    expect(await refusalOf(call(twice))).toMatchObject({ code: 'PT400', message: 'duplicate_requests' });
    const many = Array.from({ length: 1_001 }, () => command(randomUUID(), 1));
    expect(await refusalOf(call(many))).toMatchObject({
      code: 'PT413',
      message: 'too_many_commands',
      detail: '{"limit": 1000, "requested": 1001}',
    });
    await setBalance(database.sql(), demoPartner, 200_000);
    const rich = [command(one.member_id, 60_000), command(one.member_id, 60_000)];
    expect(await refusalOf(call(rich))).toMatchObject({ code: 'PT413', message: 'too_many_credits' });
    expect(await balanceOf(database.sql(), demoPartner)).toBe(200_000);
    expect(await call([])).toMatchObject({ answers: [], balance: 200_000 });
  });
});

describe('command_outcomes', () => {
  const ask = async (ids: readonly string[], partnerId = demoPartner): Promise<Answer> =>
    (await callFunction(database.sql(), partner(partnerId), 'command_outcomes', {
      p_request_ids: `{${ids.join(',')}}`,
    })) as Answer;

  it('tells the recorded answers of whatever command, and leaves out what is not recorded', async () => {
    const member = await aMember();
    const commands = [command(member, 5), command(randomUUID(), 1)];
    const { answers } = await send(...commands);
    const status = randomUUID();
    const changed = await callFunction(database.sql(), partner(demoPartner), 'set_member_status', {
      p_request_id: status,
      p_member_id: member,
      p_status: 'inactive',
    });
    const found = await ask([...commands.map((it) => it.request_id), status, randomUUID()]);
    const byId = new Map(found.answers.map((answer) => [answer['request_id'], answer]));
    expect(byId.size).toBe(3);
    for (const answer of answers) {
      const expected = { ...answer, replayed: true, command: 'assign_member_credits' };
      expect(byId.get(answer['request_id'])).toEqual(expected);
    }
    expect(byId.get(status)).toEqual({
      ...(changed as object),
      replayed: true,
      request_id: status,
      command: 'set_member_status',
    });
    expect(found.balance).toBe(995);
    expect(await ask([])).toMatchObject({ answers: [] });
  });

  it("tells nothing of another partner's commands", async () => {
    const one = command(await aMember(), 5);
    await send(one);
    expect((await ask([one.request_id], otherPartner)).answers).toEqual([]);
  });

  it('refuses a list that is none, or too long', async () => {
    const refusal = (ids: Argument) =>
      refusalOf(callFunction(database.sql(), partner(demoPartner), 'command_outcomes', { p_request_ids: ids }));
    for (const ids of [null, '{null}', `{{${randomUUID()}},{${randomUUID()}}}`]) {
      expect(await refusal(ids)).toMatchObject({ code: 'PT400', message: 'invalid_request_id' });
    }
    const many = `{${Array.from({ length: 1_001 }, () => randomUUID()).join(',')}}`;
    expect(await refusal(many)).toMatchObject({ code: 'PT413', message: 'too_many_commands' });
  });
});

describe('upload_outcomes', () => {
  const ask = async (id: string | null, first: number | null, last: number | null, partnerId = demoPartner) =>
    (await callFunction(database.sql(), partner(partnerId), 'upload_outcomes', {
      p_id: id,
      p_first_row: first,
      p_last_row: last,
    })) as { rows: { row: number }[]; balance: number };

  it('tells of rows what sending them again would, and leaves out what has no receipt', async () => {
    await setBalance(database.sql(), demoPartner, 6);
    const id = randomUUID();
    const row = (number: number, credits: number | null) => ({
      row: number,
      email: number === 3 ? 'nowhere' : `row${number}@batch.example`,
      first_name: null,
      credits,
      validity_days: null,
      expires_on: null,
    });
    // Row 6 cannot be paid; 8 is not attempted.
    const rows = [row(2, 4), row(3, 1), row(5, null), row(6, 5), row(8, 1)];
    const args = { p_upload_id: id, p_file_name: 'x', p_rows: rows };
    const upload = () => callFunction(database.sql(), partner(demoPartner), 'upload_members', args);
    const first = (await upload()) as { rows: Record<string, unknown>[] };
    const recorded = first.rows.filter((it) => it['outcome'] !== 'not_attempted');
    expect(recorded).toHaveLength(4);
    const asked = await ask(id, 1, 100);
    expect(asked.rows).toEqual(recorded.map((it) => ({ ...it, replayed: true })));
    expect(asked.balance).toBe(2);
    expect((await ask(id, 3, 5)).rows.map((it) => it.row)).toEqual([3, 5]);
    expect((await ask(id, 1, 100, otherPartner)).rows).toEqual([]);
    expect((await ask(randomUUID(), 1, 100)).rows).toEqual([]);
  });

  it('needs an upload and both ends', async () => {
    const id = randomUUID();
    for (const [upload, first, last] of [
      [null, 1, 2],
      [id, null, 2],
      [id, 1, null],
    ] as const) {
      expect(await refusalOf(ask(upload, first, last))).toMatchObject({ code: 'PT400', message: 'invalid_request_id' });
    }
  });
});
