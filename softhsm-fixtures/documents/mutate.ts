import fc from 'fast-check';

/** One way to spoil a file. Positions are taken modulo its length. */
export type Mutation =
  | { kind: 'cut'; at: number }
  | { kind: 'flip'; at: number; value: number }
  | { kind: 'splice'; at: number; from: number; length: number }
  | { kind: 'insert'; at: number; text: string };

const words = [
  '<<',
  '>>',
  '[',
  '(',
  ' 0 R',
  '99999999999',
  '-1',
  'endobj',
  'endstream',
  'stream\n',
  'xref',
  'trailer',
];
const entries = [
  '/Prev 10',
  '/Length 1',
  '/Kids[2 0 R]',
  '/Count 9',
  '/Type/ObjStm',
  '/Encrypt 3 0 R',
  '/Filter/LZWDecode',
  'null',
];

const position = fc.nat(1 << 30);

/** One to six mutations; the seed of a failing run is printed by fast-check. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('cut' as const), at: position }),
    fc.record({ kind: fc.constant('flip' as const), at: position, value: fc.nat(255) }),
    fc.record({ kind: fc.constant('splice' as const), at: position, from: position, length: fc.nat(300) }),
    fc.record({
      kind: fc.constant('insert' as const),
      at: position,
      text: fc.constantFrom(...words, ...entries),
    }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** A spoiled copy of a file. */
export function mutate(original: Buffer, changes: Mutation[]): Buffer {
  let bytes = Buffer.from(original);
  for (const change of changes) {
    const at = change.at % Math.max(1, bytes.length);
    const before = bytes.subarray(0, at);
    const after = bytes.subarray(at);
    if (change.kind === 'cut') bytes = before;
    else if (change.kind === 'insert')
      bytes = Buffer.concat([before, Buffer.from(change.text, 'latin1'), after]);
    else if (change.kind === 'splice') {
      const from = change.from % Math.max(1, bytes.length);
      bytes = Buffer.concat([before, bytes.subarray(from, from + change.length), after]);
    } else {
      bytes = Buffer.from(bytes);
      if (at < bytes.length) bytes[at] = change.value;
    }
  }
  return bytes;
}
