import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { crc32, createDeflateRaw } from 'node:zlib';

const LOCAL_HEADER = 0x04034b50;
const DIRECTORY_HEADER = 0x02014b50;
const DIRECTORY_END = 0x06054b50;
/** Version 2.0 of the format: deflated. */
const VERSION = 20;
const UTF8_NAMES = 0x800;
const DEFLATED = 8;
/** 1 January 1980: the earliest day the format knows. */
const NO_DATE = 0x21;
/** What an archive can hold that is read everywhere: sizes are numbers of 32 bits. */
const MAX_SIZE = 0xffff_ffff;

/** The table does not fit into a workbook; a CSV has no such limits. */
export class WorkbookLimit extends Error {
  override readonly name = 'WorkbookLimit';
  readonly reason: 'too_many_rows' | 'too_many_columns' | 'cell_too_long' | 'too_large';
  constructor(reason: WorkbookLimit['reason']) {
    super(`a workbook cannot hold this table: ${reason}`);
    this.reason = reason;
  }
}

/** Writes an archive entry by entry. Each is deflated in zlib's own threads, and none is held in memory. */
export class ZipWriter {
  readonly #handle: FileHandle;
  readonly #directory: Buffer[] = [];
  #entries = 0;
  #position = 0;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** Adds a file. Throws `WorkbookLimit`, the file system's errors, and what `pieces` throws. */
  async add(name: string, pieces: Iterable<string> | AsyncIterable<string>): Promise<void> {
    const start = this.#position;
    const nameBytes = Buffer.from(name);
    let size = 0;
    let check = 0;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const piece of pieces) {
        const bytes = Buffer.from(piece);
        size += bytes.length;
        check = crc32(bytes, check);
        yield bytes;
      }
    };
    // Check and sizes are known at the end only: the header is written again then.
    await this.#write(Buffer.concat([header(nameBytes.length, 0, 0, 0), nameBytes]));
    await pipeline(counted, createDeflateRaw(), async (deflated: AsyncIterable<Buffer>) => {
      for await (const piece of deflated) await this.#write(piece);
    });
    const packed = this.#position - start - 30 - nameBytes.length;
    if (size > MAX_SIZE || this.#position > MAX_SIZE) throw new WorkbookLimit('too_large');
    const whole = header(nameBytes.length, check, packed, size);
    await this.#handle.write(whole, 0, whole.length, start);
    this.#directory.push(directoryEntry(whole, start), nameBytes);
    this.#entries += 1;
  }

  /** Writes the directory: the archive is whole. */
  async finish(): Promise<void> {
    const directory = Buffer.concat(this.#directory);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(DIRECTORY_END, 0);
    end.writeUInt16LE(this.#entries, 8);
    end.writeUInt16LE(this.#entries, 10);
    end.writeUInt32LE(directory.length, 12);
    end.writeUInt32LE(this.#position, 16);
    await this.#write(Buffer.concat([directory, end]));
  }

  async #write(bytes: Buffer): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const position = this.#position + written;
      written += (await this.#handle.write(bytes, written, bytes.length - written, position)).bytesWritten;
    }
    this.#position += bytes.length;
  }
}

function header(nameLength: number, check: number, packed: number, size: number): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.writeUInt32LE(LOCAL_HEADER, 0);
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeUInt16LE(UTF8_NAMES, 6);
  bytes.writeUInt16LE(DEFLATED, 8);
  bytes.writeUInt16LE(NO_DATE, 12);
  bytes.writeUInt32LE(check, 14);
  bytes.writeUInt32LE(packed, 18);
  bytes.writeUInt32LE(size, 22);
  bytes.writeUInt16LE(nameLength, 26);
  return bytes;
}

/** The same facts as the header's, and where it stands. */
function directoryEntry(localHeader: Buffer, position: number): Buffer {
  const bytes = Buffer.alloc(46);
  bytes.writeUInt32LE(DIRECTORY_HEADER, 0);
  bytes.writeUInt16LE(VERSION, 4);
  localHeader.copy(bytes, 6, 4, 30);
  bytes.writeUInt32LE(position, 42);
  return bytes;
}
