import { randomUUID } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { json } from './direct-server.ts';
import type { Plant } from './person.ts';

type Fetch = typeof globalThis.fetch;
type Body = Record<string, unknown>;

/** What a console might do wrong, done to a console that does not: each in one place, from outside. */
export interface PlantedFault {
  readonly name: string;
  /** New for each life: some remember what went before. */
  readonly plant: () => Plant;
  /** Whose lives come upon it soon. */
  readonly seed?: number;
  /** How the model puts it. */
  readonly found: RegExp;
}

const urlOf = (input: Parameters<Fetch>[0]): URL => new URL(input instanceof Request ? input.url : input);
const nameOf = (input: Parameters<Fetch>[0]): string => urlOf(input).pathname.split('/').at(-1) ?? '';
const bodyOf = (init: RequestInit | undefined): Body =>
  typeof init?.body === 'string' && init.body !== '' ? (JSON.parse(init.body) as Body) : {};

/** Another request leaves than the console made. */
const rewriting =
  (rewrite: (name: string, body: Body, headers: Headers) => void): NonNullable<Plant['fetch']> =>
  (fetch) =>
  (input, init) => {
    const body = bodyOf(init);
    const headers = new Headers(init?.headers);
    rewrite(nameOf(input), body, headers);
    return fetch(input, { ...init, headers, ...(init?.body == null ? {} : { body: JSON.stringify(body) }) });
  };

/** Another page of the feed arrives than the server sent. */
const rewritingPages =
  (rewrite: (page: Body, isFirst: boolean) => void): NonNullable<Plant['fetch']> =>
  (fetch) =>
  async (input, init) => {
    const answer = await fetch(input, init);
    if (nameOf(input) !== 'partner_changes' || !answer.ok) return answer;
    const text = await answer.text();
    // What broke on the way stays broken.
    if (!text.endsWith('}')) return new Response(text, answer);
    const page = JSON.parse(text) as Body;
    rewrite(page, bodyOf(init)['p_cursor'] === undefined);
    return json(page);
  };

/** A trigger in the account's database does it. */
const inDatabase =
  (sql: string): NonNullable<Plant['database']> =>
  (file, again) => {
    if (!again) run(file, sql);
  };

function run(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

/** Every id that is sent a second time becomes another. */
function freshIds(key: string): Plant {
  const sent = new Set<unknown>();
  return {
    fetch: rewriting((name, body) => {
      if (!(key in body) || name.startsWith('stage') || name.startsWith('commit')) return;
      if (sent.has(body[key])) body[key] = randomUUID();
      sent.add(body[key]);
    }),
  };
}

const commands = /^(assign|revoke|extend|set_member|send|upload_members|stage|commit)/;

export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'a command is sent again under a new id',
    plant: () => freshIds('p_request_id'),
    found: /nobody asked for it/,
  },
  {
    name: 'rows of an upload are sent again under a new id',
    plant: () => freshIds('p_upload_id'),
    found: /nobody asked for it/,
  },
  {
    name: 'a refused item is dropped',
    plant: () => ({
      database: inDatabase(`create trigger planted after update of state on outbox when new.state = 'refused' begin
        delete from outbox where item_id = new.item_id; end`),
    }),
    found: /lost from the outbox/,
  },
  {
    name: 'a refused item passes for confirmed',
    plant: () => ({
      database: inDatabase(`create trigger planted after update of state on outbox
        when new.state = 'refused' and new.kind <> 'upload_members' begin
        update outbox set state = 'confirmed', refusal = null where item_id = new.item_id; end`),
    }),
    found: /says done/,
  },
  {
    name: 'a receipt is written down twice',
    plant: () => ({
      database: inDatabase(`create trigger planted after insert on allocations
        when new.source = 'console' and new.allocation_id not like 'ffffffff-%' begin
        insert into allocations (allocation_id, member_id, email, credits, expires_at, source, note, actor, created_at)
        values ('ffffffff' || substr(new.allocation_id, 9), new.member_id, new.email, new.credits, new.expires_at, new.source, new.note,
          new.actor, new.created_at); end`),
    }),
    found: /the ledger of/,
  },
  {
    name: 'commands are sent under another account',
    plant: () => {
      let first: string | null = null;
      return {
        fetch: rewriting((name, _, headers) => {
          if (!commands.test(name)) return;
          first ??= headers.get('authorization');
          headers.set('authorization', first ?? '');
        }),
      };
    },
    found: /sent under another account/,
  },
  {
    name: "another account's database is opened",
    plant: () => {
      let first: string | null = null;
      return {
        database(file, again) {
          first ??= file;
          if (again || first === file) return;
          for (const part of ['', '-wal', '-shm']) if (existsSync(first + part)) cpSync(first + part, file + part);
        },
      };
    },
    found: /another account is shown|nobody here|account/,
  },
  {
    name: 'the position in the feed skips a member',
    plant: () => ({
      fetch: rewritingPages((page, isFirst) => {
        if (!isFirst && Array.isArray(page['members'])) page['members'] = page['members'].slice(0, -1);
      }),
    }),
    found: /the cache|the expiries/,
  },
  {
    name: 'a removed member stays',
    plant: () => ({ fetch: rewritingPages((page) => void (page['removed_members'] = [])) }),
    found: /the cache/,
  },
  {
    name: 'planned credits are counted twice',
    plant: () => ({
      database: inDatabase(`create trigger planted after insert on outbox when new.planned_credits > 0 begin
        update outbox set planned_credits = 2 * planned_credits where item_id = new.item_id; end`),
    }),
    found: /planned for/,
  },
  {
    name: 'a pull overwrites what is pending',
    seed: 5,
    plant: () => ({
      database: inDatabase(`create trigger planted after update on pull_state begin
        delete from outbox where state = 'queued'; end`),
    }),
    found: /lost from the outbox/,
  },
  {
    name: 'what was not sent is lost at a restart',
    plant: () => ({
      database(file, again) {
        if (again) run(file, `delete from outbox where state = 'queued'`);
      },
    }),
    // Unless the console finds it again in its journal, as it may: then it says so.
    found: /lost from the outbox|before an earlier one|held recovered/,
  },
  {
    name: 'what was on its way at a crash passes for done',
    plant: () => ({
      database(file, again) {
        if (again)
          run(
            file,
            `drop trigger if exists outbox_standing_guarded; update outbox set state = 'confirmed' where state = 'sending'`,
          );
      },
    }),
    found: /says|an upload is left|row/,
  },
  {
    name: 'commands on one member lose their order',
    plant: () => ({
      database: inDatabase(`create trigger planted after insert on outbox begin
        update outbox set sequence = abs(random()) % 1000000000000 where item_id = new.item_id; end`),
    }),
    found: /before an earlier one/,
  },
];
