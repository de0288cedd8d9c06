import type * as z from 'zod';

/**
 * One named operation of the bridge. `offline` says what it does without a server:
 * `cache` answers from this computer, `queue` puts a command into the outbox, `server` needs a connection.
 */
export interface Operation<Input extends z.ZodType = z.ZodType, Output extends z.ZodType = z.ZodType> {
  readonly input: Input;
  readonly output: Output;
  readonly offline: 'cache' | 'queue' | 'server';
}

/** Declares an operation; the types of its input and output follow from the schemas. */
export function operation<Input extends z.ZodType, Output extends z.ZodType>(
  offline: Operation['offline'],
  input: Input,
  output: Output,
): Operation<Input, Output> {
  return { input, output, offline };
}
