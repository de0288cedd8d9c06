import { randomUUID } from 'node:crypto';
import { otherPartner } from '../../database/act-as.ts';
import type { Case, Kit, Seen } from '../kit.ts';

type Args = Readonly<Record<string, unknown>>;

/** Calls a command for a new member with five unspent credits of the 1,000 that the partner had. */
async function forMember(kit: Kit, name: string, args: Args): Promise<Seen> {
  const member = await kit.member();
  await kit.give(member, 5);
  return kit.rpc(name, { p_request_id: randomUUID(), p_member_id: member, ...args });
}

/** The same call twice, the second time with `changes`. */
async function twice(kit: Kit, name: string, args: Args, changes: Args): Promise<Seen> {
  const all = { p_request_id: randomUUID(), p_member_id: await kit.member(), ...args };
  await kit.give(all.p_member_id, 5);
  await kit.rpc(name, all);
  return kit.rpc(name, { ...all, ...changes });
}

/** What holds for every command about one member. */
function common(name: string, args: Args, other: Args, success: string): Case[] {
  return [
    {
      name: `${name}: a member that is nowhere`,
      run: (kit) => kit.rpc(name, { p_request_id: randomUUID(), p_member_id: randomUUID(), ...args }),
      expected: { status: 200, data: { outcome: 'member_not_found', replayed: false } },
    },
    {
      name: `${name}: a member of another partner`,
      run: async (kit) =>
        kit.rpc(name, {
          p_request_id: randomUUID(),
          p_member_id: await kit.member({ partner_id: otherPartner }),
          ...args,
        }),
      expected: { status: 200, data: { outcome: 'member_not_found', replayed: false } },
    },
    {
      name: `${name}: replayed`,
      run: (kit) => twice(kit, name, args, {}),
      expected: { status: 200, data: { outcome: success, replayed: true } },
    },
    {
      name: `${name}: the same id with another body`,
      run: (kit) => twice(kit, name, args, other),
      expected: { status: 409, code: 'PT409', message: 'request_id_reused', details: { request_id: '<id>' } },
    },
    {
      name: `${name}: a request id of null`,
      run: (kit) => forMember(kit, name, { ...args, p_request_id: null }),
      expected: { status: 400, code: 'PT400', message: 'invalid_request_id' },
    },
    ...(['nobody', 'expired'] as const).map((who): Case => ({
      name: `${name}: called by ${who}`,
      run: (kit) => kit.rpc(name, { p_request_id: randomUUID(), p_member_id: randomUUID(), ...args }, who),
      expected: { status: 401 },
    })),
    {
      name: `${name}: called by a member`,
      run: (kit) => kit.rpc(name, { p_request_id: randomUUID(), p_member_id: randomUUID(), ...args }, 'member'),
      expected: { status: 403, code: 'PT403', message: 'not_a_partner' },
    },
  ];
}

const revoke = 'revoke_member_credits';
const revokeCases: readonly Case[] = [
  ...common(revoke, { p_credits: 2 }, { p_credits: 1 }, 'revoked'),
  {
    name: 'revoke: revoked',
    run: (kit) => forMember(kit, revoke, { p_credits: 2, p_reason: 'Left' }),
    expected: {
      status: 200,
      data: {
        outcome: 'revoked',
        member_id: '<id>',
        credits: 2,
        revocations: [{ allocation_id: '<id>', corrects: '<id>', credits: 2, expires_at: '<time>' }],
        credits_assigned: 3,
        before: { balance: 995, credits_assigned: 5, unspent: 5 },
        after: { balance: 997, credits_assigned: 3, unspent: 3 },
        balance: 997,
        replayed: false,
      },
    },
  },
  {
    name: 'revoke: insufficient_unspent',
    run: (kit) => forMember(kit, revoke, { p_credits: 7 }),
    expected: { status: 200, data: { outcome: 'insufficient_unspent', unspent: 5, shortfall: 2, replayed: false } },
  },
  {
    name: 'revoke: no credits',
    run: (kit) => forMember(kit, revoke, { p_credits: 0 }),
    expected: { status: 200, data: { outcome: 'invalid_credits' } },
  },
  {
    name: 'revoke: a reason of 1,001 characters',
    run: (kit) => forMember(kit, revoke, { p_credits: 1, p_reason: 'x'.repeat(1_001) }),
    expected: { status: 413, code: 'PT413', message: 'reason_too_long', details: { limit: 1_000 } },
  },
];

const extend = 'extend_member_credits';
const extendCases: readonly Case[] = [
  ...common(extend, { p_days: 10 }, { p_days: 11 }, 'extended'),
  {
    name: 'extend: extended',
    run: (kit) => forMember(kit, extend, { p_days: 10 }),
    expected: {
      status: 200,
      data: {
        outcome: 'extended',
        member_id: '<id>',
        credits: 5,
        extensions: [
          { allocation_id: '<id>', corrects: '<id>', credits: 5, expires_before: '<time>', expires_at: '<time>' },
        ],
        before: { unspent: 5, last_expires_at: '<time>' },
        after: { unspent: 5, last_expires_at: '<time>' },
        balance: 995,
        replayed: false,
      },
    },
  },
  {
    name: 'extend: no_unspent_credits',
    run: async (kit) => kit.rpc(extend, { p_request_id: randomUUID(), p_member_id: await kit.member(), p_days: 10 }),
    expected: { status: 200, data: { outcome: 'no_unspent_credits' } },
  },
  ...[0, -1, 3_651].map((days): Case => ({
    name: `extend: by ${String(days)} days`,
    run: (kit) => forMember(kit, extend, { p_days: days }),
    expected: { status: 200, data: { outcome: 'invalid_validity' } },
  })),
  {
    name: 'extend: beyond the longest validity',
    run: (kit) => forMember(kit, extend, { p_days: 3_600 }),
    expected: { status: 200, data: { outcome: 'invalid_validity', latest: 3_560 } },
  },
  {
    name: 'extend: member_inactive',
    async run(kit) {
      const member = await kit.member();
      await kit.give(member, 2);
      await kit.rpc('set_member_status', { p_request_id: randomUUID(), p_member_id: member, p_status: 'inactive' });
      return kit.rpc(extend, { p_request_id: randomUUID(), p_member_id: member, p_days: 5 });
    },
    expected: { status: 200, data: { outcome: 'member_inactive' } },
  },
];

const status = 'set_member_status';
const statusCases: readonly Case[] = [
  ...common(status, { p_status: 'inactive' }, { p_status: 'active' }, 'updated'),
  {
    name: 'status: updated',
    run: (kit) => forMember(kit, status, { p_status: 'inactive' }),
    expected: {
      status: 200,
      data: {
        outcome: 'updated',
        member_id: '<id>',
        status: 'inactive',
        unspent: 5,
        before: { status: 'active' },
        after: { status: 'inactive' },
        replayed: false,
      },
    },
  },
  {
    name: 'status: unchanged',
    run: (kit) => forMember(kit, status, { p_status: 'active' }),
    expected: { status: 200, data: { outcome: 'unchanged', status: 'active' } },
  },
  ...['invited', 'nonsense', '', null].map((value): Case => ({
    name: `status: ${JSON.stringify(value)}`,
    run: (kit) => forMember(kit, status, { p_status: value }),
    expected: { status: 200, data: { outcome: 'invalid_status' } },
  })),
];

const update = 'update_member';
const updateCases: readonly Case[] = [
  ...common(update, { p_first_name: 'New' }, { p_first_name: 'Other' }, 'updated'),
  {
    name: 'update: name and e-mail',
    run: (kit) => forMember(kit, update, { p_first_name: 'Nguyệt', p_email: ' MOVED@Contract.example ' }),
    expected: {
      status: 200,
      data: {
        outcome: 'updated',
        member_id: '<id>',
        first_name: 'Nguyệt',
        email: 'moved@contract.example',
        before: { first_name: 'Contract' },
        after: { first_name: 'Nguyệt', email: 'moved@contract.example' },
        replayed: false,
      },
    },
  },
  {
    name: 'update: nothing',
    run: (kit) => forMember(kit, update, {}),
    expected: { status: 200, data: { outcome: 'unchanged', first_name: 'Contract' } },
  },
  {
    name: 'update: invalid_name',
    run: (kit) => forMember(kit, update, { p_first_name: 'x'.repeat(101) }),
    expected: { status: 200, data: { outcome: 'invalid_name' } },
  },
  {
    name: 'update: invalid_email',
    run: (kit) => forMember(kit, update, { p_email: 'nonsense' }),
    expected: { status: 200, data: { outcome: 'invalid_email' } },
  },
  {
    name: 'update: email_taken',
    run: (kit) => forMember(kit, update, { p_email: 'anna.schneider@nordlicht-werke.example' }),
    expected: { status: 200, data: { outcome: 'email_taken' } },
  },
];

export const correctingCases: readonly Case[] = [...revokeCases, ...extendCases, ...statusCases, ...updateCases];
