import type { NameFacts } from './names.ts';

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';
/** 18 characters of the alphabet, as they stand in a name: on their own, or behind a word like "USCC-" or "NTRCN-". */
const pattern = /(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])/;

/** Whether the check character of a unified social credit code fits (GB 32100-2015: weights 3^(i-1) mod 31). */
function creditCodeFits(code: string): boolean {
  if (code.length !== 18) return false;
  let sum = 0;
  let weight = 1;
  for (const character of code.slice(0, 17)) {
    const value = alphabet.indexOf(character);
    if (value < 0) return false;
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  return alphabet[(31 - (sum % 31)) % 31] === code[17];
}

/**
 * The unit's credit code in a subject, wherever the authority put it (organizationIdentifier, serialNumber, OU ...);
 * null where nothing looks like one.
 */
export function creditCodeOf(name: NameFacts): { value: string; valid: boolean } | null {
  const first = ['2.5.4.97', '2.5.4.5'];
  const values = [...name.attributes].sort(
    (a, b) => Number(first.includes(b.type)) - Number(first.includes(a.type)),
  );
  const found = values.map(({ value }) => pattern.exec(value)?.[0]).filter((code) => code !== undefined);
  const code = found.find(creditCodeFits) ?? found[0];
  return code === undefined ? null : { value: code, valid: creditCodeFits(code) };
}
