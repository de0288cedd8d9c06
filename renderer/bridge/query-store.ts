import type { AppError } from '../../shared/app-error.ts';
import type { Bridge, OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { ChangedTable } from '../../shared/contract/events.ts';
import { err, type Result } from '../../shared/result.ts';
import { operationTables, type QueryName } from './operation-tables.ts';

/** What a screen knows of one query. The last data stays while a newer answer is fetched, and when that fails. */
export interface Snapshot<Data> {
  readonly data: Data | undefined;
  readonly error: AppError | undefined;
  readonly loading: boolean;
}

interface Entry {
  readonly name: QueryName;
  readonly read: () => Promise<Result<unknown, AppError>>;
  snapshot: Snapshot<unknown>;
  readonly listeners: Set<() => void>;
  stale: boolean;
  running: boolean;
}

const EMPTY: Snapshot<never> = { data: undefined, error: undefined, loading: true };
const MAX_UNWATCHED = 200;

/** Answers of the bridge by name and input, read again when one of their tables is announced as changed. */
export class QueryStore {
  readonly #bridge: Bridge;
  readonly #entries = new Map<string, Entry>();
  readonly #revisions = new Map<QueryName, number>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
  }

  /** Starts to listen for changes; answers the function that ends it. */
  connect(): () => void {
    return this.#bridge.onEvent((event) => {
      if (event.event === 'tables_changed') this.#invalidate(event.tables);
    });
  }

  /** The last known answer; `loading` until there is one. Stable between changes. */
  snapshot<Name extends QueryName>(name: Name, input: OperationInput<Name>): Snapshot<OperationOutput<Name>> {
    // The entry was filled by this very operation: its key starts with the name.
    return (this.#entries.get(keyOf(name, input))?.snapshot ?? EMPTY) as Snapshot<OperationOutput<Name>>;
  }

  /** Watches one query and reads it unless a fresh answer is there (an error is none); answers the function that ends the watching. */
  watch<Name extends QueryName>(name: Name, input: OperationInput<Name>, listener: () => void): () => void {
    const entry = this.#entry(name, input);
    entry.listeners.add(listener);
    if (entry.stale || entry.snapshot.error !== undefined) this.#read(entry);
    return () => {
      entry.listeners.delete(listener);
      if (entry.listeners.size === 0) this.#prune();
    };
  }

  /** Grows with every new answer to an operation, whatever its input. */
  revision(name: QueryName): number {
    return this.#revisions.get(name) ?? 0;
  }

  #entry<Name extends QueryName>(name: Name, input: OperationInput<Name>): Entry {
    const key = keyOf(name, input);
    const known = this.#entries.get(key);
    if (known) {
      // Most recently used last, so that pruning takes the oldest.
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known;
    }
    const entry: Entry = {
      name,
      read: () => this.#bridge.call(name, input),
      snapshot: EMPTY,
      listeners: new Set(),
      stale: true,
      running: false,
    };
    this.#entries.set(key, entry);
    return entry;
  }

  #invalidate(tables: readonly ChangedTable[]): void {
    for (const entry of this.#entries.values()) {
      const depends: readonly ChangedTable[] = operationTables[entry.name];
      if (!depends.some((table) => tables.includes(table))) continue;
      entry.stale = true;
      if (entry.listeners.size > 0) this.#read(entry);
    }
  }

  #read(entry: Entry): void {
    // A change during a running read leaves the entry stale: it is read once more when that answer is here.
    if (entry.running) return;
    entry.running = true;
    entry.stale = false;
    if (!entry.snapshot.loading) this.#publish(entry, { ...entry.snapshot, loading: true });
    entry
      .read()
      .catch((): Result<unknown, AppError> => err({ code: 'unexpected', incident: 'bridge' }))
      .then((result) => {
        entry.running = false;
        this.#publish(
          entry,
          result.ok
            ? { data: result.value, error: undefined, loading: entry.stale }
            : { data: entry.snapshot.data, error: result.error, loading: entry.stale },
        );
        if (entry.stale && entry.listeners.size > 0) this.#read(entry);
      })
      .catch(reportError);
  }

  #publish(entry: Entry, snapshot: Snapshot<unknown>): void {
    entry.snapshot = snapshot;
    this.#revisions.set(entry.name, this.revision(entry.name) + 1);
    for (const listener of entry.listeners) listener();
  }

  #prune(): void {
    let unwatched = 0;
    for (const entry of this.#entries.values()) if (entry.listeners.size === 0) unwatched += 1;
    for (const [key, entry] of this.#entries) {
      if (unwatched <= MAX_UNWATCHED) return;
      if (entry.listeners.size > 0) continue;
      this.#entries.delete(key);
      unwatched -= 1;
    }
  }
}

function keyOf(name: QueryName, input: unknown): string {
  return `${name} ${JSON.stringify(input)}`;
}
