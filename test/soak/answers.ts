import type { Sql } from 'postgres';
import * as z from 'zod';
import type { Call, Outcome } from './call.ts';

/** The outcomes that each command may have; another one is a fault. */
const outcomesOf: Readonly<Record<string, readonly string[]>> = {
  assign_member_credits: [
    'assigned',
    'insufficient_credits',
    'member_not_found',
    'member_inactive',
    'invalid_credits',
    'invalid_validity',
  ],
  assign_credits_to_members: [
    'assigned',
    'insufficient_credits',
    'members_refused',
    'invalid_credits',
    'invalid_validity',
  ],
  revoke_member_credits: [
    'revoked',
    'insufficient_unspent',
    'balance_too_large',
    'member_not_found',
    'invalid_credits',
  ],
  extend_member_credits: ['extended', 'no_unspent_credits', 'invalid_validity', 'member_not_found', 'member_inactive'],
  set_member_status: ['updated', 'unchanged', 'invalid_status', 'member_not_found'],
  update_member: ['updated', 'unchanged', 'member_not_found', 'invalid_name', 'invalid_email', 'email_taken'],
  undo_member_upload: ['undone', 'no_unspent_credits', 'balance_too_large', 'upload_not_found'],
  commit_member_upload: ['committed', 'insufficient_credits', 'rows_refused', 'upload_not_staged'],
};

const commandAnswer = z.looseObject({
  outcome: z.string(),
  replayed: z.boolean().optional(),
  credits: z.number().optional(),
  before: z.looseObject({ balance: z.number().optional() }).optional(),
  after: z.looseObject({ balance: z.number().optional() }).optional(),
});
const rowsAnswer = z.object({
  rows: z.array(
    z.looseObject({ row: z.number(), outcome: z.string(), replayed: z.boolean(), credits: z.number().nullish() }),
  ),
});

const sentCommands = z.array(
  z.strictObject({
    request_id: z.string(),
    member_id: z.string(),
    credits: z.number().nullable(),
    validity_days: z.number(),
    note: z.string().nullable(),
  }),
);
const sentAnswers = z.object({ answers: z.array(z.looseObject({ request_id: z.string() })) });

interface Known {
  readonly call: Call;
  readonly answer: string;
  /** How many calls were told that it was they who acted; has to be one. */
  effects: number;
}

/** Remembers every answer, and finds what contradicts an earlier one. */
export interface AnswerBook {
  /** Takes an answer in; faults are told in words. */
  enter(call: Call, outcome: Outcome): void;
  /** Commands that were answered, to be sent once more. */
  readonly repeatable: readonly Call[];
  /** How far the answers say that the partner's balance has moved. */
  moved(partnerId: string): number;
  /** A purchase or correction by hand. */
  move(partnerId: string, by: number): void;
  /** Counts something that was done beside the commands. */
  note(what: string): void;
  /** Compares with what the database has recorded; only when nothing is on its way. */
  compare(sql: Sql): Promise<void>;
  readonly counts: ReadonlyMap<string, number>;
}

/** The same text for the same content, whatever the order of keys; whether it was replayed is left out. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (key === 'replayed') return undefined;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function idOf({ args }: Call): string {
  // An undo names an upload beside its own id.
  const id = args['p_request_id'] ?? args['p_upload_id'];
  if (typeof id !== 'string') throw new Error('a call without an id');
  return id;
}

/** An empty book. `fault` is told of every contradiction. */
export function answerBook(fault: (text: string) => void): AnswerBook {
  const known = new Map<string, Known>();
  const repeatable: Call[] = [];
  const movedBy = new Map<string, number>();
  const counts = new Map<string, number>();
  const count = (label: string): void => void counts.set(label, (counts.get(label) ?? 0) + 1);
  const move = (partnerId: string, by: number): void => void movedBy.set(partnerId, (movedBy.get(partnerId) ?? 0) + by);

  function remember(key: string, call: Call, answer: unknown, replayed: boolean): void {
    const text = canonical(answer);
    const earlier = known.get(key);
    if (earlier === undefined) known.set(key, { call, answer: text, effects: replayed ? 0 : 1 });
    else {
      if (earlier.answer !== text) fault(`${call.name} answered ${earlier.answer} first and ${text} later`);
      if (!replayed) earlier.effects += 1;
    }
  }

  function enterRows(call: Call, answer: unknown): void {
    const { rows } = rowsAnswer.parse(answer);
    const uploadId = idOf(call);
    for (const row of rows) {
      count(`${call.name} ${row.outcome}${row.replayed ? ' replayed' : ''}`);
      if (row.outcome === 'not_attempted') continue;
      remember(`${call.partnerId}/${uploadId}/${String(row.row)}`, call, row, row.replayed);
      if (call.name === 'upload_members' && !row.replayed) move(call.partnerId, -(row.credits ?? 0));
    }
  }

  /** `sentBy` is the function that was called: a batch answers for single assignments. */
  function enterCommand(call: Call, raw: unknown, sentBy = call.name): void {
    const parsed = commandAnswer.safeParse(raw);
    if (!parsed.success) {
      fault(`${call.name} answered in another shape: ${canonical(raw)}`);
      return;
    }
    const answer = parsed.data;
    const replayed = answer.replayed ?? false;
    count(`${sentBy} ${answer.outcome}${replayed ? ' replayed' : ''}`);
    if (outcomesOf[call.name]?.includes(answer.outcome) !== true) fault(`${call.name} answered ${canonical(raw)}`);
    // Not recorded: the same call may act later.
    if (answer.outcome === 'upload_not_staged') return;
    remember(`${call.partnerId}/${idOf(call)}`, call, raw, replayed);
    const gives = ['assigned', 'committed'].includes(answer.outcome);
    const by = gives
      ? -(answer.credits ?? 0)
      : ['revoked', 'undone'].includes(answer.outcome)
        ? (answer.credits ?? 0)
        : 0;
    if (!replayed) move(call.partnerId, by);
    const [before, after] = [answer.before?.balance, answer.after?.balance];
    if (before !== undefined && after !== undefined && after - before !== by)
      fault(`${call.name} says that the balance went from ${String(before)} to ${String(after)} for ${String(by)}`);
  }

  /** Each command of a batch is an assignment of its own, which a single call may repeat. */
  function enterBatch(call: Call, raw: unknown): void {
    const commands = sentCommands.parse(call.args['p_commands']);
    const { answers } = sentAnswers.parse(raw);
    if (answers.map((answer) => answer.request_id).join() !== commands.map((command) => command.request_id).join())
      fault(`${call.name} answered other commands, or in another order: ${canonical(raw)}`);
    for (const [index, { request_id: requestId, ...answer }] of answers.entries()) {
      const command = commands[index];
      if (command === undefined) continue;
      const single: Call = {
        partnerId: call.partnerId,
        name: 'assign_member_credits',
        args: {
          p_request_id: requestId,
          p_member_id: command.member_id,
          p_credits: command.credits,
          p_validity_days: command.validity_days,
          p_note: command.note,
        },
      };
      enterCommand(single, answer, call.name);
      repeatable.push(single);
    }
  }

  return {
    enter(call, outcome) {
      if (!outcome.ok) {
        count(`${call.name} ${outcome.code} ${outcome.message.slice(0, 60)}`);
        return;
      }
      if (call.name === 'allocate_partner_credit') {
        count(`${call.name} ${String(outcome.answer)}`);
        if (outcome.answer === true) move(call.partnerId, -Number(call.args['p_credits_count']));
        return;
      }
      if (call.name === 'upload_members' || call.name === 'stage_member_upload') enterRows(call, outcome.answer);
      else if (call.name === 'send_assignments') enterBatch(call, outcome.answer);
      else enterCommand(call, outcome.answer);
      repeatable.push(call);
    },
    repeatable,
    moved: (partnerId) => movedBy.get(partnerId) ?? 0,
    move,
    note: (what) => count(what),
    async compare(sql) {
      for (const { call, effects, answer } of known.values())
        if (effects !== 1) fault(`${call.name} acted ${String(effects)} times: ${answer}`);
      const receipts = await sql<{ partner_id: string; id: string; response: unknown }[]>`
        select partner_id, id, response from public.command_receipts`;
      for (const { partner_id: partnerId, id, response } of receipts) {
        const entry = known.get(`${partnerId}/${id}`);
        if (entry === undefined) fault(`a receipt that nobody was answered: ${canonical(response)}`);
        else if (entry.answer !== canonical(response))
          fault(`the receipt says ${canonical(response)}, the answer was ${entry.answer}`);
      }
      const recorded = new Set(receipts.map((receipt) => `${receipt.partner_id}/${receipt.id}`));
      for (const [key, { call }] of known)
        if ('p_request_id' in call.args && !recorded.has(key)) fault(`${call.name} was answered without a receipt`);
      const rows = await sql<{ key: string; outcome: string; credits: number | null; allocation_id: string | null }[]>`
        select partner_id || '/' || upload_id || '/' || row_no as key, outcome, credits, allocation_id
        from public.member_upload_rows`;
      for (const row of rows) {
        const entry = known.get(row.key);
        // Rows of a commit are answered as one sum.
        if (entry === undefined || entry.call.name !== 'upload_members') continue;
        const told = z
          .looseObject({ outcome: z.string(), credits: z.number().nullable(), allocation_id: z.string().nullable() })
          .parse(JSON.parse(entry.answer));
        const same =
          told.outcome === row.outcome && told.credits === row.credits && told.allocation_id === row.allocation_id;
        if (!same) fault(`row ${row.key} is recorded as ${row.outcome}, the answer was ${entry.answer}`);
      }
    },
    counts,
  };
}
