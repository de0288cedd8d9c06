import { type Check, errorCode, fail, type Finding, pass, warn } from './check.ts';
import { type NetworkFacts, portOf } from './network-facts.ts';
import { connectTcp, openTunnel } from './tcp.ts';

/** Which proxy the requests take, whether it answers, and whether it lets them through. */
export function proxyCheck(facts: NetworkFacts): Check {
  return {
    name: 'proxy',
    limit: 8_000,
    ifLate:
      'The proxy, or the script that chooses it (PAC), does not answer. Check the proxy settings of this computer.',
    run: (signal) => look(facts, signal),
  };
}

async function look(facts: NetworkFacts, signal: AbortSignal): Promise<Finding> {
  const { used, unused } = await facts.proxyFor(facts.url.origin);
  const chosen = readProxy(used);
  if (chosen === null) {
    if (unused === null || isLocal(facts.url)) return pass('No proxy: requests go straight to the server.');
    return warn(
      `The environment names the proxy ${unused}, but this host goes straight to the server.`,
      'If the server can only be reached through the proxy, start the console with NODE_USE_ENV_PROXY=1.',
    );
  }
  facts.proxy = chosen;
  const name = `${chosen.host}:${chosen.port}`;
  const target = { host: facts.url.hostname, port: portOf(facts.url) };
  try {
    if (chosen.scheme !== 'http' || facts.url.protocol !== 'https:') {
      (await connectTcp(chosen.host, chosen.port, signal)).destroy();
      return pass(`Requests go through the ${chosen.scheme} proxy ${name}, which can be reached.`);
    }
    const { status, schemes, socket } = await openTunnel(chosen, target, signal);
    socket?.destroy();
    if (socket !== null) return pass(`Requests go through the proxy ${name}, which lets them through.`);
    return refused(facts, name, status, schemes);
  } catch (error) {
    facts.isUnreachable = true;
    return fail(
      `The proxy ${name} cannot be reached (${errorCode(error)}).`,
      'Check the proxy settings of this computer, and whether it is in the network where that proxy is.',
    );
  }
}

function refused(facts: NetworkFacts, name: string, status: number, schemes: string): Finding {
  if (status !== 407) {
    facts.isUnreachable = true;
    return fail(
      `The proxy ${name} refuses connections to ${facts.url.hostname} (HTTP ${status}).`,
      `Allow ${facts.url.hostname}, port ${portOf(facts.url)}, on the proxy.`,
    );
  }
  facts.proxyAsksSignIn = true;
  const found = `The proxy ${name} asks for a sign-in (HTTP 407${schemes === '' ? '' : `, ${schemes}`}).`;
  if (facts.isChromium) {
    return warn(
      found,
      'Chromium answers by the sign-in of this computer where the proxy takes Negotiate or NTLM. If the checks below fail, allow the server on the proxy without a sign-in.',
    );
  }
  facts.isUnreachable = true;
  return fail(
    found,
    `Allow ${facts.url.hostname} on the proxy without a sign-in, or use the desktop app, which can sign in there.`,
  );
}

/** The first choice of a list as Chromium writes it; null for a direct way. */
export function readProxy(list: string): NetworkFacts['proxy'] {
  const [first = 'DIRECT'] = list.split(';').map((entry) => entry.trim());
  const found = /^(PROXY|HTTPS|SOCKS|SOCKS4|SOCKS5|QUIC)\s+(.+):(\d+)$/i.exec(first);
  if (found === null) return null;
  const [, kind = '', host = '', port = ''] = found;
  const scheme = /^SOCKS/i.test(kind) ? 'socks' : /^PROXY$/i.test(kind) ? 'http' : 'https';
  return { scheme, host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function isLocal(url: URL): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
}
