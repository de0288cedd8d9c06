import type { ReactNode } from 'react';
import type { AppError } from '../../shared/app-error.ts';
import { errorWords } from '../messages/error-words.ts';
import { Notice } from './notice.tsx';

/** An error of the bridge in words, with what to do next. */
export function ErrorNotice({ error, actions }: { error: AppError; actions?: ReactNode }) {
  const words = errorWords(error);
  return (
    <Notice tone={error.code === 'cancelled' ? 'info' : 'refused'} title={words.title} actions={actions}>
      {words.next}
    </Notice>
  );
}
