/**
 * RC4, which old encrypted PDF files use (ISO 32000-1, 7.6.2). Electron's crypto library has left it out; it
 * protects nothing today and is here only to read what exists and to add to it in the same form.
 */
export function rc4(key: Uint8Array, data: Uint8Array): Buffer {
  const state = new Uint8Array(256);
  for (let index = 0; index < 256; index++) state[index] = index;
  for (let index = 0, other = 0; index < 256; index++) {
    const value = state[index] as number;
    other = (other + value + (key[index % key.length] as number)) & 255;
    state[index] = state[other] as number;
    state[other] = value;
  }
  const output = Buffer.allocUnsafe(data.length);
  let i = 0;
  let j = 0;
  for (let at = 0; at < data.length; at++) {
    i = (i + 1) & 255;
    const a = state[i] as number;
    j = (j + a) & 255;
    const b = state[j] as number;
    state[i] = b;
    state[j] = a;
    output[at] = (data[at] as number) ^ (state[(a + b) & 255] as number);
  }
  return output;
}
