import type { NetworkFault } from '../../shared/app-error.ts';

export interface FaultFound {
  readonly fault: NetworkFault;
  /** Code as the operating system or Chromium names it: safe to show to IT. */
  readonly detail: string;
  /** False only when the connection surely never stood: the request cannot have reached the server. */
  readonly mayHaveActed: boolean;
}

/**
 * `acted` is false only for codes that come from nowhere but setting a connection up. A broken record of TLS or a network that went away
 * ends a connection over which the request has gone as well; Node says by the system call which of the two it was.
 */
const rules: readonly { readonly fault: NetworkFault; readonly acted: boolean; readonly code: RegExp }[] = [
  {
    fault: 'dns',
    acted: false,
    code: /^(ENOTFOUND|EAI_\w+|ERR_NAME_NOT_RESOLVED|ERR_NAME_RESOLUTION_FAILED|ERR_DNS_\w+)$/,
  },
  {
    fault: 'proxy',
    acted: false,
    code: /^(ERR_PROXY_\w+|ERR_TUNNEL_CONNECTION_FAILED|ERR_MANDATORY_PROXY_\w+|ERR_SOCKS_\w+|ERR_PAC_\w+)$/,
  },
  { fault: 'refused', acted: false, code: /^(ECONNREFUSED|ERR_CONNECTION_REFUSED)$/ },
  {
    fault: 'tls',
    acted: false,
    code: /^(ERR_CERT_\w+|ERR_TLS_CERT_\w+|CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+|HOSTNAME_MISMATCH)$/,
  },
  { fault: 'tls', acted: true, code: /^(ERR_SSL_\w+|ERR_TLS_\w+|ERR_BAD_SSL_\w+|EPROTO)$/ },
  { fault: 'timeout', acted: false, code: /^(UND_ERR_CONNECT_TIMEOUT|ERR_CONNECTION_TIMED_OUT)$/ },
  {
    fault: 'timeout',
    acted: true,
    code: /^(ETIMEDOUT|ERR_TIMED_OUT|UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|TimeoutError|AbortError)$/,
  },
  {
    fault: 'unreachable',
    acted: true,
    code: /^(ENETUNREACH|EHOSTUNREACH|ENETDOWN|EHOSTDOWN|EADDRNOTAVAIL|ERR_INTERNET_DISCONNECTED|ERR_ADDRESS_UNREACHABLE)$/,
  },
  {
    fault: 'reset',
    acted: true,
    code: /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_ABORTED|UND_ERR_RES_CONTENT_LENGTH_MISMATCH|HPE_\w+|ERR_CONNECTION_\w+|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_\w+|ERR_CONTENT_\w+|ERR_HTTP2_\w+|ERR_QUIC_\w+|ERR_NETWORK_\w+|ERR_STREAM_PREMATURE_CLOSE)$/,
  },
];

/**
 * Which step of a connection failed. Looks through `cause` and aggregated errors (Node tries IPv6 and IPv4) and reads the
 * `net::ERR_…` of Chromium's network stack. What is not recognised counts as possibly carried out.
 */
export function findNetworkFault(error: unknown): FaultFound {
  const codes = [...codesOf(error, 0)];
  for (const rule of rules) {
    const found = codes.find(({ code }) => rule.code.test(code));
    if (found !== undefined) {
      return { fault: rule.fault, detail: found.code, mayHaveActed: rule.acted && !found.isOfConnecting };
    }
  }
  return { fault: 'unreachable', detail: codes[0]?.code ?? 'unknown', mayHaveActed: true };
}

interface FoundCode {
  readonly code: string;
  /** The system call that failed was the one that sets a connection up. */
  readonly isOfConnecting: boolean;
}

function* codesOf(error: unknown, depth: number): Generator<FoundCode> {
  if (!(error instanceof Error) || depth > 5) return;
  const isOfConnecting = 'syscall' in error && error.syscall === 'connect';
  if ('code' in error && typeof error.code === 'string') yield { code: error.code, isOfConnecting };
  const chromium = /net::(ERR_\w+)/.exec(error.message)?.[1];
  if (chromium !== undefined) yield { code: chromium, isOfConnecting };
  yield { code: error.name, isOfConnecting };
  yield* codesOf(error.cause, depth + 1);
  if (error instanceof AggregateError) for (const inner of error.errors) yield* codesOf(inner, depth + 1);
}

/** Whether a code says that there is no network at all, whatever was asked. */
export function isWithoutNetwork(detail: string): boolean {
  return /^(ENETUNREACH|ENETDOWN|EHOSTUNREACH|EHOSTDOWN|ERR_INTERNET_DISCONNECTED|ERR_ADDRESS_UNREACHABLE)$/.test(
    detail,
  );
}
