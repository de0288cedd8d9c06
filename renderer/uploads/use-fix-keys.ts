import { useEffect } from 'react';
import { hasModifier, isDialogOpen, isTyping } from '../design/keys.ts';

interface FixKeys {
  readonly onIssue: (direction: 'next' | 'previous') => void;
  readonly onUndo: () => void;
  readonly onRedo: () => void;
}

/** F8 and Shift+F8 go from issue to issue; Ctrl+Z, Ctrl+Shift+Z and Ctrl+Y undo and redo, outside of a field with its own. */
export function useFixKeys({ onIssue, onUndo, onRedo }: FixKeys): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || isDialogOpen()) return;
      if (event.key === 'F8') {
        event.preventDefault();
        return onIssue(event.shiftKey ? 'previous' : 'next');
      }
      if (!hasModifier(event) || isTyping(event)) return;
      const key = event.key.toLowerCase();
      if (key !== 'z' && key !== 'y') return;
      event.preventDefault();
      if (key === 'y' || event.shiftKey) onRedo();
      else onUndo();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [onIssue, onUndo, onRedo]);
}
