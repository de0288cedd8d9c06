import { appError } from '../../shared/app-error.ts';
import { errorWords } from './error-words.ts';
import type { Words } from './words.ts';

/** Words for the failure that an upload keeps: the reason code of the unreadable file. */
export function fileFailureWords(failure: string): Words {
  const error = appError.safeParse({ code: 'unreadable_file', reason: failure });
  if (error.success) return errorWords(error.data);
  return { title: `The file could not be read (${failure})`, next: 'Choose other options below, or another file.' };
}
