import { randomUUID } from 'node:crypto';
import { assignAnswer } from '../../../main/remote/wire.ts';
import { demoPartner, otherPartner } from '../../database/act-as.ts';
import type { Case, Kit, Seen } from '../kit.ts';

type Args = Readonly<Record<string, unknown>>;

async function assign(kit: Kit, args: Args = {}): Promise<Seen> {
  await kit.balance(100);
  const member = await kit.member();
  return kit.rpc('assign_member_credits', { p_request_id: randomUUID(), p_member_id: member, p_credits: 3, ...args });
}

const assignCases: readonly Case[] = [
  {
    name: 'assign: assigned',
    run: (kit) => assign(kit, { p_validity_days: 30, p_note: 'Für Ärzte 🎉' }),
    expected: {
      status: 200,
      data: {
        outcome: 'assigned',
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
    },
    shape: assignAnswer,
  },
  {
    name: 'assign: replayed',
    async run(kit) {
      const args = { p_request_id: randomUUID(), p_member_id: await kit.member() };
      await assign(kit, { ...args, p_credits: 2 });
      return assign(kit, { ...args, p_credits: 2 });
    },
    expected: { status: 200, data: { outcome: 'assigned', balance: 98, replayed: true } },
    shape: assignAnswer,
  },
  {
    name: 'assign: the same id with another body',
    async run(kit) {
      const args = { p_request_id: randomUUID(), p_member_id: await kit.member() };
      await assign(kit, args);
      return assign(kit, { ...args, p_credits: 4 });
    },
    expected: { status: 409, code: 'PT409', message: 'request_id_reused', details: { request_id: '<id>' } },
  },
  {
    name: 'assign: insufficient_credits',
    run: (kit) => assign(kit, { p_credits: 104 }),
    expected: { status: 200, data: { outcome: 'insufficient_credits', shortfall: 4, balance: 100, replayed: false } },
    shape: assignAnswer,
  },
  {
    name: 'assign: a member that is nowhere',
    run: (kit) => assign(kit, { p_member_id: randomUUID() }),
    expected: { status: 200, data: { outcome: 'member_not_found', balance: 100 } },
    shape: assignAnswer,
  },
  {
    name: 'assign: a member of another partner',
    run: async (kit) => assign(kit, { p_member_id: await kit.member({ partner_id: otherPartner }) }),
    expected: { status: 200, data: { outcome: 'member_not_found', balance: 100 } },
    shape: assignAnswer,
  },
  {
    name: 'assign: member_inactive',
    run: async (kit) => assign(kit, { p_member_id: await kit.member({ status: 'inactive' }) }),
    expected: { status: 200, data: { outcome: 'member_inactive', balance: 100 } },
    shape: assignAnswer,
  },
  ...[0, -1, 100_001, 2_147_483_647, null].map((credits): Case => ({
    name: `assign: ${String(credits)} credits`,
    run: (kit) => assign(kit, { p_credits: credits }),
    expected: { status: 200, data: { outcome: 'invalid_credits', balance: 100 } },
    shape: assignAnswer,
  })),
  ...[0, -1, 3651, null].map((days): Case => ({
    name: `assign: valid for ${String(days)} days`,
    run: (kit) => assign(kit, { p_validity_days: days }),
    expected: { status: 200, data: { outcome: 'invalid_validity', balance: 100 } },
    shape: assignAnswer,
  })),
  {
    name: 'assign: a request id of null',
    run: (kit) => assign(kit, { p_request_id: null }),
    expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
  },
  {
    name: 'assign: a note of 1,001 characters',
    run: (kit) => assign(kit, { p_note: 'x'.repeat(1_001) }),
    expected: { status: 413, code: 'PT413', message: 'note_too_long', details: { limit: 1_000 } },
  },
  {
    name: 'assign: SQL as a note is text',
    async run(kit) {
      await assign(kit, { p_note: `'; drop table public.users; --` });
      const { data } = await kit
        .client('demo')
        .from('credit_allocations')
        .select('reason')
        .like('reason', '%drop table%')
        .limit(1);
      return { data };
    },
    expected: { data: [{ reason: `'; drop table public.users; --` }] },
  },
];

async function assignMany(kit: Kit, args: Args = {}): Promise<Seen> {
  await kit.balance(100);
  const members = 'p_member_ids' in args ? [] : [await kit.member(), await kit.member()];
  return kit.rpc('assign_credits_to_members', {
    p_request_id: randomUUID(),
    p_member_ids: members,
    p_credits: 3,
    ...args,
  });
}

const assignManyCases: readonly Case[] = [
  {
    name: 'assign to many: assigned',
    run: (kit) => assignMany(kit),
    expected: {
      status: 200,
      data: {
        outcome: 'assigned',
        members: 2,
        credits: 6,
        expires_at: '<time>',
        allocations: [
          { member_id: '<id>', allocation_id: '<id>', credits_assigned: 3 },
          { member_id: '<id>', allocation_id: '<id>', credits_assigned: 3 },
        ],
        before: { balance: 100 },
        after: { balance: 94 },
        balance: 94,
        replayed: false,
      },
    },
  },
  {
    name: 'assign to many: replayed',
    async run(kit) {
      const args = { p_request_id: randomUUID(), p_member_ids: [await kit.member()] };
      await assignMany(kit, args);
      return assignMany(kit, args);
    },
    expected: { status: 200, data: { outcome: 'assigned', balance: 97, replayed: true } },
  },
  {
    name: 'assign to many: the same id with another body',
    async run(kit) {
      const args = { p_request_id: randomUUID(), p_member_ids: [await kit.member()] };
      await assignMany(kit, args);
      return assignMany(kit, { ...args, p_credits: 9 });
    },
    expected: { status: 409, code: 'PT409', message: 'request_id_reused', details: { request_id: '<id>' } },
  },
  {
    name: 'assign to many: insufficient_credits',
    run: (kit) => assignMany(kit, { p_credits: 51 }),
    expected: { status: 200, data: { outcome: 'insufficient_credits', shortfall: 2, balance: 100 } },
  },
  {
    name: 'assign to many: members_refused',
    run: async (kit) =>
      assignMany(kit, { p_member_ids: [await kit.member(), randomUUID(), await kit.member({ status: 'inactive' })] }),
    expected: {
      status: 200,
      data: {
        outcome: 'members_refused',
        members: [
          { member_id: '<id>', reason: 'member_not_found' },
          { member_id: '<id>', reason: 'member_inactive' },
        ],
        balance: 100,
      },
    },
  },
  {
    name: 'assign to many: no credits',
    run: (kit) => assignMany(kit, { p_credits: 0 }),
    expected: { status: 200, data: { outcome: 'invalid_credits' } },
  },
  {
    name: 'assign to many: valid for no days',
    run: (kit) => assignMany(kit, { p_validity_days: 0 }),
    expected: { status: 200, data: { outcome: 'invalid_validity' } },
  },
  ...([null, [], [null]] as const).map((ids): Case => ({
    name: `assign to many: members ${JSON.stringify(ids)}`,
    run: (kit) => assignMany(kit, { p_member_ids: ids }),
    expected: { status: 400, code: 'PT400', message: 'invalid_members' },
  })),
  {
    name: 'assign to many: the same member twice',
    async run(kit) {
      const id = await kit.member();
      return assignMany(kit, { p_member_ids: [id, id] });
    },
    expected: { status: 400, code: 'PT400', message: 'duplicate_members' },
  },
  {
    name: 'assign to many: 5,001 members',
    run: (kit) => assignMany(kit, { p_member_ids: Array.from({ length: 5_001 }, () => randomUUID()) }),
    expected: { status: 413, code: 'PT413', message: 'too_many_members', details: { limit: 5_000, requested: 5_001 } },
  },
  {
    name: 'assign to many: 100,002 credits in all',
    run: (kit) => assignMany(kit, { p_credits: 50_001 }),
    expected: {
      status: 413,
      code: 'PT413',
      message: 'too_many_credits',
      details: { limit: 100_000, requested: 100_002 },
    },
  },
  {
    name: 'assign to many: a note of 1,001 characters',
    run: (kit) => assignMany(kit, { p_note: 'x'.repeat(1_001) }),
    expected: { status: 413, code: 'PT413', message: 'note_too_long', details: { limit: 1_000 } },
  },
];

async function allocate(kit: Kit, args: Args = {}, who: 'demo' | 'service' = 'demo'): Promise<Seen> {
  await kit.balance(100);
  const all = {
    p_partner_id: demoPartner,
    p_employee_email: `${randomUUID()}@contract.example`,
    p_employee_name: 'C',
    p_credits_count: 2,
    ...args,
  };
  return kit.rpc('allocate_partner_credit', all, who);
}

const allocateCases: readonly Case[] = [
  { name: 'allocate: true', run: (kit) => allocate(kit), expected: { status: 200, data: true } },
  {
    name: 'allocate: true for the service role',
    run: (kit) => allocate(kit, {}, 'service'),
    expected: { status: 200, data: true },
  },
  ...(
    [
      ['another partner', { p_partner_id: otherPartner }],
      ['a partner that is nowhere', { p_partner_id: randomUUID() }],
      ['a partner of null', { p_partner_id: null }],
      ['too many for the balance', { p_credits_count: 101 }],
      ['a count of 0', { p_credits_count: 0 }],
      ['a count of null', { p_credits_count: null }],
      ['an e-mail of null', { p_employee_email: null }],
      ['a name of null', { p_employee_name: null }],
      ['no validity', { p_validity_days: 0 }],
    ] as const
  ).map(([name, args]): Case => ({
    name: `allocate: false for ${name}`,
    run: (kit) => allocate(kit, args),
    expected: { status: 200, data: false },
  })),
  {
    name: 'allocate: 100,001 credits',
    run: (kit) => allocate(kit, { p_credits_count: 100_001 }),
    expected: {
      status: 413,
      code: 'PT413',
      message: 'too_many_credits',
      details: { limit: 100_000, requested: 100_001 },
    },
  },
];

export const givingCases: readonly Case[] = [...assignCases, ...assignManyCases, ...allocateCases];
