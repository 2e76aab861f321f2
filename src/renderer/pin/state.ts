import type { PinField, PinPurpose, PinQuestion, PinReply } from '../../shared/contract/pin.ts';
import type { PinState } from '../../shared/domain/keys.ts';
import { type NewPinReason, pinBytes, refusalsOfNewPin, sensibleLimits } from '../../shared/pin-policy.ts';

type Failed = Extract<PinReply, { type: 'failed' }>;

/** A field that is open. */
export interface AskView {
  step: 'ask';
  field: PinField;
  state: PinState;
  /** null: the key does not tell. */
  triesLeft: number | null;
  min: number;
  max: number;
  pad: boolean;
  wrong: boolean;
  refused: PinQuestion['refused'];
  /** When the host gives the question up, on the page's clock in milliseconds; null: never. */
  expiresAt: number | null;
  signatureAgain: boolean;
  candidate: PinQuestion['candidate'];
  /** What stood in the field was taken away, because the window was left alone for so long. */
  emptied: boolean;
}

/** What the PIN window shows. */
export type PinView =
  | { step: 'waiting' }
  /** The staff give the keyboard to the key's holder; what the holder is asked comes after. */
  | { step: 'hand-over'; next: AskView }
  | AskView
  | { step: 'checking'; pad: boolean; field: PinField }
  | { step: 'accepted' }
  | { step: 'failed'; error: Failed['error']; canRetry: boolean };

/** So long may the window be without the focus before what was typed is taken away, in milliseconds. */
export const LEFT_ALONE = 60_000;

/** What is shown after an answer of the token host. `now`: the page's clock in milliseconds. */
export function afterReply(view: PinView, reply: PinReply, now: number): PinView {
  switch (reply.type) {
    case 'ask': {
      const asked = askOf(reply, now);
      return reply.handOver ? { step: 'hand-over', next: asked } : asked;
    }
    case 'checking':
      return view.step === 'ask' || view.step === 'checking'
        ? { step: 'checking', pad: view.pad, field: view.field }
        : { step: 'checking', pad: false, field: 'pin' };
    case 'accepted':
      return { step: 'accepted' };
    case 'failed':
      return { step: 'failed', error: reply.error, canRetry: reply.canRetry };
  }
}

function askOf(reply: PinQuestion, now: number): AskView {
  const { field, state, triesLeft, wrong, refused, signatureAgain, candidate } = reply;
  return {
    step: 'ask',
    field,
    state,
    triesLeft,
    // No token takes longer PINs; CK_TOKEN_INFO may say 0 or "unknown".
    ...sensibleLimits(reply),
    pad: reply.protectedPath,
    wrong,
    refused,
    expiresAt: reply.expiresIn === null ? null : now + reply.expiresIn,
    signatureAgain,
    candidate,
    emptied: false,
  };
}

/** The holder has come to the keyboard. */
export function taken(view: PinView): PinView {
  return view.step === 'hand-over' ? view.next : view;
}

/** The window was left alone: the field is empty again, and says so. */
export function leftAlone(view: PinView): PinView {
  return view.step === 'ask' && !view.pad ? { ...view, emptied: true } : view;
}

/** Whether a PIN is being made rather than asked for: it is typed twice, and must be within the rules. */
export const isNew = ({ field }: Pick<AskView, 'field'>): boolean =>
  field === 'new-pin' || field === 'new-so-pin';

/** What is typed at the moment. */
export interface Typed {
  pin: string;
  /** The second field of a new PIN. */
  repeated: string;
  /** The tick before the last try. */
  agreed: boolean;
}

/** Whether Confirm is open. */
export function canConfirm(view: PinView, typed: Typed): boolean {
  if (view.step !== 'ask') return false;
  if (view.state === 'final-try' && !typed.agreed) return false;
  if (view.pad) return true;
  if (isNew(view)) return broken(view, typed.pin).length === 0 && typed.pin === typed.repeated;
  const length = pinBytes(typed.pin);
  return length >= view.min && length <= view.max;
}

const broken = (view: AskView, pin: string): NewPinReason[] =>
  refusalsOfNewPin(pin, { minLength: view.min, maxLength: view.max });

/** The rules of a new PIN as the window lists them; texts under `pin:rule.<word>`. */
export const rules = [
  'length',
  'characters',
  'default',
  'repeat',
  'sequence',
  'date',
  'other',
  'twice',
] as const;
export type Rule = (typeof rules)[number];

/** Of each rule: kept, broken, or not to be told yet. */
export function ruleStates(
  view: AskView,
  typed: Pick<Typed, 'pin' | 'repeated'>,
): Record<Rule, 'open' | 'ok' | 'bad'> {
  const { pin, repeated } = typed;
  const found = new Set<string>(broken(view, pin));
  const plain = (reason: NewPinReason) => (pin === '' ? 'open' : found.has(reason) ? 'bad' : 'ok');
  const refused = view.refused === 'same-as-old' || view.refused === 'same-as-so';
  return {
    // Too short is what every PIN is while one begins to type it.
    length: pin === '' || found.has('too-short') ? 'open' : found.has('too-long') ? 'bad' : 'ok',
    characters: plain('characters'),
    default: plain('default'),
    repeat: plain('repeat'),
    sequence: plain('sequence'),
    date: plain('date'),
    // Only the token host knows the other PIN: this window does not keep what was typed.
    other: refused && pin === '' ? 'bad' : 'open',
    twice: repeated === '' ? 'open' : pin === repeated ? 'ok' : pin.startsWith(repeated) ? 'open' : 'bad',
  };
}

/** A text with its values, by key in the namespace `pin`. */
export interface Say {
  sign: 'warn' | 'cross-c' | 'info' | null;
  tone: 'warn' | 'bad' | 'grey';
  heading: string | null;
  note: string;
  values: Record<string, unknown>;
}

/** The line under the field: the promise, or what is to be known before the next try. What costs most comes first. */
export function sayOf(view: AskView, purpose: PinPurpose['purpose']): Say {
  const say = (
    sign: Say['sign'],
    tone: Say['tone'],
    heading: string | null,
    note: string,
    values = {},
  ): Say => ({
    sign,
    tone,
    heading,
    note,
    values: { min: view.min, max: view.max, ...values },
  });
  if (view.refused !== null && !view.emptied) {
    return say('cross-c', 'bad', 'refused', `policy.${view.refused}`);
  }
  const so = view.field === 'so-pin';
  const who = so ? 'so' : 'user';
  if (view.candidate !== null) {
    return say('warn', 'warn', `candidate.${view.candidate}`, 'candidate.note');
  }
  if (view.state === 'final-try') return say('warn', 'warn', `last.${who}.heading`, `last.${who}.note`);
  if (view.emptied) return say('info', 'grey', 'emptied.heading', 'emptied.note');
  const left = view.triesLeft !== null ? 'known' : view.state === 'low' ? 'few' : 'unknown';
  const values = { left: view.triesLeft ?? '' };
  if (view.wrong) {
    const about = purpose === 'stamp' ? 'file' : 'key';
    return say('cross-c', 'bad', `wrong.${who}`, `wrong.${about}.${left}`, values);
  }
  if (view.state === 'low') return say('warn', 'warn', `low.${who}.heading`, `low.${who}.${left}`, values);
  if (so) return say('warn', 'warn', 'soEnds.heading', 'soEnds.note');
  if (view.signatureAgain) return say('info', 'grey', 'signatureAgain.heading', 'signatureAgain.note');
  return say(null, 'grey', null, 'promise');
}

/** Width of a text in halves of a Chinese character: what a line has room for. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += (char.codePointAt(0) ?? 0) < 0x2e80 ? 1 : 2;
  return width;
}

/**
 * A name that is too long for its place loses its middle: its beginning and its end (number, extension) tell it from
 * others. `room` in halves of a Chinese character.
 */
export function shortened(name: string, room: number): string {
  if (widthOf(name) <= room) return name;
  const chars = [...name];
  const take = (from: string[], width: number) => {
    const taken: string[] = [];
    let left = width;
    for (const char of from) {
      left -= widthOf(char);
      if (left < 0) break;
      taken.push(char);
    }
    return taken;
  };
  const tail = take([...chars].reverse(), Math.floor((room - 1) / 3)).reverse();
  const head = take(chars, room - 1 - widthOf(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}
