const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY';

/**
 * The unified social credit code (GB 32100-2015) of 17 given characters: they and their check character.
 * Weights are 3^(i-1) mod 31.
 */
export function withUsccCheck(first17: string): string {
  let sum = 0;
  let weight = 1;
  for (const character of first17) {
    const value = alphabet.indexOf(character);
    if (value < 0) throw new RangeError(`${character} is no character of a unified social credit code`);
    sum += value * weight;
    weight = (weight * 3) % 31;
  }
  if (first17.length !== 17) throw new RangeError('17 characters are needed');
  return first17 + alphabet[(31 - (sum % 31)) % 31];
}
