import type { Language } from '../../shared/i18n/index.ts';

/** A day in a list: 2026-11-22, in the computer's time zone. '' where the text is no date. */
export function formatDate(iso: string | null): string {
  const date = parse(iso);
  if (!date) return '';
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${String(date.getFullYear()).padStart(4, '0')}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** A day and a time in a list: 2026-11-20 15:42. */
export function formatDateTime(iso: string | null): string {
  const date = parse(iso);
  if (!date) return '';
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${formatDate(iso)} ${pad(date.getHours())}:${pad(date.getMinutes())}`;
}

/** A day in a sentence: 2026年11月22日, 22 November 2026. */
export function formatDateLong(iso: string | null, language: Language): string {
  const date = parse(iso);
  return date ? cached(`d${language}`, () => dates(language, {})).format(date) : '';
}

/** A day and a time to the second in a sentence: 2026年11月20日 15:42:07. */
export function formatDateTimeLong(iso: string | null, language: Language): string {
  const date = parse(iso);
  if (!date) return '';
  const pad = (value: number) => String(value).padStart(2, '0');
  return `${formatDateLong(iso, language)} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** 1,090 */
export function formatNumber(value: number, language: Language): string {
  return cached(
    `n${language}`,
    () => new Intl.NumberFormat(locale(language), { maximumFractionDigits: 1 }),
  ).format(value);
}

/** Millimetres with one digit after the point: 42.0. The unit stands beside it in the text. */
export function formatMm(value: number, language: Language): string {
  return cached(
    `m${language}`,
    () =>
      new Intl.NumberFormat(locale(language), {
        minimumFractionDigits: 1,
        maximumFractionDigits: 1,
        useGrouping: false,
      }),
  ).format(value);
}

/** A file's size for people: 312 B, 4.2 kB, 96.0 MB (decimal units). */
export function formatBytes(bytes: number, language: Language): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? String(value) : formatMm(value, language)} ${units[unit]}`;
}

/** A serial number in groups of four, the last four apart: they are what people compare with the key in hand. */
export function serialParts(serial: string): { head: string; last: string } {
  const grouped = /^[0-9a-z]+$/i.test(serial) && serial.length > 4;
  const last = serial.slice(-4);
  const head = serial.slice(0, -4);
  if (!grouped) return { head, last };
  const offset = head.length % 4;
  const groups = head.slice(offset).match(/.{4}/g) ?? [];
  return { head: [head.slice(0, offset), ...groups].filter(Boolean).join(' '), last };
}

/** The holder without the unit in front of it, where that stands beside it anyway: "X Centre, public seal" -> "public seal". */
export function holderName({ holder, unit }: { holder: string; unit: string }): string {
  if (!unit || !holder.startsWith(unit)) return holder;
  return holder.slice(unit.length).replace(/^[\s,，·-]+/, '') || holder;
}

/** A long hex text (fingerprint, serial number) in groups of four. */
export function inGroups(hex: string): string {
  return (
    hex
      .toUpperCase()
      .match(/.{1,4}/g)
      ?.join(' ') ?? ''
  );
}

function parse(iso: string | null): Date | null {
  if (iso === null) return null;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? null : date;
}

const formats = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();
function cached<T extends Intl.DateTimeFormat | Intl.NumberFormat>(name: string, make: () => T): T {
  const found = formats.get(name) as T | undefined;
  if (found) return found;
  const made = make();
  formats.set(name, made);
  return made;
}

function locale(language: Language): string {
  return language === 'zh-CN' ? 'zh-CN' : 'en-GB';
}

function dates(language: Language, more: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(locale(language), {
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    ...more,
  });
}
