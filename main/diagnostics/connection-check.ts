import { findNetworkFault } from '../remote/network-fault.ts';
import { type CertificateFacts, readCertificates } from './certificates.ts';
import { type Check, errorCode, fail, type Finding, pass, skip, warn } from './check.ts';
import { type NetworkFacts, portOf } from './network-facts.ts';
import { connectTcp, openTunnel } from './tcp.ts';

const DAY_MS = 86_400_000;
/** So many days before a certificate ends somebody should know. */
const EXPIRES_SOON_DAYS = 14;

/** Whether a connection can be made, and whether its certificate is one to trust. */
export function connectionCheck(facts: NetworkFacts): Check {
  return {
    name: 'connection',
    limit: 10_000,
    ifLate: `Something drops packets to port ${portOf(facts.url)} of ${facts.url.hostname}: a firewall, usually. Allow it there.`,
    run: (signal) => look(facts, signal),
  };
}

async function look(facts: NetworkFacts, signal: AbortSignal): Promise<Finding> {
  if (facts.isUnreachable) return skip('Not looked at: the way to the server is broken before it, see above.');
  const isSecure = facts.url.protocol === 'https:';
  let certificates: CertificateFacts | null = null;
  try {
    if (facts.proxy === null) {
      const socket = await connectTcp(facts.url.hostname.replace(/^\[|\]$/g, ''), portOf(facts.url), signal);
      if (isSecure) certificates = await readCertificates(socket, facts.url.hostname, signal);
      else socket.destroy();
    } else if (isSecure && facts.proxy.scheme === 'http' && !facts.proxyAsksSignIn) {
      const target = { host: facts.url.hostname, port: portOf(facts.url) };
      const { socket } = await openTunnel(facts.proxy, target, signal);
      if (socket !== null) certificates = await readCertificates(socket, facts.url.hostname, signal);
    }
  } catch (error) {
    facts.isUnreachable = true;
    return noConnection(facts, errorCode(error));
  }
  const trouble = await firstAnswerFault(facts, signal);
  if (certificates !== null) return judge(facts, certificates, trouble);
  if (trouble !== null) {
    facts.isUnreachable = true;
    return fail(
      `No connection to ${facts.url.host} (${trouble.detail}).`,
      'See the proxy above; allow the server there.',
    );
  }
  if (isSecure) return pass(`A connection to ${facts.url.host} stands, through the proxy.`);
  return pass(`A connection to ${facts.url.host} stands. It is not encrypted, which is right for this computer only.`);
}

function noConnection(facts: NetworkFacts, code: string): Finding {
  const where = `${facts.url.hostname}, port ${portOf(facts.url)}`;
  if (code === 'ECONNREFUSED') {
    return fail(
      `Nothing answers at ${where} (${code}).`,
      'The address or its port is wrong, the server is stopped, or a firewall refuses the connection.',
    );
  }
  return fail(
    `No connection to ${where} (${code}).`,
    'Check the network connection, and whether a firewall or TLS inspection on the way cuts connections to this server.',
  );
}

/** The fault of a first request with the host's own network stack: only that one decides whom it trusts. */
async function firstAnswerFault(
  facts: NetworkFacts,
  signal: AbortSignal,
): Promise<{ readonly fault: string; readonly detail: string } | null> {
  try {
    const answer = await facts.fetch(`${facts.url.origin}/auth/v1/health`, { method: 'HEAD', signal });
    await answer.body?.cancel();
    return null;
  } catch (error) {
    return findNetworkFault(error);
  }
}

function judge(
  facts: NetworkFacts,
  certificates: CertificateFacts,
  trouble: { readonly fault: string; readonly detail: string } | null,
): Finding {
  const { issuer, validUntil, validFrom, distrust, protocol } = certificates;
  const now = facts.now();
  const until = new Date(validUntil).toISOString().slice(0, 10);
  if (validUntil < now || validFrom > now) {
    facts.isUnreachable = trouble !== null;
    const found =
      validUntil < now
        ? `The certificate of ${facts.url.host} ended on ${until}.`
        : `The certificate of ${facts.url.host} is not valid before ${new Date(validFrom).toISOString().slice(0, 10)}.`;
    return fail(
      found,
      'If the date and time of this computer are right, the operator of the server renews the certificate.',
    );
  }
  if (trouble?.fault === 'tls') {
    facts.isUnreachable = true;
    return distrusted(facts, issuer, distrust ?? trouble.detail);
  }
  if (trouble !== null) {
    facts.isUnreachable = true;
    return fail(
      `A connection to ${facts.url.host} stands, but a request over it fails (${trouble.detail}).`,
      'Something on the way cuts it: a firewall, a virus scanner or TLS inspection. Allow the server there.',
    );
  }
  const stands = `A connection to ${facts.url.host} stands: ${protocol}, certificate by ${issuer}, valid until ${until}`;
  if (validUntil - now < EXPIRES_SOON_DAYS * DAY_MS) {
    return warn(`${stands}.`, 'The certificate ends soon. The operator of the server renews it.');
  }
  if (distrust === null) return pass(`${stands}.`);
  return pass(
    `${stands}. This computer trusts that authority although it is none of the public ones: a company’s own, usually.`,
  );
}

function distrusted(facts: NetworkFacts, issuer: string, code: string): Finding {
  if (/ALTNAME|HOSTNAME|COMMON_NAME/.test(code)) {
    return fail(
      `The certificate of the server is made out for another name than ${facts.url.hostname} (${code}).`,
      'Check the organisation address. If it is right, something on the way answers in place of the server.',
    );
  }
  const how = facts.isChromium
    ? 'install that authority’s root certificate among the trusted ones of this computer'
    : 'start the console with NODE_USE_SYSTEM_CA=1 once that authority’s root certificate is among the trusted ones of this computer, or name its file in NODE_EXTRA_CA_CERTS';
  return fail(
    `The certificate of ${facts.url.host} comes from “${issuer}”, whom this console does not trust (${code}).`,
    `If that is your company’s own authority (TLS inspection), ${how}. If nobody knows that name, do not sign in: somebody may be listening.`,
  );
}
