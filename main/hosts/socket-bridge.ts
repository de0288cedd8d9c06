import type { WebSocket, RawData } from 'ws';
import { callFrame, SOCKET_CLOSE, type CallFrame, type ServerFrame } from '../../shared/contract/socket-frames.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { Dispatch } from '../ipc/dispatch.ts';

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  return new Uint8Array(data instanceof ArrayBuffer ? data : Uint8Array.from(data));
}

function parseCall(text: string): CallFrame | null {
  try {
    return callFrame.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Splits bytes off an answer's value, because JSON cannot carry them: they follow as one binary message. */
function splitBytes(value: unknown): { value: unknown; bytes: Uint8Array | null } {
  if (typeof value !== 'object' || value === null || !('bytes' in value)) return { value, bytes: null };
  const { bytes, ...rest } = value;
  return bytes instanceof Uint8Array ? { value: rest, bytes } : { value, bytes: null };
}

/**
 * Serves one client's socket: each call frame goes to the dispatch and its result back under the same id. A client
 * that breaks the frames' rules is disconnected: our own page never does. Answers the function that sends an event.
 */
export function serveSocket(socket: WebSocket, dispatch: Dispatch): (event: BridgeEvent) => void {
  const send = (frame: ServerFrame): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame));
  };
  const answer = async (frame: CallFrame, input: unknown): Promise<void> => {
    const result = await dispatch(frame.name, input);
    if (!result.ok) return send({ kind: 'result', id: frame.id, result });
    const { value, bytes } = splitBytes(result.value);
    send({ kind: 'result', id: frame.id, result: { ok: true, value }, ...(bytes && { bytesFollow: true }) });
    if (bytes && socket.readyState === socket.OPEN) socket.send(bytes);
  };
  /** The call whose bytes are the next message. */
  let expectsBytes: CallFrame | null = null;
  const refuse = (): void => socket.close(SOCKET_CLOSE.badFrame, 'bad frame');

  socket.on('message', (data, isBinary) => {
    const waiting = expectsBytes;
    expectsBytes = null;
    if (isBinary !== (waiting !== null)) {
      refuse();
      return;
    }
    if (waiting !== null) {
      const rest = typeof waiting.input === 'object' && waiting.input !== null ? waiting.input : {};
      void answer(waiting, { ...rest, bytes: bytesOf(data) });
      return;
    }
    const frame = parseCall(new TextDecoder().decode(bytesOf(data)));
    if (frame === null) refuse();
    else if (frame.bytesFollow === true) expectsBytes = frame;
    else void answer(frame, frame.input);
  });
  return (event) => send({ kind: 'event', event });
}
