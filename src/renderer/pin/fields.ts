import type { Translate } from '../look/describe-error.ts';
import { element, icon } from './dom.ts';

/** What leaves or enters a field by another way than the keys of the keyboard. */
const otherWays = ['copy', 'cut', 'paste', 'dragstart', 'drop', 'contextmenu'];

/** One field for a PIN, with its label and the hint of the caps lock. */
export function fieldOf(
  t: Translate,
  about: { id: string; label: string; note: string; max: number; invalid: boolean },
): { element: HTMLElement; input: HTMLInputElement } {
  const input = element('input', {
    id: about.id,
    type: 'password',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: String(about.max),
    'aria-describedby': 'say',
    ...(about.invalid && { 'aria-invalid': 'true' }),
  });
  const caps = element('span', { class: 'caps', hidden: true }, icon('caps', 'i i-s'), t('pin:caps'));
  // Nothing of a PIN on the clipboard, and nothing from there: other programs read it.
  const typeIt = element('span', { class: 'caps', hidden: true, role: 'status' }, t('pin:typeIt'));
  for (const away of otherWays) {
    input.addEventListener(away, (event) => {
      event.preventDefault();
      if (away === 'paste' || away === 'drop') typeIt.hidden = false;
    });
  }
  input.addEventListener('input', () => {
    typeIt.hidden = true;
  });
  const look = (event: Event) => {
    if (event instanceof KeyboardEvent || event instanceof MouseEvent) {
      caps.hidden = !event.getModifierState('CapsLock');
    }
  };
  for (const name of ['keydown', 'keyup', 'mousedown']) input.addEventListener(name, look);
  return {
    input,
    element: element(
      'div',
      { class: 'pin-field' },
      element(
        'div',
        { class: 'field-head note' },
        element('label', { for: about.id }, about.label),
        element('span', {}, about.note),
      ),
      element('div', { class: 'box' }, input, typeIt, caps),
    ),
  };
}
