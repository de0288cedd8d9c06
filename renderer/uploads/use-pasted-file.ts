import { useEffect } from 'react';
import { isDialogOpen } from '../design/keys.ts';

/** Under this name pasted rows stand among the uploads. */
const PASTED_NAME = 'Pasted rows.txt';

/** Rows as text become a file like any other: what comes after knows no difference. */
export function fileOfText(text: string): File {
  return new File([text], PASTED_NAME, { type: 'text/plain' });
}

/** Hands on what is pasted anywhere on the page: a copied file, or rows copied from a table as text. */
export function usePastedFile(onFile: ((file: File) => void) | null): void {
  useEffect(() => {
    if (onFile === null) return undefined;
    const onPaste = (event: ClipboardEvent): void => {
      const target = event.target;
      const inField = target instanceof HTMLElement && target.matches('input, textarea, [contenteditable="true"]');
      if (event.defaultPrevented || inField || isDialogOpen() || event.clipboardData === null) return;
      const text = event.clipboardData.getData('text/plain');
      // A copied table also carries a picture of itself: its text is what is meant.
      const file = text.trim() === '' ? event.clipboardData.files[0] : fileOfText(text);
      if (!file) return;
      event.preventDefault();
      onFile(file);
    };
    window.addEventListener('paste', onPaste);
    return () => window.removeEventListener('paste', onPaste);
  }, [onFile]);
}
