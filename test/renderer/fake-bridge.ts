import type { AppError } from '../../shared/app-error.ts';
import type { Bridge, OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { BridgeEvent, ChangedTable } from '../../shared/contract/events.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import { err, type Result } from '../../shared/result.ts';

type FakeAnswer<Name extends OperationName> = Result<OperationOutput<Name>, AppError>;
type FakeHandler<Name extends OperationName> = (
  input: OperationInput<Name>,
) => FakeAnswer<Name> | Promise<FakeAnswer<Name>>;
export type FakeHandlers = { [Name in OperationName]?: FakeHandler<Name> };

/** A typed stand-in for main: answers from the handlers it is given and records every call. */
export class FakeBridge implements Bridge {
  readonly calls: { readonly name: OperationName; readonly input: unknown }[] = [];
  readonly handlers: FakeHandlers;
  readonly #listeners = new Set<(event: BridgeEvent) => void>();

  constructor(handlers: FakeHandlers) {
    this.handlers = handlers;
  }

  async call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<FakeAnswer<Name>> {
    this.calls.push({ name, input });
    const handler: FakeHandler<Name> | undefined = this.handlers[name];
    return handler ? handler(input) : err({ code: 'not_found', what: 'operation' });
  }

  onEvent(listener: (event: BridgeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Sends an event as main would. */
  emit(event: BridgeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Announces changed tables as main would after a commit. */
  announce(...tables: ChangedTable[]): void {
    this.emit({ event: 'tables_changed', tables });
  }

  /** Inputs of all calls of one operation, oldest first. */
  inputsOf<Name extends OperationName>(name: Name): OperationInput<Name>[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.input as OperationInput<Name>);
  }
}
