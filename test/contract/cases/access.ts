import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { demoPartner } from '../../database/act-as.ts';
import type { Case, Kit, Seen } from '../kit.ts';

async function signIn(kit: Kit, email: string, password: string): Promise<Seen> {
  const client = createClient(kit.backend.url, kit.backend.publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data, error } = await client.auth.signInWithPassword({ email, password });
  if (error !== null) return { status: error.status ?? 0, code: String(error.code), message: error.message };
  return { status: 200, data: { id: data.user.id === demoPartner, expires: data.session.expires_in } };
}

const uploadId = randomUUID();
/** Every function of schema public, with arguments that fit. */
const functions: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['assign_member_credits', { p_request_id: uploadId, p_member_id: uploadId, p_credits: 1 }],
  ['assign_credits_to_members', { p_request_id: uploadId, p_member_ids: [uploadId], p_credits: 1 }],
  ['upload_members', { p_upload_id: uploadId, p_file_name: 'x', p_rows: [] }],
  ['stage_member_upload', { p_upload_id: uploadId, p_file_name: 'x', p_rows: [] }],
  ['commit_member_upload', { p_upload_id: uploadId }],
  ['partner_dashboard', {}],
  ['partner_changes', {}],
  ['partner_digests', { p_buckets: 16 }],
  ['partner_bucket_entries', { p_buckets: 16, p_members: [0], p_allocations: [0] }],
];
const anybody = [
  'allocate_partner_credit',
  { p_partner_id: demoPartner, p_employee_email: 'a@b.example', p_employee_name: 'A', p_credits_count: 1 },
] as const;

export const accessCases: readonly Case[] = [
  {
    name: 'sign-in',
    run: (kit) => signIn(kit, 'demo@partner-console.example', 'Demo-2026-credits'),
    expected: { status: 200, data: { id: true, expires: 3600 } },
  },
  {
    name: 'sign-in with a wrong password',
    run: (kit) => signIn(kit, 'demo@partner-console.example', 'nonsense'),
    expected: { status: 400, code: 'invalid_credentials', message: 'Invalid login credentials' },
  },
  {
    name: 'sign-in of nobody known',
    run: (kit) => signIn(kit, 'nobody@partner-console.example', 'nonsense'),
    expected: { status: 400, code: 'invalid_credentials', message: 'Invalid login credentials' },
  },
  {
    name: 'a wrong key',
    async run(kit) {
      const client = createClient(kit.backend.url, 'sb_publishable_wrong', {
        auth: { persistSession: false, autoRefreshToken: false },
      });
      return { status: (await client.rpc('partner_dashboard')).status };
    },
    expected: { status: 401 },
  },
  ...[...functions, anybody].map(([name, args]): Case => ({
    name: `${name}: called by nobody`,
    run: (kit) => kit.rpc(name, args, 'nobody'),
    expected: { status: 401, code: '42501' },
  })),
  ...functions.flatMap(([name, args]): Case[] => [
    {
      name: `${name}: called by a member`,
      run: (kit) => kit.rpc(name, args, 'member'),
      expected: { status: 403, code: 'PT403', message: 'not_a_partner' },
    },
    {
      name: `${name}: called by the service role`,
      run: (kit) => kit.rpc(name, args, 'service'),
      expected: { status: 403, code: '42501' },
    },
  ]),
  {
    name: 'allocate_partner_credit: called by a member',
    run: (kit) => kit.rpc(...anybody, 'member'),
    expected: { status: 200, data: false },
  },
  ...(['expired', 'forged'] as const).flatMap((who) =>
    [...functions, anybody].map(([name, args]): Case => ({
      name: `${name}: with a token that is ${who}`,
      run: (kit) => kit.rpc(name, args, who),
      expected: { status: 401 },
    })),
  ),
];
