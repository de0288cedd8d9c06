import type { AppError } from '../shared/app-error.ts';
import type { OperationOutput, ParsedInput } from '../shared/contract/bridge.ts';
import type { BridgeEvent } from '../shared/contract/events.ts';
import type { OperationName } from '../shared/contract/operation-names.ts';
import type { Result } from '../shared/result.ts';

/** What answers one operation: its input is already parsed; expected faults are values, throwing is a bug. */
export type Handler<Name extends OperationName> = (
  input: ParsedInput<Name>,
) => Promise<Result<OperationOutput<Name>, AppError>> | Result<OperationOutput<Name>, AppError>;

/** One handler for every operation of the contract. */
export type Handlers = { readonly [Name in OperationName]: Handler<Name> };

/** The running console without any window: the same behind Electron, the browser host, the terminal and the tests. */
export interface Application {
  readonly handlers: Handlers;
  /** Subscribes to events for windows; answers the function that ends the subscription. */
  onEvent(listener: (event: BridgeEvent) => void): () => void;
  /** Starts what runs by itself: session refresh, pull, sender. */
  start(): Promise<void>;
  /**
   * Ordered shutdown: the sender stops after its current step, then the puller, the import worker, at last the
   * databases. Calling it twice is harmless.
   */
  close(): Promise<void>;
}
