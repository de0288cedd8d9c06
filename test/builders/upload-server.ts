import type { OpenDatabase } from '../../main/cache/database.ts';
import { createPartnerFunctions } from '../../main/remote/partner-functions.ts';
import { createSyncEngine } from '../../main/sync/engine.ts';
import { idOf } from './database.ts';
import { fakeClock, settled } from './fake-clock.ts';
import {
  changesAnswer,
  type ScriptedAnswer,
  type ScriptedRequest,
  scriptedServer,
  scriptedUser,
} from './scripted-server.ts';

/** As the server's own limit. */
const MOST_ROWS_TOLD = 5_000;

/** A scripted server that keeps what uploads ask of it, by the ids that they ask under, and gives every row two credits. */
export class UploadServer {
  /** By upload: the rows that had their effect. */
  readonly recorded = new Map<string, Set<number>>();
  readonly #staged = new Map<string, Set<number>>();
  /** Rows in the order in which they were sent or staged. */
  readonly sent: number[] = [];
  /** The name of each function in the order of the calls, without the pulls. */
  readonly calls: string[] = [];
  /** Sees each call before it is answered, with the milliseconds since the sync began; an answer of its own goes instead. */
  onCall: (name: string, at: number) => ScriptedAnswer | null = () => null;
  /** Milliseconds since the sync began. */
  #now: () => number = () => 0;

  /** The rows of one upload that had their effect. */
  rowsOf(itemId: string): Set<number> {
    return setOf(this.recorded, itemId);
  }

  readonly answer = ({ path, body }: ScriptedRequest): ScriptedAnswer => {
    const name = path.split('/').at(-1) ?? '';
    if (name === 'partner_changes') return changesAnswer(scriptedUser.id, 950);
    this.calls.push(name);
    const own = this.onCall(name, this.#now());
    if (own !== null) return own;
    const itemId = String(body['p_upload_id'] ?? body['p_id']);
    const recorded = this.rowsOf(itemId);
    const staged = setOf(this.#staged, itemId);
    switch (name) {
      case 'upload_outcomes': {
        const [first, last] = [Number(body['p_first_row']), Number(body['p_last_row'])];
        return rowsAnswer([...recorded].filter((row) => row >= first && row <= last).slice(0, MOST_ROWS_TOLD));
      }
      case 'upload_members':
        for (const row of this.#take(body)) recorded.add(row);
        return rowsAnswer(numbersIn(body));
      case 'stage_member_upload': {
        for (const row of this.#take(body)) staged.add(row);
        const rows = numbersIn(body).map((row) => ({
          row,
          outcome: 'staged',
          reason: null,
          field: null,
          replayed: true,
        }));
        return { body: { rows, staged_total: staged.size, server_time: '2026-05-01T12:00:00Z' } };
      }
      case 'member_upload_rows':
        // Asked for by the address: of the one upload that there is.
        return {
          body: [...this.recorded.values()].flatMap((rows) =>
            [...rows].map((row) => ({ row_no: row, ...receiptOf(row) })),
          ),
        };
      case 'commit_member_upload': {
        for (const row of staged) recorded.add(row);
        const money = { credits: 12, before: { balance: 962 }, after: { balance: 950 }, balance: 950 };
        const counts = { rows: recorded.size, created: recorded.size, updated: 0, unchanged: 0 };
        return { body: { outcome: 'committed', ...counts, ...money, replayed: true } };
      }
    }
    throw new Error(`nobody was to call ${name}`);
  };

  #take(body: Readonly<Record<string, unknown>>): number[] {
    const rows = numbersIn(body);
    this.sent.push(...rows);
    return rows;
  }

  /** Lets an engine of a computer whose person has signed in work for two minutes; answers when it is closed. */
  async sync(database: OpenDatabase): Promise<void> {
    const clock = fakeClock('2026-05-01T12:10:00Z');
    const began = clock.now();
    this.#now = () => clock.now() - began;
    const engine = createSyncEngine({
      database,
      partnerId: scriptedUser.id,
      functions: createPartnerFunctions(
        { url: 'https://project.example', publishableKey: 'key' },
        scriptedServer(this.answer).fetch,
        { token: () => Promise.resolve({ ok: true, value: 'token' }), rejected: () => undefined },
        () => clock.now(),
      ),
      clock,
      log: () => undefined,
      announce: () => undefined,
      onPullProgress: () => undefined,
      random: () => 0.5,
    });
    engine.signedIn();
    await settled();
    await clock.advance(120_000);
    await engine.close();
  }
}

function setOf(sets: Map<string, Set<number>>, itemId: string): Set<number> {
  const set = sets.get(itemId) ?? new Set<number>();
  sets.set(itemId, set);
  return set;
}

function numbersIn(body: Readonly<Record<string, unknown>>): number[] {
  const rows = body['p_rows'];
  if (!Array.isArray(rows)) throw new Error('no rows were sent');
  return rows.map((row: { readonly row: number }) => row.row);
}

const receiptOf = (row: number): object => ({
  row,
  outcome: 'created',
  reason: null,
  field: null,
  shortfall: null,
  member_id: idOf(100 + row),
  allocation_id: idOf(20_000 + row),
  credits: 2,
  expires_at: '2026-08-01T00:00:00Z',
  credits_assigned: 2,
  replayed: true,
});

function rowsAnswer(rows: readonly number[]): ScriptedAnswer {
  return { body: { rows: rows.map(receiptOf), balance: 950, server_time: '2026-05-01T12:00:00Z' } };
}
