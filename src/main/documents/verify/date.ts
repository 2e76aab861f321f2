/**
 * A PDF date (ISO 32000-2, 7.9.4): `D:YYYYMMDDHHmmSSOHH'mm'`, everything after the year optional. Without an offset
 * it is taken as UTC. Undefined when it is no date.
 */
export function parsePdfDate(text: string | undefined): Date | undefined {
  const match = /^D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:([Zz])|([+-])(\d\d)'?(\d\d)?'?)?/.exec(
    text ?? '',
  );
  if (!match) return undefined;
  const part = (index: number, otherwise: number) =>
    match[index] === undefined ? otherwise : Number(match[index]);
  const [month, day, hour, minute, second] = [part(2, 1), part(3, 1), part(4, 0), part(5, 0), part(6, 0)];
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59)
    return undefined;
  const offset = (part(9, 0) * 60 + part(10, 0)) * (match[8] === '-' ? -1 : 1);
  const time = Date.UTC(part(1, 0), month - 1, day, hour, minute, second) - offset * 60_000;
  return new Date(time);
}
