import type { PinPurpose, PinReply, PinRequest } from '../../shared/contract/pin.ts';
import { element, icon } from './dom.ts';
import { draw } from './pages.ts';
import { afterReply, LEFT_ALONE, leftAlone, type PinView, taken } from './state.ts';
import { wordsOf } from './words.ts';

declare global {
  interface Window {
    /** Put there by this window's own preload: its only door is the port to one token host. */
    readonly yinkeyPin: {
      start(listener: (purpose: PinPurpose) => void): void;
      send(request: PinRequest): void;
      onReply(listener: (reply: PinReply) => void): void;
      onEnd(listener: () => void): void;
      close(): void;
    };
  }
}

const door = window.yinkeyPin;
const page = document.getElementById('pin') as HTMLElement;

door.start((purpose) => begin(purpose));

function begin(purpose: PinPurpose): void {
  const t = wordsOf(purpose.language);
  const { dataset } = document.documentElement;
  document.documentElement.lang = purpose.language;
  if (purpose.theme === 'system') delete dataset.theme;
  else dataset.theme = purpose.theme;
  dataset.purpose = purpose.purpose;
  document.title = t('pin:windowTitle');

  let view: PinView = { step: 'waiting' };
  const body = element('div', { class: 'pin-body' });
  const said = element('p', { class: 'out-of-sight', role: 'status' });
  const bar = element('b', { id: 'bar' }, t('pin:bar'));
  const leave = () => {
    door.send({ type: 'cancel' });
    door.close();
    window.close();
  };

  page.replaceChildren(
    element(
      'section',
      { class: 'pin', role: 'dialog', 'aria-modal': 'true', 'aria-labelledby': 'bar' },
      element(
        'div',
        { class: 'pin-bar' },
        icon('lock'),
        bar,
        element('button', { type: 'button', 'aria-label': t('pin:close'), onclick: leave }, icon('cross')),
      ),
      body,
      said,
    ),
  );
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') leave();
  });

  const show = () => {
    const { content, focus, spoken } = draw(view, {
      purpose,
      t,
      leave,
      send: (request) => door.send(request),
      take: () => turn(taken(view)),
    });
    body.replaceChildren(content);
    said.textContent = spoken;
    bar.textContent = t(view.step === 'ask' ? `pin:bars.${view.field}` : 'pin:bar');
    focus?.focus();
    dataset.step = view.step;
    if (view.step === 'ask') dataset.field = view.field;
    else delete dataset.field;
  };
  const turn = (next: PinView) => {
    view = next;
    show();
  };
  show();
  door.onReply((reply) => turn(afterReply(view, reply, performance.now())));
  // What went wrong after the last word here (the key pulled while it signs, the driver gone) the main window tells;
  // a window that says "the PIN is right" must not stand before it. A failure that was told here stays to be read.
  door.onEnd(() => {
    if (view.step !== 'failed') door.close();
  });

  // A window that nobody looks at for a while keeps nothing in its fields.
  let leaving: ReturnType<typeof setTimeout> | undefined;
  window.addEventListener('blur', () => {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      if (view.step === 'ask') turn(leftAlone(view));
    }, LEFT_ALONE);
  });
  window.addEventListener('focus', () => clearTimeout(leaving));
}
