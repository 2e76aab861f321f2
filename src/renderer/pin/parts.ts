import type { PinPurpose, PinRequest } from '../../shared/contract/pin.ts';
import type { Translate } from '../look/describe-error.ts';
import { element, icon } from './dom.ts';
import { type AskView, sayOf } from './state.ts';

/** What a page works with. */
export interface Tools {
  purpose: PinPurpose;
  t: Translate;
  leave: () => void;
  send: (request: PinRequest) => void;
  /** The holder has the keyboard now. */
  take: () => void;
}
export interface Drawn {
  content: HTMLElement;
  focus: HTMLElement | null;
  /** For those who do not see it; what is drawn as an alert speaks for itself. */
  spoken: string;
}

/** The line under the field. */
export function sayLine(view: AskView, { t, purpose }: Tools): HTMLElement {
  const { sign, tone, heading, note, values } = sayOf(view, purpose.purpose);
  if (sign === null || heading === null) {
    return element('p', { class: 'say note', id: 'say' }, t(`pin:${note}`, values));
  }
  return element(
    'p',
    { class: 'say', id: 'say', role: 'alert' },
    icon(sign, `i ${tone}`),
    element(
      'span',
      {},
      element('b', {}, t(`pin:${heading}`, values)),
      element('span', { class: 'note' }, t(`pin:${note}`, values)),
    ),
  );
}
