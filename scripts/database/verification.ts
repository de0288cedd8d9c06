import type { PostgrestError, SupabaseClient } from '@supabase/supabase-js';
import * as z from 'zod';
import type { Database } from '../../main/remote/database-types.ts';

/** One run of the checks: who it acts as, and the member that it made for itself. */
export interface Verification {
  readonly client: SupabaseClient<Database>;
  readonly partnerId: string;
  /** Who gets the credits that the checks really give. */
  readonly recipient: string;
  /** Balance before the first credit was given; null until it is known. */
  balanceBefore: number | null;
  /** Null until the member is there: without it nothing may be given, because nothing could be taken back. */
  memberId: string | null;
}

/** First name of the members that verification makes: only those does it ever touch. */
export const VERIFICATION_NAME = 'Verification';

interface Reply {
  readonly data: unknown;
  readonly error: PostgrestError | null;
  readonly status: number;
}

/** Calls and parses. Throws, with the name, when the server answers an error or something of another shape. */
export async function ask<Name extends string, T>(
  name: Name,
  request: (name: Name) => PromiseLike<Reply>,
  schema: z.ZodType<T>,
): Promise<T> {
  const { data, error, status } = await request(name);
  if (error !== null) throw new Error(`${name} answered ${String(status)} ${error.code} ${error.message}`.trim());
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new Error(`${name} answered something else than expected: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Throws with `otherwise` unless it holds. */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

/** The member that the checks act on; throws when it could not be added. */
export function memberOf({ memberId }: Verification): string {
  expectThat(memberId !== null, 'there is no member to act on: adding it failed');
  return memberId;
}

/** Credits of the recipient that are available and unexpired now, read from the table itself. */
export async function unspentOf({ client, recipient }: Verification): Promise<number> {
  const { count, error, status } = await client
    .from('partner_credits')
    .select('id', { count: 'exact', head: true })
    .eq('employee_email', recipient)
    .eq('status', 'available')
    .gt('expires_at', new Date().toISOString());
  if (error !== null || count === null) throw new Error(`partner_credits answered ${String(status)}`);
  return count;
}
