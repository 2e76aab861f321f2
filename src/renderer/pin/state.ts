import type { PinReply } from '../../shared/contract/pin.ts';
import type { PinState } from '../../shared/domain/keys.ts';

type Ask = Extract<PinReply, { type: 'ask' }>;
type Failed = Extract<PinReply, { type: 'failed' }>;

/** What the PIN window shows. */
export type PinView =
  | { step: 'waiting' }
  | { step: 'ask'; state: PinState; min: number; max: number; pad: boolean; wrong: boolean }
  | { step: 'checking'; pad: boolean }
  | { step: 'accepted' }
  | { step: 'failed'; error: Failed['error']; canRetry: boolean };

/** No token takes longer PINs; CK_TOKEN_INFO may say 0 or "unknown". */
const LONGEST = 255;

/** What is shown after an answer of the token host. */
export function afterReply(view: PinView, reply: PinReply): PinView {
  switch (reply.type) {
    case 'ask':
      return {
        step: 'ask',
        ...limits(reply),
        state: reply.state,
        pad: reply.protectedPath,
        wrong: reply.wrong,
      };
    case 'checking':
      return { step: 'checking', pad: view.step === 'checking' ? view.pad : view.step === 'ask' && view.pad };
    case 'accepted':
      return { step: 'accepted' };
    case 'failed':
      return { step: 'failed', error: reply.error, canRetry: reply.canRetry };
  }
}

/** The token's own limits where they make sense, else any length. */
function limits({ minLength, maxLength }: Ask): { min: number; max: number } {
  const max = maxLength > 0 && maxLength <= LONGEST ? maxLength : LONGEST;
  return { min: minLength > 0 && minLength <= max ? minLength : 1, max };
}

/** A PIN's length as the token counts it: bytes of UTF-8 (PKCS#11 2.40, section 3.2, CK_UTF8CHAR). */
export function pinLength(pin: string): number {
  return new TextEncoder().encode(pin).length;
}

/** Whether Confirm is open: a length that the token takes, and the tick before the last try. */
export function canConfirm(view: PinView, length: number, agreed: boolean): boolean {
  if (view.step !== 'ask') return false;
  if (view.state === 'final-try' && !agreed) return false;
  return view.pad || (length >= view.min && length <= view.max);
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
