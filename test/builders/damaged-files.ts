import { deflateSync, gzipSync } from 'node:zlib';
import type { TextEncoding } from '../../shared/contract/uploads.ts';

/** Text as bytes of an encoding, without a byte order mark. Throws for a letter that it does not have. */
export function encode(text: string, encoding: TextEncoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text);
  if (encoding === 'utf-16le') return Buffer.from(text, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(text, 'utf16le').swap16();
  const decoder = new TextDecoder(encoding);
  const bytes = new Map<string, number>();
  for (let byte = 0; byte < 256; byte += 1) bytes.set(decoder.decode(Uint8Array.of(byte)), byte);
  return Buffer.from(
    Array.from(text, (letter) => {
      const byte = bytes.get(letter);
      if (byte === undefined) throw new Error(`${encoding} has no ${letter}`);
      return byte;
    }),
  );
}

/** Text with its byte order mark before it. */
export const withMark = (text: string, encoding: TextEncoding): Buffer => encode(`\uFEFF${text}`, encoding);

/** Text in UTF-32, which is not read. */
export function utf32(text: string, littleEndian: boolean): Buffer {
  const letters = Array.from(text);
  const bytes = Buffer.alloc(letters.length * 4);
  for (const [index, letter] of letters.entries()) {
    const code = letter.codePointAt(0) ?? 0;
    if (littleEndian) bytes.writeUInt32LE(code, index * 4);
    else bytes.writeUInt32BE(code, index * 4);
  }
  return bytes;
}

/** A picture of one white pixel, as a browser saves it. */
export function png(): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4, 0x5a)]);
  };
  const size = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', size),
    chunk('IDAT', deflateSync(Buffer.from([0, 0xff]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A document of one empty page. */
export function pdf(): Buffer {
  const objects = '1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n';
  return Buffer.from(`%PDF-1.4\n%\u00e2\u00e3\u00cf\u00d3\n${objects}trailer\n<</Root 1 0 R>>\n%%EOF\n`, 'latin1');
}

/** A CSV that somebody packed and renamed. */
export const packed = (text: string): Buffer => gzipSync(text);

/** An OLE2 container whose directory names one stream: `Workbook` in one of Excel 97 to 2003. */
export function ole2(stream: string): Buffer {
  const file = Buffer.alloc(2_048);
  file.set([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
  file.writeUInt16LE(9, 30);
  file.writeUInt32LE(1, 48);
  file.write(stream, 1_024, 'utf16le');
  return file;
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let index = 0; index < length; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}
