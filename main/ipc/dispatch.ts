import type * as z from 'zod';
import type { AppError } from '../../shared/app-error.ts';
import { contract } from '../../shared/contract/index.ts';
import { operationNames, type OperationName } from '../../shared/contract/operation-names.ts';
import { err, type Result } from '../../shared/result.ts';
import type { Handlers } from '../application.ts';
import type { Log } from '../platform/platform.ts';

/** Answers any call that crosses the bridge; never throws. */
export type Dispatch = (name: string, input: unknown) => Promise<Result<unknown, AppError>>;

export interface DispatchOptions {
  readonly log: Log;
  /** Mints the id that stands in the log and on the screen when a bug is met. */
  readonly newIncident: () => string;
}

/** The shape that all handlers share once names are data: parsed input in, Result out. */
type AnyHandler = (input: unknown) => Promise<Result<unknown, AppError>> | Result<unknown, AppError>;

const knownNames: ReadonlySet<string> = new Set(operationNames);
const isOperationName = (name: string): name is OperationName => knownNames.has(name);

/** Where the first issue lies, e.g. `filter.status`; the whole input when it has no place. */
function invalidInput(error: z.ZodError): AppError {
  const issue = error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'input' : issue.path.map(String).join('.');
  return { code: 'invalid_input', field, reason: issue?.code ?? 'invalid' };
}

/** Stack frames without the message: a message may quote data, a frame holds file and line only. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return 'no stack';
  return error.stack
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, 12)
    .map((line) => line.trim())
    .join(' | ');
}

/**
 * Joins the contract to its handlers: the name must be known, the input is parsed before a handler sees it and the
 * output before the renderer does. A thrown error or an output of the wrong shape is a bug: it becomes
 * `unexpected` with an incident id that stands in the log beside the stack.
 */
export function createDispatch(handlers: Handlers, { log, newIncident }: DispatchOptions): Dispatch {
  const unexpected = (operation: OperationName, fault: string, frames: string): Result<never, AppError> => {
    const incident = newIncident();
    log('error', 'operation_failed', { operation, incident, fault, frames });
    return err({ code: 'unexpected', incident });
  };
  return async (name, input) => {
    if (!isOperationName(name)) {
      log('warn', 'unknown_operation');
      return err({ code: 'not_found', what: 'operation' });
    }
    const operation = contract[name];
    const parsed = operation.input.safeParse(input);
    if (!parsed.success) return err(invalidInput(parsed.error));
    // The handler of this name takes exactly what this name's schema gave; the type cannot follow a name that is data.
    const handler = handlers[name] as AnyHandler;
    try {
      const result = await handler(parsed.data);
      if (!result.ok) return result;
      const output = operation.output.safeParse(result.value);
      if (!output.success) {
        const { field, reason } = { field: '', reason: '', ...invalidInput(output.error) };
        return unexpected(name, 'wrong_output', `${field} ${reason}`);
      }
      return { ok: true, value: output.data };
    } catch (error) {
      return unexpected(name, error instanceof Error ? error.name : 'thrown_value', framesOf(error));
    }
  };
}
