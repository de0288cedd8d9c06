import { networkInterfaces } from 'node:os';

/** How often the addresses of this computer are looked at: some 0.1 ms each time. */
const LOOK_EVERY_MS = 4_000;

/** The addresses by which this computer is reached from elsewhere, as one text. */
export function networkAddresses(interfaces: ReturnType<typeof networkInterfaces> = networkInterfaces()): string {
  return Object.entries(interfaces)
    .flatMap(([name, addresses = []]) =>
      addresses.filter((it) => !it.internal).map((it) => `${name} ${it.address}/${it.netmask}`),
    )
    .toSorted()
    .join('\n');
}

/**
 * Tells of a cable that was plugged in, another wireless network or a VPN that came or went: the addresses of this computer change
 * then. Answers the function that ends it.
 */
export function watchNetwork(noticed: () => void, addresses: () => string = networkAddresses): () => void {
  let known = addresses();
  const timer = setInterval(() => {
    const found = addresses();
    if (found === known) return;
    known = found;
    noticed();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
