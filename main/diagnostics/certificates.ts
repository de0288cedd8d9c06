import type net from 'node:net';
import tls from 'node:tls';

/** What a server showed of itself before a word was said. */
export interface CertificateFacts {
  /** Code of why Node does not trust it, or null. Chromium asks the operating system and may see it otherwise. */
  readonly distrust: string | null;
  /** Organisation, or else the common name, of who issued the server's certificate. */
  readonly issuer: string;
  /** The earliest end of validity in the chain, and the latest beginning. Milliseconds since 1970. */
  readonly validUntil: number;
  readonly validFrom: number;
  readonly protocol: string;
}

/** Does the TLS handshake over a connection, trusting anybody, to see whom one would have to trust. Closes the connection. */
export async function readCertificates(
  socket: net.Socket,
  host: string,
  signal: AbortSignal,
): Promise<CertificateFacts> {
  return new Promise((resolve, reject) => {
    // Nothing is sent over it: the certificate is looked at, and the connection closed.
    const secured = tls.connect({
      socket,
      rejectUnauthorized: false,
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    const end = (): void => void secured.destroy();
    signal.addEventListener('abort', end, { once: true });
    secured.once('error', reject);
    secured.once('close', () => {
      signal.removeEventListener('abort', end);
      reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    });
    secured.once('secureConnect', () => {
      const chain = chainOf(secured.getPeerCertificate(true));
      const distrust = secured.authorized ? null : codeOf(secured.authorizationError);
      const first = chain[0];
      resolve({
        distrust,
        issuer: nameOf(first?.issuer),
        validUntil: Math.min(...chain.map((certificate) => Date.parse(certificate.valid_to))),
        validFrom: Math.max(...chain.map((certificate) => Date.parse(certificate.valid_from))),
        protocol: secured.getProtocol() ?? 'TLS',
      });
      end();
    });
  });
}

function chainOf(first: tls.DetailedPeerCertificate): tls.DetailedPeerCertificate[] {
  const chain: tls.DetailedPeerCertificate[] = [];
  let next: tls.DetailedPeerCertificate | undefined = first;
  // A root is its own issuer.
  while (next !== undefined && next.valid_to !== undefined && !chain.includes(next) && chain.length < 10) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

function nameOf(issuer: tls.Certificate | undefined): string {
  const name: string | string[] | undefined = issuer?.O ?? issuer?.CN;
  return (Array.isArray(name) ? name.join(', ') : name) ?? 'an unnamed authority';
}

function codeOf(error: Error | string | undefined): string {
  if (typeof error === 'string') return error;
  if (error !== undefined && 'code' in error && typeof error.code === 'string') return error.code;
  return 'UNTRUSTED';
}
