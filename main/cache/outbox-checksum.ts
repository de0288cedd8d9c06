import { hash } from 'node:crypto';

/** What of an item never changes once it is queued. */
interface QueuedItem {
  readonly item_id: string;
  readonly kind: string;
  readonly payload_version: number;
  readonly payload: string;
}

/**
 * SHA-256, in hexadecimal, over what an item asks for and under which id. Written when it is queued and compared before it is
 * sent: what a fault of the disk has changed is never sent.
 */
export function outboxChecksum(item: QueuedItem): string {
  return digest([item.item_id, item.kind, item.payload_version, item.payload]);
}

/** Whether an item is still what was queued. */
export function isAsQueued(item: QueuedItem & { readonly checksum: string }): boolean {
  return item.checksum === outboxChecksum(item);
}

/** As `outboxChecksum`, over any values of a row: a value and its kind cannot be mistaken for those beside it. */
export function digest(values: readonly unknown[]): string {
  // In one call: a third of the time, and every change of an item is one.
  return hash('sha256', JSON.stringify(values), 'hex');
}

/** As `digest`, for the rows of an upload: of a million, 64 bits each are enough to tell damage. */
export function rowSeal(values: readonly unknown[]): string {
  return digest(values).slice(0, 16);
}
