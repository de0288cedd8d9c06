import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import type { Database } from '../../main/remote/database-types.ts';
import type { SandboxedConsole } from '../../scripts/drive/sandbox-console.ts';

/** Changes a member's status as another console of the organisation would, past the one under test. */
export async function setStatusElsewhere(
  { sandbox }: SandboxedConsole,
  email: string,
  status: 'active' | 'inactive',
): Promise<void> {
  const { url, publishableKey, demo } = sandbox;
  const client = createClient<Database>(url, publishableKey, { auth: { persistSession: false } });
  const { error } = await client.auth.signInWithPassword(demo);
  if (error !== null) throw error;
  const member = await client.from('partner_members').select('id').eq('email', email).single().throwOnError();
  const command = { p_request_id: randomUUID(), p_member_id: member.data.id, p_status: status };
  await client.rpc('set_member_status', command).throwOnError();
}
