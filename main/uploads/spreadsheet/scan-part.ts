import { ReadFault } from '../read-fault.ts';
import { TagScanner, type TagSink } from './tag-scanner.ts';
import type { ZipArchive, ZipPiece } from './zip-archive.ts';

/** Characters that are scanned at once: what is made of them has to fit into memory, however wide its rows are. */
const SCANNED_AT_ONCE = 8_192;

/**
 * Scans a part of a workbook, which is UTF-8 without exception in practice, for its tags. Answers after every short piece of it; the
 * next is scanned when it is asked for. Throws `ReadFault`: `damaged`, `password`, `too_large`.
 */
export async function* scanPart(
  archive: ZipArchive,
  part: string,
  sink: TagSink,
  maxBytes: number,
): AsyncGenerator<Omit<ZipPiece, 'bytes'>> {
  const tags = new TagScanner(sink);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Buffer): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch (error) {
      throw error instanceof TypeError ? new ReadFault('damaged') : error;
    }
  };
  for await (const { bytes, ...place } of archive.read(part, maxBytes)) {
    const text = decode(bytes);
    for (let start = 0; start < text.length; start += SCANNED_AT_ONCE) {
      tags.push(text.slice(start, start + SCANNED_AT_ONCE));
      yield place;
    }
  }
  tags.push(decode());
  tags.finish();
}
