import type * as z from 'zod';
import type { AppError } from '../app-error.ts';
import type { Result } from '../result.ts';
import type { BridgeEvent } from './events.ts';
import type { Contract } from './index.ts';
import type { OperationName } from './operation-names.ts';

export type OperationInput<Name extends OperationName> = z.input<Contract[Name]['input']>;
/** The input after parsing: trimmed and checked. */
export type ParsedInput<Name extends OperationName> = z.output<Contract[Name]['input']>;
export type OperationOutput<Name extends OperationName> = z.output<Contract[Name]['output']>;

/** What the renderer sees as `window.bridge`: the same in Electron and in a browser. Calls never throw for expected faults. */
export interface Bridge {
  call<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
  ): Promise<Result<OperationOutput<Name>, AppError>>;
  /** Subscribes to events; answers the function that ends the subscription. */
  onEvent(listener: (event: BridgeEvent) => void): () => void;
}
