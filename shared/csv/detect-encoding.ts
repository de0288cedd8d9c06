import type { TextEncoding } from '../contract/uploads.ts';

/** What must be known of the whole file beside its first bytes. */
export interface SourceFacts {
  readonly size: number;
  readonly isUtf8: boolean;
  readonly hasNul: boolean;
}

/** A file that is no text we can read; the reasons are those of the error `unreadable_file`. */
export type NoText = 'empty' | 'binary' | 'old_spreadsheet' | 'damaged' | 'encoding';
export type EncodingVerdict = { readonly encoding: TextEncoding } | { readonly noText: NoText };

/** XLSX is a ZIP archive; XLS, and a workbook with a password, an OLE2 container. */
const ZIP = [0x50, 0x4b, 0x03, 0x04];
const OLE2 = [0xd0, 0xcf, 0x11, 0xe0];
const BINARIES = [
  [0x25, 0x50, 0x44, 0x46],
  [0x89, 0x50, 0x4e, 0x47],
  [0xff, 0xd8, 0xff],
  [0x47, 0x49, 0x46, 0x38],
  [0x1f, 0x8b],
  [0x7b, 0x5c, 0x72, 0x74, 0x66],
  [0x37, 0x7a, 0xbc, 0xaf],
];

/**
 * Recognises the encoding of a file, or says why it is no text. A byte order mark decides; then the zeros of UTF-16; then
 * whether the whole file is valid UTF-8; what remains is Windows-1252, in which every byte means something.
 */
export function detectEncoding(head: Uint8Array, facts: SourceFacts): EncodingVerdict {
  if (facts.size === 0) return { noText: 'empty' };
  if (startsWith(head, ZIP)) return { noText: 'damaged' };
  if (startsWith(head, OLE2)) return { noText: 'old_spreadsheet' };
  if (BINARIES.some((magic) => startsWith(head, magic))) return { noText: 'binary' };
  if (startsWith(head, [0xff, 0xfe, 0, 0]) || startsWith(head, [0, 0, 0xfe, 0xff])) return { noText: 'encoding' };
  if (startsWith(head, [0xff, 0xfe])) return { encoding: 'utf-16le' };
  if (startsWith(head, [0xfe, 0xff])) return { encoding: 'utf-16be' };
  if (facts.hasNul) return fromZeros(head, facts.size);
  if (controlShare(head) > 0.02) return { noText: 'binary' };
  return { encoding: facts.isUtf8 ? 'utf-8' : 'windows-1252' };
}

/** In UTF-16 every separator and line break has one zero byte: always the second of its pair, or always the first. */
function fromZeros(head: Uint8Array, size: number): EncodingVerdict {
  if (size % 2 !== 0) return { noText: 'binary' };
  const pairs = Math.floor(head.length / 2);
  let first = 0;
  let second = 0;
  for (let index = 0; index < pairs * 2; index += 2) {
    if (head[index] === 0) first += 1;
    if (head[index + 1] === 0) second += 1;
  }
  if (second > pairs * 0.1 && first < pairs * 0.01) return { encoding: 'utf-16le' };
  if (first > pairs * 0.1 && second < pairs * 0.01) return { encoding: 'utf-16be' };
  return { noText: 'binary' };
}

function controlShare(head: Uint8Array): number {
  let controls = 0;
  for (const byte of head) {
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) controls += 1;
  }
  return controls / head.length;
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
