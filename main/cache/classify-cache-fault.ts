import Database from 'better-sqlite3';
import type { AppError } from '../../shared/app-error.ts';

type CacheUnavailable = Extract<AppError, { code: 'cache_unavailable' }>;
export type CacheFaultReason = CacheUnavailable['reason'];

/** A later version of the console wrote this database: it is left as it is. */
export const newerDatabase: CacheUnavailable = { code: 'cache_unavailable', reason: 'newer' };

/** The database contradicts itself where SQLite does not notice: an index that does not hold what its table holds, say. */
export class DatabaseDamaged extends Error {
  override readonly name = 'DatabaseDamaged';
}

/**
 * Whether an exception says for certain that the database is damaged. A disk that did not answer once may answer the next time; that only
 * counts as damage where nothing can be opened.
 */
export function isCertainDamage(error: unknown): boolean {
  if (error instanceof DatabaseDamaged) return true;
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

/** Turns an exception of SQLite or the file system into its error value; null for anything else, which is a bug. */
export function classifyCacheFault(error: unknown): CacheUnavailable | null {
  const reason = faultReason(error);
  return reason === null ? null : { code: 'cache_unavailable', reason };
}

function faultReason(error: unknown): CacheFaultReason | null {
  if (error instanceof DatabaseDamaged) return 'corrupt';
  const code = errorCode(error);
  if (code === null) return null;
  if (error instanceof Database.SqliteError) {
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) return 'locked';
    if (code.startsWith('SQLITE_FULL')) return 'full';
    if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM') {
      return 'read_only';
    }
    if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return 'corrupt';
    // What the disk does not take: a quota, a limit on the size of files.
    if (/^SQLITE_IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE|SHMSIZE|SHMMAP)$/.test(code)) return 'full';
    if (/^SQLITE_IOERR_(R?D?LOCK|UNLOCK|SHMLOCK|CHECKRESERVEDLOCK)$/.test(code) || code === 'SQLITE_PROTOCOL')
      return 'locked';
    // A failing disk: SQLite cannot say more, and what it read cannot be trusted.
    if (code.startsWith('SQLITE_IOERR')) return 'corrupt';
    return null;
  }
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') return 'full';
  // Windows, while a virus scan or a backup has the file open.
  if (code === 'EBUSY') return 'locked';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'read_only';
  return null;
}

function errorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}
