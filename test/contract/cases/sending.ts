import { randomUUID } from 'node:crypto';
import { assignmentsAnswer, outcomesAnswer } from '../../../main/remote/sending-answers.ts';
import { otherPartner } from '../../database/act-as.ts';
import type { Case, Kit, Seen } from '../kit.ts';

type Command = Readonly<Record<string, unknown>>;

const command = (memberId: string, credits: number | null, changes: Command = {}): Command => ({
  request_id: randomUUID(),
  member_id: memberId,
  credits,
  validity_days: 30,
  note: null,
  ...changes,
});

const send = (kit: Kit, commands: unknown): Promise<Seen> => kit.rpc('send_assignments', { p_commands: commands });
const ask = (kit: Kit, ids: unknown): Promise<Seen> => kit.rpc('command_outcomes', { p_request_ids: ids });

/** Cases of many commands in one call, and of asking what became of them. */
export const sendingCases: readonly Case[] = [
  {
    name: 'send: every fate in one call',
    async run(kit) {
      await kit.balance(100);
      const member = await kit.member();
      return send(kit, [
        command(member, 3, { note: 'Für Ärzte 🎉' }),
        command(member, 98),
        command(randomUUID(), 1),
        command(await kit.member({ partner_id: otherPartner }), 1),
        command(await kit.member({ status: 'inactive' }), 1),
        command(member, 0),
        command(member, 1, { validity_days: 3_651 }),
        command(member, 1, { note: 'x'.repeat(1_001) }),
        command(member, 97),
      ]);
    },
    expected: {
      status: 200,
      data: {
        answers: [
          {
            outcome: 'assigned',
            request_id: '<id>',
            allocation_id: '<id>',
            member_id: '<id>',
            credits: 3,
            expires_at: '<time>',
            credits_assigned: 3,
            before: { balance: 100, credits_assigned: 0 },
            after: { balance: 97, credits_assigned: 3 },
            balance: 97,
            replayed: false,
          },
          { outcome: 'insufficient_credits', shortfall: 1, balance: 97, replayed: false, request_id: '<id>' },
          { outcome: 'member_not_found', balance: 97, replayed: false, request_id: '<id>' },
          { outcome: 'member_not_found', balance: 97, replayed: false, request_id: '<id>' },
          { outcome: 'member_inactive', balance: 97, replayed: false, request_id: '<id>' },
          { outcome: 'invalid_credits', balance: 97, replayed: false, request_id: '<id>' },
          { outcome: 'invalid_validity', balance: 97, replayed: false, request_id: '<id>' },
          { error: 'note_too_long', request_id: '<id>' },
          { outcome: 'assigned', credits: 97, credits_assigned: 100, balance: 0, replayed: false },
        ],
        balance: 0,
      },
    },
    shape: assignmentsAnswer,
  },
  {
    name: 'send: answers for a single call, and a single call for it',
    async run(kit) {
      await kit.balance(100);
      const [one, two] = [command(await kit.member(), 3), command(await kit.member(), 2)];
      const single = (it: Command): Promise<Seen> =>
        kit.rpc('assign_member_credits', {
          p_request_id: it['request_id'],
          p_member_id: it['member_id'],
          p_credits: it['credits'],
          p_validity_days: 30,
        });
      const first = await single(one);
      const sent = await send(kit, [one, two]);
      const second = await single(two);
      return { data: { first: first.data, sent: sent.data, second: second.data } };
    },
    expected: {
      data: {
        first: { outcome: 'assigned', replayed: false },
        sent: {
          answers: [
            { outcome: 'assigned', replayed: true, balance: 97 },
            { outcome: 'assigned', replayed: false, balance: 95 },
          ],
        },
        second: { outcome: 'assigned', replayed: true, balance: 95 },
      },
    },
  },
  {
    name: 'send: an id that stands for another request',
    async run(kit) {
      const one = command(await kit.member(), 3);
      await kit.balance(100);
      await send(kit, [one]);
      return send(kit, [{ ...one, credits: 4 }]);
    },
    expected: { status: 200, data: { answers: [{ error: 'request_id_reused', request_id: '<id>' }], balance: 97 } },
    shape: assignmentsAnswer,
  },
  {
    name: 'send: no commands',
    run: (kit) => send(kit, []),
    expected: { status: 200, data: { answers: [] } },
    shape: assignmentsAnswer,
  },
  ...[{}, ['x'], [command(randomUUID(), 0.5)], [command('nobody', 1)]].map((commands, n): Case => ({
    name: `send: what is no list of commands (${n + 1})`,
    run: (kit) => send(kit, commands),
    expected: { status: 400, code: 'PT400', message: 'invalid_commands' },
  })),
  {
    name: 'send: 1,001 commands',
    run: (kit) =>
      send(
        kit,
        Array.from({ length: 1_001 }, () => command(randomUUID(), 1)),
      ),
    expected: {
      status: 413,
      code: 'PT413',
      message: 'too_many_commands',
      details: { limit: 1_000, requested: 1_001 },
    },
  },
  {
    name: 'outcomes: of a command, and of none',
    async run(kit) {
      const one = command(await kit.member(), 3);
      await kit.balance(100);
      await send(kit, [one]);
      return ask(kit, [one['request_id'], randomUUID()]);
    },
    expected: {
      status: 200,
      data: {
        answers: [
          {
            request_id: '<id>',
            command: 'assign_member_credits',
            outcome: 'assigned',
            credits: 3,
            balance: 97,
            replayed: true,
          },
        ],
        balance: 97,
      },
    },
    shape: outcomesAnswer,
  },
  {
    name: 'outcomes: a null among the ids',
    run: (kit) => ask(kit, [null]),
    expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
  },
  {
    name: 'upload outcomes: the rows that have a receipt',
    async run(kit) {
      await kit.balance(2);
      const id = randomUUID();
      const row = (number: number, credits: number): Command => ({
        row: number,
        email: `${id.slice(0, 8)}-${number}@sending.example`,
        first_name: null,
        credits,
        validity_days: 30,
        expires_on: null,
      });
      await kit.rpc('upload_members', { p_upload_id: id, p_file_name: 'x', p_rows: [row(1, 2), row(2, 1), row(3, 1)] });
      return kit.rpc('upload_outcomes', { p_id: id, p_first_row: 1, p_last_row: 3 });
    },
    expected: {
      status: 200,
      data: {
        rows: [
          { row: 1, outcome: 'created', credits: 2, credits_assigned: 2, replayed: true, allocation_id: '<id>' },
          { row: 2, outcome: 'refused', reason: 'insufficient_credits', shortfall: 1, replayed: true },
        ],
        balance: 0,
      },
    },
  },
];
