import type { Seen } from './kit.ts';

/** What the sandbox answers otherwise than Postgres behind PostgREST, and why that may stay. */
export interface Difference {
  /** Names of the cases it shows in. */
  readonly cases: readonly string[];
  /** What the sandbox answers there. */
  readonly seen: Seen;
  readonly why: string;
}

const tables = [
  'users',
  'partner_members',
  'partner_credits',
  'sessions',
  'credit_allocations',
  'command_receipts',
  'member_uploads',
  'member_upload_rows',
  'removed_members',
];

export const differences: readonly Difference[] = [
  {
    cases: [
      ...tables.map((table) => `nobody signed in reads ${table}`),
      'nobody writes a table',
      'a partner writes a table',
    ],
    seen: { status: 200, data: [] },
    why: 'The sandbox grants every table with row level security to all three roles at its first request, so that our revokes are undone. The policies still hold: nothing is read, nothing is written. Privileges are proven on Postgres.',
  },
  {
    cases: ['the ledger is not changed, not even by the service role'],
    seen: { status: 405, code: 'PT405', message: 'ledger_is_append_only' },
    why: "The same grants of the sandbox let the service role come as far as the ledger's own trigger, which refuses it.",
  },
  {
    cases: ['a table that is not there'],
    seen: { status: 404, code: 'PGRST205' },
    why: 'The sandbox answers as PostgREST 13 does, which looks tables up before it asks Postgres; the tests run PostgREST 12. The console reads no tables.',
  },
  {
    cases: ['how an instant is printed'],
    seen: { data: false },
    why: 'The sandbox prints instants of tables as Postgres writes them in SQL, with a space and a short zone. The client reads both (serverInstant).',
  },
  {
    cases: ['arguments: a character that Postgres cannot store'],
    seen: { status: 400, code: '22021' },
    why: 'The sandbox gives arguments to Postgres one by one, PostgREST as one JSON document: the same character is refused at another place, and the client treats both as a refusal.',
  },
];
