import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { Database } from '../../main/remote/database-types.ts';
import type { Sandbox } from '../sandbox/start-sandbox.ts';

/** Gives a member of the demo partner five credits, takes two back and extends the rest, as another console would. */
export async function correctCredits({ url, publishableKey, demo }: Sandbox, email: string): Promise<void> {
  const client = createClient<Database>(url, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { error } = await client.auth.signInWithPassword(demo);
  if (error !== null) throw error;
  const member = await client.from('partner_members').select('id').eq('email', email).single().throwOnError();
  const p_member_id = member.data.id;
  const command = () => ({ p_request_id: randomUUID(), p_member_id });
  const given = { ...command(), p_credits: 5, p_validity_days: 60, p_note: 'Autumn programme' };
  await client.rpc('assign_member_credits', given).throwOnError();
  const taken = { ...command(), p_credits: 2, p_reason: 'Moved to another site' };
  await client.rpc('revoke_member_credits', taken).throwOnError();
  await client.rpc('extend_member_credits', { ...command(), p_days: 30 }).throwOnError();
}
