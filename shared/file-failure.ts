import { appError, type AppError } from './app-error.ts';

type UnreadableFile = Extract<AppError, { code: 'unreadable_file' }>;

/** Why a file could not be read, as its draft keeps it: the reason, and the line where there is one, `broken_quote:252`. */
export function failureText({ reason, line }: UnreadableFile): string {
  return line === undefined ? reason : `${reason}:${line}`;
}

/** The fault of a kept failure; null for one that this version does not know. */
export function readFailure(text: string): UnreadableFile | null {
  const [reason, line] = text.split(':');
  const error = appError.safeParse({
    code: 'unreadable_file',
    reason,
    ...(line !== undefined && { line: Number(line) }),
  });
  return error.success && error.data.code === 'unreadable_file' ? error.data : null;
}
