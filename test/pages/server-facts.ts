import { createClient } from '@supabase/supabase-js';
import * as z from 'zod';
import type { Sandbox } from '../../scripts/sandbox/start-sandbox.ts';

export interface ServerFacts {
  readonly balance: number;
  /** Credits of every allocation that an upload made, by the row of the file. */
  readonly uploaded: readonly { readonly row: number; readonly credits: number }[];
  readonly members: number;
}

const rows = z.array(z.object({ upload_row: z.number(), credits: z.number() }));

/** What Postgres itself says, read past the console. */
export async function readServerFacts({ url, publishableKey, demo }: Sandbox): Promise<ServerFacts> {
  const client = createClient(url, publishableKey, { auth: { persistSession: false, autoRefreshToken: false } });
  const signedIn = await client.auth.signInWithPassword(demo);
  const user = await client.from('users').select('credits').eq('role', 'partner').single();
  const allocations = await client
    .from('credit_allocations')
    .select('upload_row,credits')
    .not('upload_row', 'is', null);
  const members = await client.from('partner_members').select('id');
  for (const { error } of [signedIn, user, allocations, members]) if (error !== null) throw error;
  return {
    balance: z.object({ credits: z.number() }).parse(user.data).credits,
    uploaded: rows.parse(allocations.data).map(({ upload_row, credits }) => ({ row: upload_row, credits })),
    members: z.array(z.unknown()).parse(members.data).length,
  };
}
