import { readFailure } from '../../shared/file-failure.ts';
import { errorWords } from './error-words.ts';
import type { Words } from './words.ts';

/** Words for the failure that an upload keeps: the reason code of the unreadable file, and its line. */
export function fileFailureWords(failure: string): Words {
  const error = readFailure(failure);
  if (error !== null) return errorWords(error);
  return { title: `The file could not be read (${failure})`, next: 'Choose other options below, or another file.' };
}
