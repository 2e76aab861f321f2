import type { PinPurpose } from '../../shared/contract/pin.ts';
import { describeError, driversWord, type Translate } from '../look/describe-error.ts';
import { holderName } from '../look/format.ts';
import type { IconName } from '../look/icons.ts';
import { element, icon } from './dom.ts';
import { fieldOf } from './fields.ts';
import { handOver } from './hand-over.ts';
import { newPin } from './new-pin.ts';
import { type Drawn, sayLine, type Tools } from './parts.ts';
import { type AskView, canConfirm, isNew, type PinView, shortened } from './state.ts';

/** A line of the head has room for so many halves of a Chinese character. */
const HEAD_ROOM = 44;

/** The page for a view. */
export function draw(view: PinView, tools: Tools): Drawn {
  const { t, purpose } = tools;
  switch (view.step) {
    case 'waiting':
      return { content: busy(tools, t('pin:waiting'), ''), focus: null, spoken: t('pin:waiting') };
    case 'hand-over':
      return handOver(view.next, tools);
    case 'ask':
      return isNew(view) && !view.pad ? newPin(view, tools, head(tools)) : question(view, tools);
    case 'checking': {
      const heading = view.pad
        ? t('pin:pad.waiting')
        : t(isNew(view) ? 'pin:checking.writing' : 'pin:checking.heading');
      return { content: busy(tools, heading, t('pin:checking.note')), focus: null, spoken: heading };
    }
    case 'accepted': {
      const heading = t(purpose.purpose === 'stamp' ? 'pin:accepted' : 'pin:done');
      const note = purpose.purpose === 'stamp' ? t('pin:checking.note') : '';
      return { content: busy(tools, heading, note), focus: null, spoken: heading };
    }
    case 'failed':
      return failure(view, tools);
  }
}

/** Who asks for what, with which key and certificate: on top of every step. */
function head({ purpose, t }: Tools): HTMLElement {
  const seal = shortened(purpose.seal, 16);
  // What shows a signature picture is signed, and not stamped.
  const what = `pin:purpose.${purpose.purpose === 'stamp' && purpose.picture ? 'sign' : purpose.purpose}`;
  const frame = t(what, { document: '', seal });
  const room = Math.max(12, HEAD_ROOM - [...frame].reduce((sum, char) => sum + (char > '\u2e80' ? 2 : 1), 0));
  const full = t(what, { document: purpose.document, seal: purpose.seal });
  const label = shortened(purpose.tokenLabel, 26) || t('pin:blank');
  const token = purpose.tokenSerial ? t('pin:which', { label, last: purpose.tokenSerial.slice(-4) }) : label;
  const holder = [holderName(purpose), purpose.unit].filter(
    (one, index, all) => one && all.indexOf(one) === index,
  );
  return element(
    'div',
    {},
    element('h1', { title: full }, t(what, { document: shortened(purpose.document, room), seal })),
    element('p', { class: 'which' }, icon('usb', 'i i-s'), element('span', {}, token)),
    holder.length > 0 &&
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

/** The page that asks for a PIN that the key knows, or, where the key has a pad, for any PIN. */
function question(view: AskView, tools: Tools): Drawn {
  const { t, send, leave, purpose } = tools;
  const last = view.state === 'final-try';
  const tick = element('input', { id: 'agree', type: 'checkbox' });
  const confirm = element(
    'button',
    { class: 'btn btn-main', type: 'submit' },
    view.pad ? t('pin:pad.start') : t('pin:confirm'),
  );
  const length =
    view.min === view.max
      ? t('pin:lengthExact', { min: view.min })
      : t('pin:length', { min: view.min, max: view.max });
  const field = fieldOf(t, {
    id: 'field',
    label: t(fieldLabel(view, purpose.purpose)),
    note: view.max < 255 ? length : '',
    max: view.max,
    invalid: view.wrong,
  });
  const typed = () => ({ pin: field.input.value, repeated: '', agreed: tick.checked });
  const judge = () => {
    confirm.disabled = !canConfirm(view, typed());
  };
  judge();
  field.input.addEventListener('input', judge);
  tick.addEventListener('change', () => {
    judge();
    if (!view.pad) field.input.focus();
  });

  const form = element(
    'form',
    {
      class: 'form',
      onsubmit: (event) => {
        event.preventDefault();
        if (!canConfirm(view, typed())) return;
        confirm.disabled = true;
        if (view.pad) {
          send({ type: 'submit-on-pad', lastTryAgreed: tick.checked });
          return;
        }
        const pin = field.input.value;
        field.input.value = '';
        send({ type: 'submit', pin, lastTryAgreed: tick.checked });
      },
    },
    head(tools),
    element('div', {}, view.pad ? padWords(t, isNew(view)) : field.element, sayLine(view, tools)),
    element(
      'div',
      { class: 'ask-room' },
      last &&
        element('label', { class: 'ask' }, tick, element('span', {}, t(`pin:last.${agreeOf(view)}.agree`))),
      !last && whatFollows(purpose.purpose, view, t),
    ),
    element(
      'div',
      { class: 'acts' },
      element('button', { class: 'btn', type: 'button', onclick: leave }, t('pin:cancel')),
      confirm,
    ),
  );
  return { content: form, focus: view.pad ? (last ? tick : confirm) : field.input, spoken: '' };
}

const agreeOf = (view: AskView) => (view.field === 'so-pin' ? 'so' : 'user');

function fieldLabel(view: AskView, purpose: PinPurpose['purpose']): string {
  if (view.candidate) return `pin:candidate.field.${view.candidate}`;
  return view.field === 'pin' && purpose === 'change-pin' ? 'pin:fields.current' : `pin:fields.${view.field}`;
}

/** What comes after this field, and what it changes: nobody should be surprised by it. */
function whatFollows(purpose: PinPurpose['purpose'], view: AskView, t: Translate): HTMLElement | false {
  if (purpose === 'stamp' || view.pad || view.candidate !== null) return false;
  return element(
    'div',
    { class: 'follows note' },
    element('b', {}, t('pin:follows.heading')),
    element(
      'ul',
      {},
      ...['one', 'two', 'three'].map((line) => element('li', {}, t(`pin:follows.${purpose}.${line}`))),
    ),
  );
}

function padWords(t: Translate, isNewPin: boolean): HTMLElement {
  return element(
    'p',
    { class: 'say is-pad' },
    icon('pin'),
    element(
      'span',
      {},
      element('b', {}, t(isNewPin ? 'pin:pad.headingNew' : 'pin:pad.heading')),
      element('span', { class: 'note' }, t('pin:pad.note')),
    ),
  );
}

function failure(view: Extract<PinView, { step: 'failed' }>, { t, send, leave, purpose }: Tools): Drawn {
  const words = describeError(t, view.error);
  const sign: { name: IconName; tone: string } = /^token\.(so-)?pin-locked$/.test(view.error.code)
    ? { name: 'lock', tone: 'warn' }
    : view.error.code === 'token.removed'
      ? { name: 'unplug', tone: 'grey' }
      : { name: 'warn', tone: 'warn' };
  // The texts of errors are written for a document that is stamped; of a key alone these know better.
  const told = purpose.purpose !== 'stamp' && view.error.code in keyAlone ? keyAlone[view.error.code] : null;
  const text = told
    ? `${t(`pin:alone.${told}.meaning`)}${t('pin:gap')}${t(`pin:alone.${told}.next`)}`
    : `${words.meaning}${t('pin:gap')}${words.next}`;
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
        element('p', {}, text),
        element('p', { class: 'note' }, driversWord(view.error.details) || words.code),
      ),
    ),
    element(
      'div',
      { class: 'acts' },
      view.canRetry
        ? element(
            'button',
            { class: 'btn', type: 'button', onclick: leave },
            t(purpose.purpose === 'stamp' ? 'pin:failed.cancel' : 'pin:cancel'),
          )
        : element('span', {}),
      main,
    ),
  );
  return { content, focus: main, spoken: '' };
}

const keyAlone: Readonly<Record<string, string>> = { 'token.removed': 'removed', 'token.failed': 'failed' };
