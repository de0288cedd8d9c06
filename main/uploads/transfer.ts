import { createHash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import type { SourceFacts } from '../../shared/csv/detect-encoding.ts';
import { FactsCollector } from './source-facts.ts';

/** What is known of a file once all of it is on the disk. */
export interface ReceivedSource {
  readonly facts: SourceFacts;
  /** SHA-256 in hexadecimal. */
  readonly fingerprint: string;
}

/** Takes a file in pieces, in order, and keeps it as it came. */
export class Transfer {
  readonly size: number;
  #received = 0;
  readonly #handle: FileHandle;
  readonly #hash = createHash('sha256');
  readonly #facts = new FactsCollector();

  private constructor(handle: FileHandle, size: number) {
    this.#handle = handle;
    this.size = size;
  }

  /** Creates the file, readable by this OS user alone. Throws the file system's errors. */
  static async begin(file: string, size: number): Promise<Transfer> {
    return new Transfer(await open(file, 'wx', 0o600), size);
  }

  get received(): number {
    return this.#received;
  }

  /** Writes one piece. The piece may be reused by the caller once this has resolved. */
  async append(piece: Uint8Array): Promise<void> {
    const position = this.#received;
    this.#received += piece.length;
    this.#hash.update(piece);
    await this.#facts.add(piece);
    let written = 0;
    while (written < piece.length) {
      const { bytesWritten } = await this.#handle.write(piece, written, piece.length - written, position + written);
      written += bytesWritten;
    }
  }

  /** The file is on the disk, also after a power loss. */
  async finish(): Promise<ReceivedSource> {
    try {
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
    return { facts: this.#facts.finish(), fingerprint: this.#hash.digest('hex') };
  }

  /** Gives the file up; it stays for its owner to remove. */
  async abandon(): Promise<void> {
    await this.#handle.close();
  }
}
