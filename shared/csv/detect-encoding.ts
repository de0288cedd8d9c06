import type { TextEncoding } from '../contract/uploads.ts';
import { rankByLetters } from './detect-letters.ts';

/** What must be known of the whole file beside its first bytes. */
export interface SourceFacts {
  readonly size: number;
  readonly isUtf8: boolean;
  readonly hasNul: boolean;
  /** Most of the words beyond ASCII are valid UTF-8. */
  readonly isMostlyUtf8: boolean;
  /** More of them than chance makes so, though the file is not valid as a whole. */
  readonly isPartlyUtf8: boolean;
  /** Words beyond ASCII from all over the file, each once, between line breaks. */
  readonly words: Uint8Array;
}

/** A file that is no text we can read; the reasons are those of the error `unreadable_file`. */
export type NoText = 'empty' | 'binary' | 'encoding';
export type EncodingVerdict =
  | {
      readonly encoding: TextEncoding;
      /** False when another encoding fits nearly as well. */
      readonly isCertain: boolean;
      /** The encoding that fits best after this one; null when bytes leave no doubt. */
      readonly next: TextEncoding | null;
    }
  | { readonly noText: NoText };

const certain = (encoding: TextEncoding): EncodingVerdict => ({ encoding, isCertain: true, next: null });

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
 * whether the whole file is valid UTF-8; what remains has one byte a letter, and the letters decide. `decode` gives the facts' words
 * as text.
 */
export function detectEncoding(
  head: Uint8Array,
  facts: SourceFacts,
  decode: (encoding: TextEncoding) => string,
): EncodingVerdict {
  if (facts.size === 0) return { noText: 'empty' };
  if (BINARIES.some((magic) => startsWith(head, magic))) return { noText: 'binary' };
  if (startsWith(head, [0xff, 0xfe, 0, 0]) || startsWith(head, [0, 0, 0xfe, 0xff])) return { noText: 'encoding' };
  if (startsWith(head, [0xff, 0xfe])) return certain('utf-16le');
  if (startsWith(head, [0xfe, 0xff])) return certain('utf-16be');
  if (facts.hasNul) return fromZeros(head, facts.size);
  if (controlShare(head) > 0.02) return { noText: 'binary' };
  if (facts.isUtf8) return certain('utf-8');
  const { ranked, isCertain } = rankByLetters(facts.words, facts.isPartlyUtf8 ? withoutUtf8(decode) : decode);
  const [encoding = 'windows-1252', next = null] = ranked;
  // A few broken bytes among UTF-8: read otherwise, every name would be wrong.
  if (facts.isMostlyUtf8) return { encoding: 'utf-8', isCertain: false, next: encoding };
  // Put together from files of two encodings: whichever is chosen, names of the other part are wrong.
  if (facts.isPartlyUtf8) return { encoding, isCertain: false, next: 'utf-8' };
  return { encoding, isCertain, next };
}

/** What a file that is no text may be, by its first bytes: a workbook is an archive, an old or locked one an OLE2 container. */
export function containerOf(head: Uint8Array): 'archive' | 'ole2' | null {
  if (startsWith(head, ZIP)) return 'archive';
  return startsWith(head, OLE2) ? 'ole2' : null;
}

/** The words that are no UTF-8: only they tell which other encoding there is. */
function withoutUtf8(decode: (encoding: TextEncoding) => string): (encoding: TextEncoding) => string {
  const isOther = decode('utf-8')
    .split('\n')
    .map((word) => word.includes('\uFFFD'));
  return (encoding) =>
    decode(encoding)
      .split('\n')
      .filter((_, index) => isOther[index])
      .join('\n');
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
  if (second > pairs * 0.1 && first < pairs * 0.01) return certain('utf-16le');
  if (first > pairs * 0.1 && second < pairs * 0.01) return certain('utf-16be');
  return { noText: 'binary' };
}

function controlShare(head: Uint8Array): number {
  let controls = 0;
  // By index: an iterator takes twenty times as long over a megabyte, and this runs where people wait.
  for (let index = 0; index < head.length; index += 1) {
    const byte = head[index] ?? 0x20;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) controls += 1;
  }
  return controls / head.length;
}

function startsWith(head: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, index) => head[index] === byte);
}
