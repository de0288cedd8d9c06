import * as z from 'zod';

/** First message of the parent. */
export const startMessage = z.object({
  dataFolder: z.string(),
  fresh: z.boolean(),
});
export type StartMessage = z.infer<typeof startMessage>;

/** Answers of the child. */
export const sandboxMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('notice'), text: z.string() }),
  z.object({ kind: z.literal('ready'), url: z.string(), publishableKey: z.string() }),
  /** Another process has the folder; `ready` is its own `ready` message as JSON, empty while it is not. */
  z.object({ kind: z.literal('busy'), ready: z.string() }),
  /** Only the class and code of the error: its message may carry data of a statement. */
  z.object({ kind: z.literal('failed'), error: z.string() }),
]);
export type SandboxMessage = z.infer<typeof sandboxMessage>;
