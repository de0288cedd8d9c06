import { useEffect } from 'react';
import { hasModifier, isDialogOpen, isTyping } from '../design/keys.ts';
import { openSection, openUpload, searchMembers, sections, showShortcuts } from '../navigation/navigation-store.ts';

/** The keys that work in every section. */
export function useShortcuts(syncNow: () => void): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || isDialogOpen()) return;
      if (hasModifier(event) ? withModifier(event, syncNow) : plain(event)) event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [syncNow]);
}

function withModifier(event: KeyboardEvent, syncNow: () => void): boolean {
  const key = event.key.toLowerCase();
  if (event.shiftKey) {
    if (key !== 's') return false;
    syncNow();
    return true;
  }
  if (key === 'u') {
    openUpload('new');
    return true;
  }
  const section = /^[1-9]$/.test(key) ? sections[Number(key) - 1] : undefined;
  if (!section) return false;
  openSection(section);
  return true;
}

function plain(event: KeyboardEvent): boolean {
  if (isTyping(event)) return false;
  if (event.key === '/') {
    searchMembers();
    return true;
  }
  if (event.key === '?') {
    showShortcuts(true);
    return true;
  }
  return false;
}
