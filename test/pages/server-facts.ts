import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import * as z from 'zod';
import type { Sandbox } from '../../scripts/sandbox/start-sandbox.ts';

export interface ServerFacts {
  readonly balance: number;
  /** Credits of every allocation that an upload made, by the row of the file. */
  readonly uploaded: readonly { readonly row: number; readonly credits: number }[];
  readonly members: number;
}

const rows = z.array(z.object({ upload_row: z.number(), credits: z.number() }));

async function signIn({ url, publishableKey, demo }: Sandbox): Promise<SupabaseClient> {
  const client = createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const { error } = await client.auth.signInWithPassword(demo);
  if (error !== null) throw error;
  return client;
}

/** The recorded outcome of each row that was sent: row of the file → outcome and reason. */
export async function readRowOutcomes(sandbox: Sandbox): Promise<Map<number, string>> {
  const client = await signIn(sandbox);
  const { data, error } = await client.from('member_upload_rows').select('row_no,outcome,reason');
  if (error !== null) throw error;
  const outcomes = z.array(z.object({ row_no: z.number(), outcome: z.string(), reason: z.string().nullable() }));
  return new Map(outcomes.parse(data).map(({ row_no, outcome, reason }) => [row_no, `${outcome} ${reason ?? ''}`]));
}

/** What Postgres itself says, read past the console. */
export async function readServerFacts(sandbox: Sandbox): Promise<ServerFacts> {
  const client = await signIn(sandbox);
  const user = await client.from('users').select('credits').eq('role', 'partner').single();
  const allocations = await client
    .from('credit_allocations')
    .select('upload_row,credits')
    .not('upload_row', 'is', null);
  const members = await client.from('partner_members').select('id', { count: 'exact', head: true });
  for (const { error } of [user, allocations, members]) if (error !== null) throw error;
  return {
    balance: z.object({ credits: z.number() }).parse(user.data).credits,
    uploaded: rows.parse(allocations.data).map(({ upload_row, credits }) => ({ row: upload_row, credits })),
    members: z.number().parse(members.count),
  };
}
