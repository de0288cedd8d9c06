import { isConsoleAddress } from '../window/page-address.ts';

/** The parts of Electron's WebFrameMain that tell frames apart. */
export interface Frame {
  readonly processId: number;
  readonly routingId: number;
  readonly url: string;
  readonly parent: unknown;
}

/**
 * True only for the top frame of our own window while it shows the console's own page. A frame that has gone (null), an
 * embedded frame, and another window's frame are all refused.
 */
export function isTrustedSender(sender: Frame | null, own: Frame | null): boolean {
  return (
    sender !== null &&
    own !== null &&
    sender.parent === null &&
    sender.processId === own.processId &&
    sender.routingId === own.routingId &&
    isConsoleAddress(sender.url)
  );
}
