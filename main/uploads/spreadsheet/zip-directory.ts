import { ReadFault } from '../read-fault.ts';

/** A part of an archive, as its directory describes it. */
export interface ZipEntry {
  readonly method: number;
  readonly isEncrypted: boolean;
  /** CRC-32 of the inflated part. */
  readonly checksum: number;
  readonly packedBytes: number;
  /** Where its own header begins in the file. */
  readonly headerAt: number;
}

const END_RECORD = 0x06054b50;
const END_RECORD_LENGTH = 22;
const END_LOCATOR_64 = 0x07064b50;
const END_LOCATOR_64_LENGTH = 20;
const END_RECORD_64 = 0x06064b50;
const END_RECORD_64_LENGTH = 56;
const ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
/** The end record stands before a comment of at most 65,535 bytes. */
const TAIL_BYTES = 65_557;
const MAX_DIRECTORY_BYTES = 8_388_608;
const MAX_ENTRIES = 20_000;
/** In the fields of 32 bits: the value stands in the extra field of ZIP64. */
const IN_EXTRA = 0xffff_ffff;
const EXTRA_64 = 1;

interface DirectoryPlace {
  readonly entries: number;
  readonly bytes: number;
  readonly at: number;
}

/**
 * Reads the directory at the end of a ZIP archive (APPNOTE 6.3, sections 4.3.12 to 4.3.16 and 4.5.3) by name in small letters.
 * `read` answers the bytes from a place on, fewer where the file ends. Throws `ReadFault` (`damaged`).
 */
export function readDirectory(size: number, read: (at: number, length: number) => Buffer): Map<string, ZipEntry> {
  const place = findDirectory(size, read);
  if (place.bytes > MAX_DIRECTORY_BYTES || place.entries > MAX_ENTRIES || place.at + place.bytes > size) {
    throw new ReadFault('damaged');
  }
  const directory = read(place.at, place.bytes);
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < place.entries; index += 1) {
    if (at + ENTRY_LENGTH > directory.length || directory.readUInt32LE(at) !== ENTRY) throw new ReadFault('damaged');
    const nameEnd = at + ENTRY_LENGTH + directory.readUInt16LE(at + 28);
    const extraEnd = nameEnd + directory.readUInt16LE(at + 30);
    const end = extraEnd + directory.readUInt16LE(at + 32);
    if (end > directory.length) throw new ReadFault('damaged');
    const name = directory
      .toString('utf8', at + ENTRY_LENGTH, nameEnd)
      .replaceAll('\\', '/')
      .toLowerCase();
    entries.set(name, readEntry(directory.subarray(at, nameEnd), directory.subarray(nameEnd, extraEnd)));
    at = end;
  }
  return entries;
}

function findDirectory(size: number, read: (at: number, length: number) => Buffer): DirectoryPlace {
  const tailAt = Math.max(0, size - TAIL_BYTES);
  const tail = read(tailAt, size - tailAt);
  for (let at = tail.length - END_RECORD_LENGTH; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END_RECORD) continue;
    const locatorAt = at - END_LOCATOR_64_LENGTH;
    if (locatorAt >= 0 && tail.readUInt32LE(locatorAt) === END_LOCATOR_64) {
      return read64(read(safeNumber(tail, locatorAt + 8), END_RECORD_64_LENGTH));
    }
    return { entries: tail.readUInt16LE(at + 10), bytes: tail.readUInt32LE(at + 12), at: tail.readUInt32LE(at + 16) };
  }
  throw new ReadFault('damaged');
}

function read64(record: Buffer): DirectoryPlace {
  if (record.length < END_RECORD_64_LENGTH || record.readUInt32LE(0) !== END_RECORD_64) throw new ReadFault('damaged');
  return { entries: safeNumber(record, 32), bytes: safeNumber(record, 40), at: safeNumber(record, 48) };
}

function readEntry(fixed: Buffer, extra: Buffer): ZipEntry {
  const wide = wideValues(extra);
  const value = (at: number): number => {
    const short = fixed.readUInt32LE(at);
    return short === IN_EXTRA ? wide() : short;
  };
  // In the extra field the values stand in this order, each only when its short field refers to it.
  value(24);
  const packedBytes = value(20);
  const headerAt = value(42);
  return {
    method: fixed.readUInt16LE(10),
    isEncrypted: (fixed.readUInt16LE(8) & 1) === 1,
    checksum: fixed.readUInt32LE(16),
    packedBytes,
    headerAt,
  };
}

/** Answers the values of the ZIP64 extra field one after the other. */
function wideValues(extra: Buffer): () => number {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== EXTRA_64) continue;
    let next = at + 4;
    return () => {
      next += 8;
      return safeNumber(extra, next - 8);
    };
  }
  return () => {
    throw new ReadFault('damaged');
  };
}

function safeNumber(bytes: Buffer, at: number): number {
  if (at + 8 > bytes.length) throw new ReadFault('damaged');
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new ReadFault('damaged');
  return Number(value);
}
