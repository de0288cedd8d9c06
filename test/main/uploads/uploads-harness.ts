import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { AppError } from '../../../shared/app-error.ts';
import type { OperationInput, OperationOutput, ParsedInput } from '../../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../../shared/contract/events.ts';
import type { DraftDetail, UploadField } from '../../../shared/contract/uploads.ts';
import { contract } from '../../../shared/contract/index.ts';
import type { Result } from '../../../shared/result.ts';
import type { OpenDatabase } from '../../../main/cache/database.ts';
import { openDatabase } from '../../../main/cache/open.ts';
import { createUploads, type Uploads } from '../../../main/uploads/create-uploads.ts';

type Name = keyof Uploads['handlers'];

export const today = Date.parse('2026-05-01T12:00:00Z');

/** Uploads over a real database in a folder of its own, with a clock that stands still unless it is moved. */
export interface UploadsHarness {
  readonly folder: string;
  readonly database: OpenDatabase;
  readonly events: BridgeEvent[];
  now: number;
  woken: number;
  /** Calls an operation as the dispatch does; input and answer are checked against the contract. */
  call<N extends Name>(name: N, input: OperationInput<N>): Promise<Result<OperationOutput<N>, AppError>>;
  /** As `call`, for an operation that has to succeed. */
  value<N extends Name>(name: N, input: OperationInput<N>): Promise<OperationOutput<N>>;
  /** Sends a file in pieces and answers its draft's id. */
  send(content: string | Uint8Array, fileName?: string, pieceBytes?: number): Promise<string>;
  /** Sends a file, recognises it and reads its rows. */
  read(content: string | Uint8Array, mapping?: UploadField[]): Promise<DraftDetail>;
  addMember(email: string): void;
  setBalance(balance: number): void;
  /** As if the application had been killed and started again. */
  restart(): void;
  /** Ends what is going on, as at sign-out. */
  closeAccount(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a harness, also over the folder of another process; to be closed by the test, which removes the folder. */
export function openHarness(existing?: string): UploadsHarness {
  const folder = existing ?? mkdtempSync(path.join(tmpdir(), 'partner-console-uploads-'));
  let database = open(folder);
  const events: BridgeEvent[] = [];
  const create = (): Uploads =>
    createUploads({
      account: () => ({ database, folder }),
      announce: (...tables) => events.push({ event: 'tables_changed', tables }),
      emit: (event) => events.push(event),
      onDamage: () => undefined,
      wakeSender: () => {
        harness.woken += 1;
      },
      clock: { now: () => harness.now, after: () => () => undefined },
      log: () => undefined,
      importWorker: new URL('../../../main/uploads/import-worker.ts', import.meta.url),
    });
  const harness: UploadsHarness = {
    folder,
    get database() {
      return database;
    },
    events,
    now: today,
    woken: 0,
    async call<N extends Name>(name: N, input: OperationInput<N>) {
      // The schema of this name gives exactly what the handler of this name takes.
      const parsed = contract[name].input.parse(input) as ParsedInput<N>;
      const result = await handlerOf(uploads, name)(parsed);
      if (result.ok) contract[name].output.parse(result.value);
      return result;
    },
    async value(name, input) {
      const result = await harness.call(name, input);
      if (!result.ok) throw new Error(`${name} answered ${JSON.stringify(result.error)}`);
      return result.value;
    },
    async send(content, fileName = 'members.csv', pieceBytes = 1_048_576) {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      const { draftId } = await harness.value('uploads.begin', { fileName, size: bytes.length });
      for (let start = 0; start < bytes.length; start += pieceBytes) {
        await harness.value('uploads.append', { draftId, bytes: bytes.subarray(start, start + pieceBytes) });
      }
      return draftId;
    },
    async read(content, mapping) {
      const draftId = await harness.send(content);
      const { analysis } = await harness.value('uploads.analyse', { draftId, options: null });
      if (analysis === null) throw new Error('no analysis');
      const { encoding, separator, sheet } = analysis;
      return harness.value('uploads.importRows', {
        draftId,
        options: { encoding, separator, sheet },
        mapping: mapping ?? analysis.mapping,
      });
    },
    addMember(email) {
      database.run(
        `insert into members (member_id, first_name, email, email_key, status, credits_assigned, available, used, created_at)
         values (?, 'Known', ?, ?, 'active', 0, 0, 0, '2026-01-01T00:00:00.000Z')`,
        crypto.randomUUID(),
        email,
        email,
      );
    },
    setBalance(balance) {
      database.run(
        `insert into partner (only_row, partner_id, full_name, email, balance, as_of) values (1, ?, 'Firma', 'hr@firma.example', ?, ?)
         on conflict (only_row) do update set balance = excluded.balance`,
        crypto.randomUUID(),
        balance,
        '2026-05-01T11:00:00.000Z',
      );
    },
    restart() {
      database.close();
      database = open(folder);
      uploads = create();
    },
    closeAccount: () => uploads.close(),
    async close() {
      await uploads.close();
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
  let uploads = create();
  return harness;
}

function open(folder: string): OpenDatabase {
  const opened = openDatabase(path.join(folder, 'console.db'));
  if (!opened.ok) throw new Error(`the database does not open: ${JSON.stringify(opened.error)}`);
  return opened.value;
}

function handlerOf<N extends Name>(uploads: Uploads, name: N): Uploads['handlers'][N] {
  return uploads.handlers[name];
}
