import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import type { TextEncoding } from '../../shared/contract/uploads.ts';
import { ReadFault } from './read-fault.ts';
import { cutLength } from './source-facts.ts';

/** Even, so that no piece but the last cuts a unit of UTF-16; short, so that what is made of one piece dies before the next. */
const PIECE_BYTES = 65_536;

/** A piece of the text and how many bytes of the file have been read with it. */
export interface TextPiece {
  readonly text: string;
  readonly bytesRead: number;
}

/**
 * The text of a file, piece by piece, without its byte order mark. Throws `ReadFault` (`encoding`) where the bytes are
 * no text in this encoding.
 */
export function* readSourceText(file: string, encoding: TextEncoding): Generator<TextPiece> {
  const decode = pieceDecoder(encoding, true);
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    let bytesRead = 0;
    for (;;) {
      const length = fill(descriptor, buffer);
      bytesRead += length;
      const isLast = length < buffer.length;
      const text = decodeOrName(decode, buffer.subarray(0, length), isLast, { file, encoding, bytesRead });
      if (text !== '') yield { text, bytesRead };
      if (isLast) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

/** As `decode`; for UTF-8 the fault names the line, from 1, so that it can be found and corrected. */
function decodeOrName(
  decode: (piece: Buffer, isLast: boolean) => string,
  piece: Buffer,
  isLast: boolean,
  place: { readonly file: string; readonly encoding: TextEncoding; readonly bytesRead: number },
): string {
  try {
    return decode(piece, isLast);
  } catch (error) {
    if (!(error instanceof ReadFault) || place.encoding !== 'utf-8') throw error;
    throw new ReadFault('encoding', brokenLine(place.file, place.bytesRead));
  }
}

/** The line of the first byte that is no UTF-8, which stands before this place of the file. Lines that end in CR alone count as one. */
function brokenLine(file: string, before: number): number {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    let line = 1;
    let rest: Buffer = Buffer.alloc(0);
    for (let at = 0; at < before; at += buffer.length) {
      const text = Buffer.concat([rest, buffer.subarray(0, fill(descriptor, buffer))]);
      let start = 0;
      for (let end = text.indexOf(10); end !== -1; end = text.indexOf(10, start)) {
        if (!isUtf8(text.subarray(start, end))) return line;
        line += 1;
        start = end + 1;
      }
      rest = Buffer.from(text.subarray(start));
    }
    return line;
  } finally {
    closeSync(descriptor);
  }
}

/** The start of a file. */
export interface Head {
  readonly bytes: Buffer;
  readonly isWhole: boolean;
  /** The start alone; a character that its end cuts does not count. */
  readonly isUtf8: boolean;
}

/** The start of a file as text, to look at: bytes that mean nothing become U+FFFD. */
export function decodeSample(head: Head, encoding: TextEncoding): string {
  return pieceDecoder(encoding, false)(Buffer.from(head.bytes), head.isWhole);
}

/** The first bytes of a file. */
export function readHead(file: string, bytes: number): Head {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(bytes + 1);
    const length = fill(descriptor, buffer);
    const head = buffer.subarray(0, Math.min(length, bytes));
    const isWhole = length <= bytes;
    return { bytes: head, isWhole, isUtf8: isUtf8(isWhole ? head : head.subarray(0, head.length - cutLength(head))) };
  } finally {
    closeSync(descriptor);
  }
}

/** Reads until the buffer is full or the file ends. */
function fill(descriptor: number, buffer: Buffer): number {
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function pieceDecoder(encoding: TextEncoding, fatal: boolean): (piece: Buffer, isLast: boolean) => string {
  // Big-endian pieces are swapped in place and read as little-endian: not every runtime decodes UTF-16BE.
  const decoder = new TextDecoder(encoding === 'utf-16be' ? 'utf-16le' : encoding, { fatal });
  return (piece, isLast) => {
    if (encoding === 'utf-16be') {
      if (fatal && piece.length % 2 !== 0) throw new ReadFault('encoding');
      piece.subarray(0, piece.length - (piece.length % 2)).swap16();
    }
    try {
      return decoder.decode(piece, { stream: !isLast });
    } catch (error) {
      if (error instanceof TypeError) throw new ReadFault('encoding');
      throw error;
    }
  };
}
