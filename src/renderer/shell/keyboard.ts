import { useEffect } from 'react';
import { type Place, places } from './router.tsx';

export interface KeyStroke {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

export type Command =
  | { type: 'go'; place: Place }
  | { type: 'open' }
  | { type: 'place' }
  | { type: 'settings' }
  | { type: 'pane'; back: boolean }
  | { type: 'map' };

/**
 * The shell's command for a key stroke, or null. `typing`: the focus is in a text field, where '?' is a letter.
 */
export function commandFor(
  stroke: KeyStroke,
  platform: 'linux' | 'win32' | 'darwin',
  typing: boolean,
): Command | null {
  const main = platform === 'darwin' ? stroke.metaKey : stroke.ctrlKey;
  const other = platform === 'darwin' ? stroke.ctrlKey : stroke.metaKey;
  if (stroke.key === 'F6') return { type: 'pane', back: stroke.shiftKey };
  if (main && !other && !stroke.altKey && !stroke.shiftKey) {
    const place = places[Number(stroke.key) - 1];
    if (/^[1-6]$/.test(stroke.key) && place) return { type: 'go', place };
    if (stroke.key.toLowerCase() === 'o') return { type: 'open' };
    if (stroke.key.toLowerCase() === 'p') return { type: 'place' };
    if (stroke.key === ',') return { type: 'settings' };
  }
  if (!typing && !main && !other && !stroke.altKey && stroke.key === '?') return { type: 'map' };
  return null;
}

/** Whether letters typed here are text. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  return (
    target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type)
  );
}

/** Runs the shell's commands from the keyboard; nothing while a dialog is open above the window. */
export function useKeyboard(
  platform: 'linux' | 'win32' | 'darwin',
  run: (command: Command) => void,
  enabled = true,
): void {
  useEffect(() => {
    if (!enabled) return;
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector('[role="dialog"][data-open]')) return;
      const command = commandFor(event, platform, isTyping(event.target));
      if (!command) return;
      event.preventDefault();
      run(command);
    };
    window.addEventListener('keydown', listener);
    return () => window.removeEventListener('keydown', listener);
  }, [platform, run, enabled]);
}

/**
 * Moves the focus to the next pane (elements with `data-pane`, in reading order; hidden ones are passed over): to
 * what had the focus there last, else to its first control, else to the pane itself.
 */
export function focusNextPane(back: boolean): void {
  const panes = [...document.querySelectorAll<HTMLElement>('[data-pane]')].filter(
    (pane) => pane.offsetParent !== null,
  );
  if (panes.length === 0) return;
  const here = panes.findIndex((pane) => pane.contains(document.activeElement));
  const step = back ? -1 : 1;
  const next = panes[here === -1 ? 0 : (here + step + panes.length) % panes.length];
  if (!next) return;
  // Of a list, the one that is chosen; the others are a matter of arrow keys.
  const control =
    next.querySelector<HTMLElement>('[aria-current="page"], [aria-current="true"]:not([disabled])') ??
    next.querySelector<HTMLElement>('button:not([disabled]), a[href], input:not([disabled]), [tabindex="0"]');
  if (control) control.focus();
  else {
    next.tabIndex = -1;
    next.focus();
  }
}
