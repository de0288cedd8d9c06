import * as z from 'zod';
import type { AppError } from '../../shared/app-error.ts';
import type { Bridge, OperationInput, OperationOutput } from '../../shared/contract/bridge.ts';
import type { BridgeEvent } from '../../shared/contract/events.ts';
import type { OperationName } from '../../shared/contract/operation-names.ts';
import { type CallFrame, serverFrame, SOCKET_CLOSE, SOCKET_PATH } from '../../shared/contract/socket-frames.ts';
import { err, type Result } from '../../shared/result.ts';
import { type CoreConnection, useConnection } from './connection.ts';

// The content security policy forbids code made from text, which zod would otherwise try.
z.config({ jitless: true });

const RECONNECT_AFTER_MS = 1_000;

type Answer = Result<unknown, AppError>;

interface SocketBridgeOptions {
  readonly url: string;
  readonly openSocket?: (url: string) => WebSocket;
  readonly onConnection?: (connection: CoreConnection) => void;
}

/** What a call answers when the core went away before it did: nobody knows whether it was done. */
const coreLost: Answer = err({
  code: 'offline',
  fault: 'unreachable',
  host: 'Partner Console',
  detail: 'core stopped',
});

/** Splits bytes off an input, because JSON cannot carry them: they follow as one binary message. */
function splitBytes(input: unknown): { input: unknown; bytes: Uint8Array<ArrayBuffer> | null } {
  if (typeof input !== 'object' || input === null || !('bytes' in input) || !(input.bytes instanceof Uint8Array)) {
    return { input, bytes: null };
  }
  const { bytes, ...rest } = input;
  return { input: rest, bytes: bytes.slice() };
}

/**
 * The bridge over a WebSocket, for the browser host: same calls and events as in Electron. Connects again by itself
 * after a lost connection; calls that waited for an answer end as an error, never by being sent twice.
 */
export function createSocketBridge({ url, openSocket, onConnection }: SocketBridgeOptions): Bridge {
  const open = openSocket ?? ((address: string) => new WebSocket(address));
  const report = onConnection ?? ((connection: CoreConnection) => useConnection.setState({ connection }));
  const listeners = new Set<(event: BridgeEvent) => void>();
  const waiting = new Map<number, (answer: Answer) => void>();
  let unsent: (() => void)[] = [];
  let nextId = 1;
  /** The answer whose bytes are the next message. */
  let expectsBytes: { readonly id: number; readonly value: unknown } | null = null;
  /** Nobody connects again: every further call ends at once. */
  let ended = false;
  let socket = connect();

  function connect(): WebSocket {
    const connecting = open(url);
    connecting.binaryType = 'arraybuffer';
    expectsBytes = null;
    connecting.addEventListener('open', () => {
      report('open');
      const ready = unsent;
      unsent = [];
      for (const send of ready) send();
      // Whatever changed while nobody listened is read again.
      announce({
        event: 'tables_changed',
        tables: ['session', 'partner', 'members', 'allocations', 'outbox', 'drafts', 'draft_rows', 'sync', 'settings'],
      });
    });
    connecting.addEventListener('message', (message: MessageEvent<unknown>) => receive(message.data));
    connecting.addEventListener('close', (closing) => {
      for (const end of waiting.values()) end(coreLost);
      waiting.clear();
      unsent = [];
      ended = closing.code === SOCKET_CLOSE.replaced || closing.code === SOCKET_CLOSE.stopping;
      if (ended) return report(closing.code === SOCKET_CLOSE.replaced ? 'replaced' : 'stopped');
      report('lost');
      setTimeout(() => {
        socket = connect();
      }, RECONNECT_AFTER_MS);
    });
    return connecting;
  }

  function announce(event: BridgeEvent): void {
    for (const listener of listeners) listener(event);
  }

  function receive(data: unknown): void {
    if (typeof data !== 'string') {
      const answer = expectsBytes;
      expectsBytes = null;
      if (answer === null || !(data instanceof ArrayBuffer)) return;
      const rest = typeof answer.value === 'object' ? answer.value : {};
      return settle(answer.id, { ok: true, value: { ...rest, bytes: new Uint8Array(data) } });
    }
    const frame = serverFrame.parse(JSON.parse(data));
    if (frame.kind === 'event') return announce(frame.event);
    if (frame.bytesFollow === true && frame.result.ok) expectsBytes = { id: frame.id, value: frame.result.value };
    else settle(frame.id, frame.result);
  }

  function settle(id: number, answer: Answer): void {
    const caller = waiting.get(id);
    waiting.delete(id);
    caller?.(answer);
  }

  return {
    call<Name extends OperationName>(name: Name, input: OperationInput<Name>) {
      return new Promise<Result<OperationOutput<Name>, AppError>>((resolve) => {
        const id = nextId;
        nextId += 1;
        const { input: plain, bytes } = splitBytes(input);
        const frame: CallFrame = { kind: 'call', id, name, input: plain, ...(bytes && { bytesFollow: true }) };
        // The host parsed the answer by the operation's own schema before it sent it.
        const answered = (answer: Answer): void => resolve(answer as Result<OperationOutput<Name>, AppError>);
        if (ended) return answered(coreLost);
        waiting.set(id, answered);
        const send = (): void => {
          socket.send(JSON.stringify(frame));
          if (bytes) socket.send(bytes);
        };
        if (socket.readyState === 1) send();
        else unsent.push(send);
      });
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The address of the bridge beside the page that is open. */
export function bridgeAddress(page: Pick<Location, 'protocol' | 'host'>): string {
  return `${page.protocol === 'https:' ? 'wss' : 'ws'}://${page.host}${SOCKET_PATH}`;
}
