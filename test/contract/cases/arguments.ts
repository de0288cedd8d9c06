import { randomUUID } from 'node:crypto';
import type { Case } from '../kit.ts';

const right: Readonly<Record<string, unknown>> = {
  p_request_id: randomUUID(),
  p_member_id: randomUUID(),
  p_credits: 1,
};

const wrongTypes: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['a text for an id', { p_member_id: 'nonsense' }, '22P02'],
  ['a number for an id', { p_member_id: 7 }, '22P02'],
  ['SQL for an id', { p_member_id: `' or true; drop table public.users; --` }, '22P02'],
  ['NaN as a text for a number', { p_credits: 'NaN' }, '22P02'],
  ['Infinity as a text for a number', { p_credits: 'Infinity' }, '22P02'],
  ['2^31 for a number', { p_credits: 2_147_483_648 }, '22003'],
  ['a fraction for a number', { p_credits: 1.5 }, '22P02'],
  ['an object for a number', { p_credits: { a: 1 } }, '22P02'],
];

export const argumentCases: readonly Case[] = [
  ...wrongTypes.map(([name, args, code]): Case => ({
    name: `arguments: ${name}`,
    run: (kit) => kit.rpc('assign_member_credits', { ...right, ...args }),
    expected: { status: 400, code },
  })),
  {
    name: 'arguments: a number as a text',
    run: (kit) => kit.rpc('assign_member_credits', { ...right, p_request_id: randomUUID(), p_credits: '1' }),
    expected: { status: 200, data: { outcome: 'member_not_found' } },
  },
  {
    name: 'arguments: one is missing',
    run: (kit) => kit.rpc('assign_member_credits', { p_request_id: randomUUID(), p_credits: 1 }),
    expected: { status: 404, code: 'PGRST202' },
  },
  {
    name: 'arguments: one too many',
    run: (kit) => kit.rpc('assign_member_credits', { ...right, p_nonsense: 1 }),
    expected: { status: 404, code: 'PGRST202' },
  },
  {
    name: 'arguments: none',
    run: (kit) => kit.rpc('assign_member_credits'),
    expected: { status: 404, code: 'PGRST202' },
  },
  {
    name: 'arguments: a list of ids with a text among them',
    run: (kit) =>
      kit.rpc('assign_credits_to_members', { p_request_id: randomUUID(), p_member_ids: ['nonsense'], p_credits: 1 }),
    expected: { status: 400, code: '22P02' },
  },
  {
    name: 'arguments: 100,000 ids',
    run: (kit) =>
      kit.rpc('assign_credits_to_members', {
        p_request_id: randomUUID(),
        p_member_ids: Array.from({ length: 100_000 }, () => randomUUID()),
        p_credits: 1,
      }),
    expected: {
      status: 413,
      code: 'PT413',
      message: 'too_many_members',
      details: { limit: 5_000, requested: 100_000 },
    },
  },
  {
    name: 'arguments: a note of 10 MB',
    run: (kit) =>
      kit.rpc('assign_member_credits', { ...right, p_request_id: randomUUID(), p_note: 'x'.repeat(10_000_000) }),
    expected: { status: 413, code: 'PT413', message: 'note_too_long' },
  },
  {
    name: 'arguments: a character that Postgres cannot store',
    run: (kit) => kit.rpc('assign_member_credits', { ...right, p_request_id: randomUUID(), p_note: 'a\u0000b' }),
    expected: { status: 400, code: '22P05' },
  },
  {
    name: 'a function that is not there',
    run: (kit) => kit.rpc('drop_everything'),
    expected: { status: 404, code: 'PGRST202' },
  },
  {
    name: 'a function of the private schema',
    run: (kit) => kit.rpc('locked_balance', { p_partner_id: randomUUID() }),
    expected: { status: 404, code: 'PGRST202' },
  },
];
