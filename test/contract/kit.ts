import { randomUUID } from 'node:crypto';
import type { SupabaseClient } from '@supabase/supabase-js';
import type * as z from 'zod';
import { demoPartner, otherPartner } from '../database/act-as.ts';
import type { Backend } from './backends.ts';

/** Who calls. `member` is signed in and no partner; `forged` has a token that another project signed. */
export type Who = 'demo' | 'other' | 'member' | 'nobody' | 'service' | 'expired' | 'forged';

/** What a client sees of an answer; ids and instants stand as `<id>` and `<time>`. */
export interface Seen {
  readonly status?: number;
  readonly data?: unknown;
  readonly code?: string;
  readonly message?: unknown;
  readonly details?: unknown;
}

export interface Kit {
  readonly backend: Backend;
  client(who: Who): SupabaseClient;
  rpc(name: string, args?: Readonly<Record<string, unknown>>, who?: Who): Promise<Seen>;
  /** A new member of the demo partner; its id. */
  member(fields?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Sets the demo partner's balance, as a purchase does. */
  balance(credits: number): Promise<void>;
  /** Gives the member credits, which have to be granted. */
  give(memberId: string, credits: number): Promise<void>;
}

/** One thing that both backends are asked, and what Postgres behind PostgREST answers. */
export interface Case {
  readonly name: string;
  readonly run: (kit: Kit) => Promise<Seen>;
  /** As far as it is said here, the answer has to be this. */
  readonly expected: Seen;
  readonly shape?: z.ZodType;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:\d\d)?|Z)$/;

function normalise(value: unknown): unknown {
  if (typeof value === 'string') {
    if (uuid.test(value)) return '<id>';
    return instant.test(value) ? '<time>' : value;
  }
  if (Array.isArray(value)) return value.map(normalise);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, normalise(inner)]));
}

/** The seen part of a supabase-js answer; details that are JSON are read. `shape` also has to accept the raw data. */
export function seen(answer: {
  status: number;
  data: unknown;
  error: { code: string; message: string; details: string | null } | null;
}): Seen {
  if (answer.error === null) return { status: answer.status, data: normalise(answer.data) };
  const { code, message, details } = answer.error;
  let read: unknown = details;
  if (details?.startsWith('{') === true) read = normalise(JSON.parse(details));
  return { status: answer.status, code, message, details: read };
}

/** The tools of the cases on one backend. */
export async function makeKit(backend: Backend, checkShape: (data: unknown) => void): Promise<Kit> {
  const service = backend.clientFor(null, { role: 'service_role' });
  const members = await service.from('users').select('id').eq('role', 'member').limit(1);
  const memberAccount = String(members.data?.[0]?.id);
  const clients: Readonly<Record<Who, SupabaseClient>> = {
    demo: backend.clientFor(demoPartner),
    other: backend.clientFor(otherPartner),
    member: backend.clientFor(memberAccount),
    nobody: backend.clientFor(null),
    service,
    expired: backend.clientFor(demoPartner, { expiresIn: -3600 }),
    forged: backend.clientFor(demoPartner, { secret: 'a-secret-of-another-project-with-32-characters' }),
  };
  const kit: Kit = {
    backend,
    client: (who) => clients[who],
    async rpc(name, args = {}, who = 'demo') {
      const answer = await clients[who].rpc(name, args);
      if (answer.error === null) checkShape(answer.data);
      return seen(answer);
    },
    async member(fields = {}) {
      const email = `${randomUUID()}@contract.example`;
      const row = { partner_id: demoPartner, email, first_name: 'Contract', ...fields };
      const { data, error } = await service.from('partner_members').insert(row).select('id').single();
      if (error !== null) throw new Error(`no new member: ${error.message}`);
      return String(data.id);
    },
    async balance(credits) {
      const { error } = await service.from('users').update({ credits }).eq('id', demoPartner);
      if (error !== null) throw new Error(`no balance: ${error.message}`);
    },
    async give(memberId, credits) {
      await kit.balance(1_000);
      const args = { p_request_id: randomUUID(), p_member_id: memberId, p_credits: credits };
      const { data, error } = await clients.demo.rpc('assign_member_credits', args);
      if (error !== null || data.outcome !== 'assigned') throw new Error('no credits were given');
    },
  };
  return kit;
}
