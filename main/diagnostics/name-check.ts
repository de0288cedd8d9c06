import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Check, errorCode, fail, pass, warn } from './check.ts';
import type { NetworkFacts } from './network-facts.ts';

type Lookup = (host: string) => Promise<readonly { readonly address: string }[]>;

const bySystem: Lookup = (host) => lookup(host, { all: true });

/** Whether the server's name leads to an address, by the operating system's own resolver. */
export function nameCheck(facts: NetworkFacts, resolve: Lookup = bySystem): Check {
  return {
    name: 'name',
    limit: 8_000,
    ifLate: 'The DNS servers of this computer do not answer. Check its network connection and its DNS settings.',
    run: async () => {
      const host = facts.url.hostname.replace(/^\[|\]$/g, '');
      if (isIP(host) !== 0) return pass(`${host} is an address itself: no name to look up.`);
      try {
        const addresses = (await resolve(host)).map(({ address }) => address);
        return pass(`${host} leads to ${addresses.slice(0, 4).join(', ')}.`);
      } catch (error) {
        const found = `The name ${host} leads to no address (${errorCode(error)}).`;
        if (facts.proxy !== null)
          return warn(found, 'Nothing to do while requests go through the proxy: it looks up the name.');
        facts.isUnreachable = true;
        return fail(
          found,
          'Check the organisation address for a typing mistake, the network connection, and whether the DNS servers of this network know the name.',
        );
      }
    },
  };
}
