import type { AppError } from '../../shared/app-error.ts';

export type UnreadableFile = Extract<AppError, { code: 'unreadable_file' }>;

/** Thrown while a file is read, where no result can be returned; caught where the reading began. */
export class ReadFault extends Error {
  readonly fault: UnreadableFile;

  constructor(reason: UnreadableFile['reason'], line?: number) {
    super(`unreadable file: ${reason}`);
    this.fault = { code: 'unreadable_file', reason, ...(line === undefined ? {} : { line }) };
  }
}
