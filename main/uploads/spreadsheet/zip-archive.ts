import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, createInflateRaw } from 'node:zlib';
import { ReadFault } from '../read-fault.ts';
import { readDirectory, type ZipEntry } from './zip-directory.ts';

const DEFLATED = 8;
const STORED = 0;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_LENGTH = 30;
/** What is inflated at once. In bytes. */
const PIECE_BYTES = 131_072;
/** A piece of an inflated part, and how many bytes of the file have been read for it. */
export interface ZipPiece {
  readonly bytes: Buffer;
  readonly bytesRead: number;
  /** Inflated so far. */
  readonly inflatedBytes: number;
}

/**
 * A ZIP archive, also in ZIP64. No size that it states is believed: what is inflated is counted. Names are compared without case.
 * Throws `ReadFault`: `damaged`, `password` (an encrypted part), `too_large`.
 */
export class ZipArchive {
  readonly #file: string;
  readonly #entries: ReadonlyMap<string, ZipEntry>;

  private constructor(file: string, entries: ReadonlyMap<string, ZipEntry>) {
    this.#file = file;
    this.#entries = entries;
  }

  /** Reads the directory at the end of the file. */
  static open(file: string): ZipArchive {
    const descriptor = openSync(file, 'r');
    try {
      const size = fstatSync(descriptor).size;
      return new ZipArchive(
        file,
        readDirectory(size, (at, length) => readAt(descriptor, at, length)),
      );
    } finally {
      closeSync(descriptor);
    }
  }

  has(name: string): boolean {
    return this.#entries.has(name.toLowerCase());
  }

  /** A part, inflated piece by piece; the next piece is made when it is asked for. */
  async *read(name: string, maxBytes: number): AsyncGenerator<ZipPiece> {
    const entry = this.#entries.get(name.toLowerCase());
    if (entry === undefined) throw new ReadFault('damaged');
    if (entry.isEncrypted) throw new ReadFault('password');
    if (entry.method !== DEFLATED && entry.method !== STORED) throw new ReadFault('damaged');
    if (entry.packedBytes === 0) return;
    const start = this.#contentStart(entry);
    const raw = createReadStream(this.#file, {
      start,
      end: start + entry.packedBytes - 1,
      highWaterMark: 65_536,
    });
    const inflated = entry.method === DEFLATED ? createInflateRaw({ chunkSize: PIECE_BYTES }) : null;
    let total = 0;
    let checksum = 0;
    try {
      if (inflated !== null) {
        raw.on('error', (error) => inflated.destroy(error));
        raw.pipe(inflated);
      }
      for await (const bytes of inflated ?? raw) {
        if (!Buffer.isBuffer(bytes)) throw new Error('a part of an archive came as text');
        total += bytes.length;
        if (total > maxBytes) throw new ReadFault('too_large');
        checksum = crc32(bytes, checksum);
        yield { bytes, bytesRead: raw.bytesRead, inflatedBytes: total };
      }
      // Stored bytes, and many deflated ones, can be changed without any other sign of it.
      if (checksum !== entry.checksum) throw new ReadFault('damaged');
    } catch (error) {
      throw isInflateError(error) ? new ReadFault('damaged') : error;
    } finally {
      raw.destroy();
      inflated?.destroy();
    }
  }

  /** The header before the content repeats name and extra field, with lengths of its own. */
  #contentStart(entry: ZipEntry): number {
    const descriptor = openSync(this.#file, 'r');
    try {
      const header = readAt(descriptor, entry.headerAt, LOCAL_HEADER_LENGTH);
      if (header.length < LOCAL_HEADER_LENGTH || header.readUInt32LE(0) !== LOCAL_HEADER)
        throw new ReadFault('damaged');
      const start = entry.headerAt + LOCAL_HEADER_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
      if (start + entry.packedBytes > fstatSync(descriptor).size) throw new ReadFault('damaged');
      return start;
    } finally {
      closeSync(descriptor);
    }
  }
}

/** The bytes from a place on; fewer where the file ends. */
function readAt(descriptor: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  return buffer.subarray(0, readSync(descriptor, buffer, 0, length, at));
}

/** zlib's own faults: the content is no deflated data, or ends too early. */
function isInflateError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_');
}
