import type { PinPurpose, PinReply, PinRequest } from '../../shared/contract/pin.ts';
import { describeError, driversWord, type Translate } from '../look/describe-error.ts';
import { holderName } from '../look/format.ts';
import type { IconName } from '../look/icons.ts';
import { element, icon } from './dom.ts';
import { afterReply, canConfirm, type PinView, pinLength, shortened } from './state.ts';
import { wordsOf } from './words.ts';

declare global {
  interface Window {
    /** Put there by this window's own preload: its only door is the port to one token host. */
    readonly yinkeyPin: {
      start(listener: (purpose: PinPurpose) => void): void;
      send(request: PinRequest): void;
      onReply(listener: (reply: PinReply) => void): void;
      close(): void;
    };
  }
}

/** A line of the head has room for so many halves of a Chinese character. */
const HEAD_ROOM = 42;

const door = window.yinkeyPin;
const page = document.getElementById('pin') as HTMLElement;

door.start((purpose) => begin(purpose));

function begin(purpose: PinPurpose): void {
  const t = wordsOf(purpose.language);
  document.documentElement.lang = purpose.language;
  if (purpose.theme === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = purpose.theme;
  document.title = t('pin:windowTitle');

  let view: PinView = { step: 'waiting' };
  const body = element('div', { class: 'pin-body' });
  const said = element('p', { class: 'out-of-sight', role: 'status' });
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
        element('b', { id: 'bar' }, t('pin:bar')),
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
    });
    body.replaceChildren(content);
    said.textContent = spoken;
    focus?.focus();
    document.documentElement.dataset.step = view.step;
  };
  show();
  door.onReply((reply) => {
    view = afterReply(view, reply);
    show();
  });
}

interface Tools {
  purpose: PinPurpose;
  t: Translate;
  leave: () => void;
  send: (request: PinRequest) => void;
}
interface Drawn {
  content: HTMLElement;
  focus: HTMLElement | null;
  /** For those who do not see it; what is drawn as an alert speaks for itself. */
  spoken: string;
}

function draw(view: PinView, tools: Tools): Drawn {
  const { t } = tools;
  switch (view.step) {
    case 'waiting':
      return { content: busy(tools, t('pin:waiting'), ''), focus: null, spoken: t('pin:waiting') };
    case 'ask':
      return question(view, tools);
    case 'checking': {
      const heading = view.pad ? t('pin:pad.waiting') : t('pin:checking.heading');
      return { content: busy(tools, heading, t('pin:checking.note')), focus: null, spoken: heading };
    }
    case 'accepted':
      return {
        content: busy(tools, t('pin:accepted'), t('pin:checking.note')),
        focus: null,
        spoken: t('pin:accepted'),
      };
    case 'failed':
      return failure(view, tools);
  }
}

/** Who asks for what, with which key and certificate: on top of every step. */
function head({ purpose, t }: Tools): HTMLElement {
  const seal = shortened(purpose.seal, 16);
  const frame = t(`pin:purpose.${purpose.purpose}`, { document: '', seal });
  const room = Math.max(12, HEAD_ROOM - [...frame].reduce((sum, char) => sum + (char > '\u2e80' ? 2 : 1), 0));
  const full = t(`pin:purpose.${purpose.purpose}`, { document: purpose.document, seal: purpose.seal });
  const token = t('pin:which', {
    label: shortened(purpose.tokenLabel, 26),
    last: purpose.tokenSerial.slice(-4),
  });
  const holder = [holderName(purpose), purpose.unit].filter(
    (one, index, all) => one && all.indexOf(one) === index,
  );
  return element(
    'div',
    {},
    element(
      'h1',
      { title: full },
      t(`pin:purpose.${purpose.purpose}`, { document: shortened(purpose.document, room), seal }),
    ),
    element('p', { class: 'which' }, icon('usb', 'i i-s'), element('span', {}, token)),
    element(
      'p',
      { class: 'which note', title: holder.join(' · ') },
      icon('cert', 'i i-s'),
      element('span', {}, t('pin:holder', { holder: shortened(holder.join(' · '), 50) })),
    ),
  );
}

function busy(tools: Tools, heading: string, note: string): HTMLElement {
  return element(
    'div',
    { class: 'form' },
    head(tools),
    element(
      'p',
      { class: 'say is-busy' },
      icon('usb'),
      element('span', {}, element('b', {}, heading), element('span', { class: 'note' }, note)),
    ),
    element('div', {}),
    element('div', { class: 'acts' }),
  );
}

function question(view: Extract<PinView, { step: 'ask' }>, tools: Tools): Drawn {
  const { t, send, leave } = tools;
  const last = view.state === 'final-try';

  const field = element('input', {
    id: 'field',
    type: 'password',
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    maxlength: String(view.max),
    'aria-describedby': 'say',
    ...(view.wrong && { 'aria-invalid': 'true' }),
  });
  const caps = element('span', { class: 'caps', hidden: true }, icon('caps', 'i i-s'), t('pin:caps'));
  const tick = element('input', { id: 'agree', type: 'checkbox' });
  const confirm = element(
    'button',
    { class: 'btn btn-main', type: 'submit' },
    view.pad ? t('pin:pad.start') : t('pin:confirm'),
  );
  const judge = () => {
    confirm.disabled = !canConfirm(view, pinLength(field.value), tick.checked);
  };
  judge();
  field.addEventListener('input', judge);
  tick.addEventListener('change', () => {
    judge();
    if (!view.pad) field.focus();
  });
  for (const away of ['copy', 'cut', 'dragstart', 'contextmenu']) {
    field.addEventListener(away, (event) => event.preventDefault());
  }
  const look = (event: Event) => {
    if (event instanceof KeyboardEvent || event instanceof MouseEvent) {
      caps.hidden = !event.getModifierState('CapsLock');
    }
  };
  for (const name of ['keydown', 'keyup', 'mousedown']) field.addEventListener(name, look);

  const length =
    view.min === view.max
      ? t('pin:lengthExact', { min: view.min })
      : t('pin:length', { min: view.min, max: view.max });
  const form = element(
    'form',
    {
      class: 'form',
      onsubmit: (event) => {
        event.preventDefault();
        if (!canConfirm(view, pinLength(field.value), tick.checked)) return;
        confirm.disabled = true;
        if (view.pad) {
          send({ type: 'submit-on-pad', lastTryAgreed: tick.checked });
          return;
        }
        const pin = field.value;
        field.value = '';
        send({ type: 'submit', pin, lastTryAgreed: tick.checked });
      },
    },
    head(tools),
    element(
      'div',
      {},
      view.pad
        ? padWords(t)
        : element(
            'div',
            { class: 'field' },
            element(
              'div',
              { class: 'field-head note' },
              element('label', { for: 'field' }, t('pin:field')),
              element('span', {}, view.max < 255 ? length : ''),
            ),
            element('div', { class: 'box' }, field, caps),
          ),
      sayOf(view, t),
    ),
    element(
      'div',
      {},
      last && element('label', { class: 'ask' }, tick, element('span', {}, t('pin:last.agree'))),
    ),
    element(
      'div',
      { class: 'acts' },
      element('button', { class: 'btn', type: 'button', onclick: leave }, t('pin:cancel')),
      confirm,
    ),
  );
  return { content: form, focus: view.pad ? (last ? tick : confirm) : field, spoken: '' };
}

function padWords(t: Translate): HTMLElement {
  return element(
    'p',
    { class: 'say is-pad' },
    icon('pin'),
    element(
      'span',
      {},
      element('b', {}, t('pin:pad.heading')),
      element('span', { class: 'note' }, t('pin:pad.note')),
    ),
  );
}

/** The line under the field: the promise, or what is to be known before the next try. */
function sayOf(view: Extract<PinView, { step: 'ask' }>, t: Translate): HTMLElement {
  const line = (sign: IconName, tone: string, heading: string, note: string) =>
    element(
      'p',
      { class: 'say', id: 'say', role: 'alert' },
      icon(sign, `i ${tone}`),
      element('span', {}, element('b', {}, heading), element('span', { class: 'note' }, note)),
    );
  if (view.state === 'final-try') return line('warn', 'warn', t('pin:last.heading'), t('pin:last.note'));
  if (view.wrong) {
    const note = view.state === 'low' ? t('pin:wrong.low') : t('pin:wrong.note');
    return line('cross-c', 'bad', t('pin:wrong.heading'), note);
  }
  if (view.state === 'low') return line('warn', 'warn', t('pin:low.heading'), t('pin:low.note'));
  return element('p', { class: 'say note', id: 'say' }, t('pin:promise'));
}

function failure(view: Extract<PinView, { step: 'failed' }>, { t, send, leave }: Tools): Drawn {
  const words = describeError(t, view.error);
  const sign: { name: IconName; tone: string } =
    view.error.code === 'token.pin-locked'
      ? { name: 'lock', tone: 'warn' }
      : view.error.code === 'token.removed'
        ? { name: 'unplug', tone: 'grey' }
        : { name: 'warn', tone: 'warn' };
  const again = view.error.code === 'token.removed' ? t('pin:failed.goOn') : t('pin:failed.again');
  const main = element(
    'button',
    { class: 'btn btn-main', type: 'button' },
    view.canRetry ? again : t('pin:failed.close'),
  );
  main.addEventListener('click', () => {
    if (!view.canRetry) return leave();
    main.disabled = true;
    send({ type: 'again' });
  });
  const content = element(
    'div',
    { class: 'form is-told' },
    element(
      'div',
      { class: 'tell', role: 'alert' },
      icon(sign.name, `i ${sign.tone}`),
      element(
        'div',
        {},
        element('h1', {}, words.heading),
        element('p', {}, `${words.meaning}${t('pin:gap')}${words.next}`),
        element('p', { class: 'note' }, driversWord(view.error.details) || words.code),
      ),
    ),
    element(
      'div',
      { class: 'acts' },
      view.canRetry
        ? element('button', { class: 'btn', type: 'button', onclick: leave }, t('pin:failed.cancel'))
        : element('span', {}),
      main,
    ),
  );
  return { content, focus: main, spoken: '' };
}
