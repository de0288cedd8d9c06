import { closeSync, openSync, readSync } from 'node:fs';
import type { AppError } from '../../../shared/app-error.ts';
import { err, type Result } from '../../../shared/result.ts';

const HEADER_BYTES = 512;
/** The directory's first entries, of 128 bytes each: a locked workbook has its stream among them. */
const DIRECTORY_BYTES = 4_096;

/**
 * Says what an OLE2 container ([MS-CFB]) is: a workbook of Excel 97 to 2003, or one of today under a password ([MS-OFFCRYPTO]:
 * then its stream `EncryptedPackage` holds it).
 */
export function refuseOle2(file: string): Result<never, AppError> {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
    const sectorShift = header.readUInt16LE(30);
    const directory = Buffer.alloc(DIRECTORY_BYTES);
    const at = (header.readUInt32LE(48) + 1) * 2 ** Math.min(sectorShift, 12);
    const length = readSync(descriptor, directory, 0, DIRECTORY_BYTES, at);
    const isLocked = directory.subarray(0, length).includes(Buffer.from('EncryptedPackage', 'utf16le'));
    return err({ code: 'unreadable_file', reason: isLocked ? 'password' : 'old_spreadsheet' });
  } finally {
    closeSync(descriptor);
  }
}
