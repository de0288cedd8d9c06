import { createHash } from 'node:crypto';

/**
 * Names an account on this computer: the same user of the same project, and nobody else. Safe as a folder's name, and tells
 * nothing about the person.
 */
export function accountIdOf(serverUrl: string, userId: string): string {
  return createHash('sha256').update(`${serverUrl}\n${userId}`).digest('hex').slice(0, 32);
}
