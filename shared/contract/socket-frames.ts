import * as z from 'zod';
import { appError } from '../app-error.ts';
import { bridgeEvent } from './events.ts';

/**
 * The bridge over a WebSocket, for the browser host. Every text message is one JSON frame. A call whose input carries
 * bytes (`uploads.append`) is sent as two messages: the call frame with `bytesFollow: true` and no `bytes` in its
 * input, then at once one binary message, which becomes `input.bytes`. An answer whose value carries bytes (`exports.read`)
 * comes back in the same way. WebSocket keeps the order.
 */
export const callFrame = z.object({
  kind: z.literal('call'),
  /** Chosen by the client, unique within its connection; the answer carries it. */
  id: z.number().int().min(1),
  name: z.string(),
  input: z.unknown(),
  bytesFollow: z.boolean().optional(),
});
export type CallFrame = z.infer<typeof callFrame>;

/** The value of a result is parsed by the operation's own schema. */
const result = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: appError }),
]);

export const serverFrame = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('result'),
    id: z.number().int().min(1),
    result,
    bytesFollow: z.boolean().optional(),
  }),
  z.object({ kind: z.literal('event'), event: bridgeEvent }),
]);
export type ServerFrame = z.infer<typeof serverFrame>;

/** Path of the WebSocket on the host that served the page: `ws://<host>/bridge`. */
export const SOCKET_PATH = '/bridge';

/** The largest message the host accepts, in bytes: a piece of 1 MiB and room for its frame. */
export const SOCKET_MESSAGE_LIMIT = 2 * 1024 * 1024;

/** Close codes of the host. After `replaced` a client does not connect again by itself: the console is open elsewhere. */
export const SOCKET_CLOSE = { replaced: 4001, badFrame: 4002, stopping: 4003 } as const;
