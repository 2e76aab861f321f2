/**
 * What a new PIN must be like. Pure, so that the PIN window shows while one types what the token host will insist on.
 */

/** Stable words; texts under `pin:policy.<word>`. */
export const newPinReasons = [
  'too-short',
  'too-long',
  'characters',
  'default',
  'repeat',
  'sequence',
  'date',
  'same-as-old',
  'same-as-so',
] as const;
export type NewPinReason = (typeof newPinReasons)[number];

export interface PinLimits {
  /** Bytes, as the token tells them; 0 or nonsense: it doesn't say. */
  minLength: number;
  maxLength: number;
}

export type PinStrength = 'weak' | 'fair' | 'strong';

/**
 * PINs that keys leave their makers or authorities with, and their nearest kin. Sources: public help pages of
 * Chinese certificate authorities (12345678, 111111, 000000, 123456), makers' tools (GM3000: user 12345678, SO
 * "admin"; ePass: 1234, 12345678, SO "rockey"), and manuals of PIV, OpenSC and YubiKey (123456, 12345678, 0000, 1234, 648219).
 */
const defaults: ReadonlySet<string> = new Set([
  '0000',
  '1111',
  '1234',
  '000000',
  '111111',
  '123123',
  '123321',
  '123456',
  '654321',
  '666666',
  '888888',
  '648219',
  '00000000',
  '11111111',
  '12345678',
  '87654321',
  '88888888',
  '1234567890',
  'admin',
  'admin123',
  'administrator',
  'password',
  'rockey',
  'a123456',
  'abc123',
  'abcd1234',
  'qwerty',
]);

/** Whether this PIN is one that keys are delivered with, in any case of letters. */
export function isDefaultPin(pin: string): boolean {
  return defaults.has(pin.toLowerCase());
}

/** A PIN's length as the token counts it: bytes of UTF-8 (PKCS#11 2.40, section 3.2, CK_UTF8CHAR). */
export function pinBytes(pin: string): number {
  return new TextEncoder().encode(pin).length;
}

/** The token's own limits where they make sense; no token takes more than 255 bytes. */
export function sensibleLimits({ minLength, maxLength }: PinLimits): { min: number; max: number } {
  const max = maxLength > 0 && maxLength <= 255 ? maxLength : 255;
  return { min: minLength > 0 && minLength <= max ? minLength : 1, max };
}

const tracks = [
  '0123456789',
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  // The key pad, column by column.
  '147258369',
];

/** Neighbours on one of the tracks, forwards or backwards, over the whole length (a wrap from 9 to 0 included). */
function isSequence(text: string): boolean {
  if (text.length < 3) return false;
  return tracks.some((track) => {
    const long = track.repeat(Math.ceil(text.length / track.length) + 1);
    return long.includes(text) || [...long].reverse().join('').includes(text);
  });
}

/** Made of pieces that are sequences of four or more, e.g. 1234abcd. */
function isSequences(text: string): boolean {
  for (let cut = 4; cut <= text.length - 4; cut++) {
    if (isSequence(text.slice(0, cut)) && isSequence(text.slice(cut))) return true;
  }
  return isSequence(text);
}

/** One piece over and over (1111, 1212, 123123), or pieces of equal characters (111222). */
function isRepeat(text: string): boolean {
  for (let size = 1; size <= text.length / 2; size++) {
    if (
      text
        .slice(0, size)
        .repeat(Math.ceil(text.length / size))
        .slice(0, text.length) === text
    ) {
      if (size <= 3 || text.length % size === 0) return true;
    }
  }
  return text.length >= 4 && /^(?:(.)\1+)+$/u.test(text);
}

function isDay(year: number, month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** YYYYMMDD, DDMMYYYY, MMDDYYYY of 1900 to 2099, YYMMDD, DDMMYY; also with separators. */
function isDate(text: string): boolean {
  const parts = /^\d{8}$|^\d{6}$|^(\d{2,4})[-./](\d{1,2})[-./](\d{1,4})$/.exec(text);
  if (!parts) return false;
  const digits = parts[1]
    ? [parts[1], parts[2], parts[3]].map((one) => one!.padStart(2, '0')).join('')
    : text;
  const at = (from: number, length: number) => Number(digits.slice(from, from + length));
  const inYears = (year: number) => year >= 1900 && year <= 2099;
  if (digits.length === 8) {
    return (
      (inYears(at(0, 4)) && isDay(at(0, 4), at(4, 2), at(6, 2))) ||
      (inYears(at(4, 4)) && (isDay(at(4, 4), at(2, 2), at(0, 2)) || isDay(at(4, 4), at(0, 2), at(2, 2))))
    );
  }
  if (digits.length !== 6) return false;
  const years = (two: number) => [1900 + two, 2000 + two];
  return (
    years(at(0, 2)).some((year) => isDay(year, at(2, 2), at(4, 2))) ||
    years(at(4, 2)).some((year) => isDay(year, at(2, 2), at(0, 2)))
  );
}

/** What is checked against without this module keeping it. */
export interface KnownPins {
  /** True for the PIN that is being replaced. */
  isOld?: (pin: string) => boolean;
  /** True for the SO PIN that the staff typed in the same act. */
  isSo?: (pin: string) => boolean;
}

/**
 * All reasons why this can't be the new PIN, in the order of `newPinReasons`; none: it can.
 * Characters: printable ASCII without the space, which every key and every key pad has.
 */
export function refusalsOfNewPin(pin: string, limits: PinLimits, known: KnownPins = {}): NewPinReason[] {
  const { min, max } = sensibleLimits(limits);
  const bytes = pinBytes(pin);
  const plain = pin.toLowerCase();
  const broken: Record<NewPinReason, boolean> = {
    'too-short': bytes < min,
    'too-long': bytes > max,
    characters: !/^[\x21-\x7e]*$/.test(pin),
    default: isDefaultPin(pin),
    repeat: isRepeat(plain),
    sequence: isSequences(plain),
    date: isDate(plain),
    'same-as-old': known.isOld?.(pin) ?? false,
    'same-as-so': known.isSo?.(pin) ?? false,
  };
  return newPinReasons.filter((reason) => broken[reason]);
}

/** Why this can't be the new PIN, the first reason in the order of `newPinReasons`; null: it can. */
export function refusalOfNewPin(pin: string, limits: PinLimits, known: KnownPins = {}): NewPinReason | null {
  return refusalsOfNewPin(pin, limits, known)[0] ?? null;
}

/**
 * Advice, not a rule: a key counts tries, so that ten digits are as good as a long password; what matters is that
 * nobody guesses it. weak: fewer than 6 characters, or fewer than 4 different ones; strong: 8 or more of two or more
 * kinds (capitals, small letters, digits, others), or 10 or more; fair: what lies between.
 */
export function pinStrength(pin: string): PinStrength {
  const length = [...pin].length;
  const different = new Set(pin).size;
  if (length < 6 || different < 4) return 'weak';
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(pin)).length;
  if ((length >= 8 && kinds >= 2 && different >= 5) || (length >= 10 && different >= 6)) return 'strong';
  return 'fair';
}
