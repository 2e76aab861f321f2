import type { CareEntry } from '../../shared/domain/care.ts';
import type { BlankKey, KeyInfo, KeysSnapshot, PinState } from '../../shared/domain/keys.ts';

/** Acts that the staff do at the counter. */
export type CounterAct = 'token.unlock' | 'token.initialise' | 'so-pin.change';

/** What is chosen on the support screen: a key, a blank one, or neither. */
export type Chosen = { kind: 'key'; info: KeyInfo } | { kind: 'blank'; info: BlankKey };

export interface CaseForm {
  reason: string;
  reference: string;
  staff: string;
  /** A key that is made new: its name, and the serial number that allows it. */
  label: string;
  serial: string;
}

export function chosenOf(snapshot: KeysSnapshot | null, key: string | null): Chosen | null {
  const info = snapshot?.keys.find((one) => one.key === key);
  if (info) return { kind: 'key', info };
  const blank = snapshot?.blanks.find((one) => one.key === key);
  return blank ? { kind: 'blank', info: blank } : null;
}

/** The key that needs the counter most: a locked one, one without a PIN, else the first. */
export function proposed(snapshot: KeysSnapshot | null): string | null {
  const keys = snapshot?.keys ?? [];
  const needs = (state: PinState) => keys.find(({ pin }) => pin.state === state);
  return (needs('locked') ?? needs('not-set') ?? keys[0])?.key ?? snapshot?.blanks[0]?.key ?? null;
}

/** What can be done to it now, in the order of need. A locked SO PIN leaves nothing. */
export function actsFor(chosen: Chosen): CounterAct[] {
  if (chosen.kind === 'blank') return ['token.initialise'];
  if (chosen.info.pin.soState === 'locked' || chosen.info.error !== null) return [];
  return ['token.unlock', 'so-pin.change', 'token.initialise'];
}

/** A key that holds something, or may hold what it does not show, is made new only by its serial number. */
export function needsSerial(chosen: Chosen): boolean {
  return (
    chosen.kind === 'key' && (chosen.info.certificates.length > 0 || chosen.info.pin.state !== 'not-set')
  );
}

/** The word under `care:support.form.reasons` that fits best. */
export function usualReason(
  act: CounterAct,
  chosen: Chosen,
): 'locked' | 'forgotten' | 'first' | 'new' | 'so' {
  if (act === 'token.initialise') return 'new';
  if (act === 'so-pin.change') return 'so';
  if (chosen.kind === 'key' && chosen.info.pin.state === 'locked') return 'locked';
  if (chosen.kind === 'key' && chosen.info.pin.state === 'not-set') return 'first';
  return 'forgotten';
}

const plainSerial = (text: string) => text.replace(/[\s-]/g, '').toUpperCase();

/** Fields that are not right yet. */
export function missing(act: CounterAct, chosen: Chosen, form: CaseForm): (keyof CaseForm)[] {
  const wrong: (keyof CaseForm)[] = [];
  if (form.reason.trim() === '') wrong.push('reason');
  if (form.staff.trim() === '') wrong.push('staff');
  if (act !== 'token.initialise') return wrong;
  const bytes = new TextEncoder().encode(form.label.trim()).length;
  if (bytes === 0 || bytes > 32) wrong.push('label');
  if (needsSerial(chosen) && plainSerial(form.serial) !== plainSerial(chosen.info.serial))
    wrong.push('serial');
  return wrong;
}

/** Acts on this key that were cut off, newest first. */
export function cutOff(journal: readonly CareEntry[], chosen: Chosen | null): CareEntry[] {
  if (chosen?.kind !== 'key') return [];
  const { module, serial } = chosen.info;
  return journal.filter(
    ({ state, token }) =>
      (state === 'unknown' || state === 'started') && token.module === module && token.serial === serial,
  );
}
