/** Whether this key press is meant for a field that takes text, so that a single letter is no shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches('input, textarea, select');
}

/** Whether a dialog is open: shortcuts of the page below it rest. */
export function isDialogOpen(): boolean {
  return document.querySelector('[role="dialog"][aria-modal="true"]') !== null;
}

/** True where ⌘ takes the place of Ctrl. */
export const onMac = navigator.platform.startsWith('Mac');

/** The name of the modifier key on this computer. */
export const modifier = onMac ? '⌘' : 'Ctrl';

/** Ctrl, or ⌘ on a Mac. */
export function hasModifier(event: Pick<KeyboardEvent, 'ctrlKey' | 'metaKey'>): boolean {
  return onMac ? event.metaKey : event.ctrlKey;
}
