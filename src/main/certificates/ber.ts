import { DerError, derLimits, element, tags } from './der.ts';

const elementLimit = 200_000;
const stringTags: ReadonlySet<number> = new Set([
  tags.bitString,
  tags.octetString,
  tags.utf8String,
  tags.numericString,
  tags.printableString,
  tags.teletexString,
  tags.ia5String,
  tags.utcTime,
  tags.generalizedTime,
  tags.visibleString,
  tags.universalString,
  tags.bmpString,
]);

interface Piece {
  der: Buffer;
  next: number;
}

/**
 * Rewrites the BER element that `bytes` begin with into definite, minimal lengths and primitive strings; what follows
 * is left out (`consumed` tells how long the element was). The order of SETs stays as it came: a signature over
 * attributes covers the order its maker wrote. DER comes out as it went in.
 * @throws DerError for what is cut off, nested too deep or of too many parts
 */
export function berToDer(bytes: Uint8Array): { der: Buffer; consumed: number } {
  let count = 0;

  const convert = (at: number, end: number, depth: number): Piece => {
    if (++count > elementLimit) throw new DerError('too many elements');
    if (depth > derLimits.depth) throw new DerError('nested too deep');
    if (at + 2 > end) throw new DerError('an element is cut off');
    const tag = bytes[at]!;
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag number above 30');
    const constructed = (tag & 0x20) !== 0;
    let start = at + 2;
    let length = bytes[at + 1]!;
    if (length === 0x80) {
      if (!constructed) throw new DerError('an indefinite length of a primitive element');
      const members: Buffer[] = [];
      for (;;) {
        if (start + 2 > end) throw new DerError('an element has no end');
        if (bytes[start] === 0 && bytes[start + 1] === 0) break;
        const piece = convert(start, end, depth + 1);
        members.push(piece.der);
        start = piece.next;
      }
      return { der: rebuild(tag, members), next: start + 2 };
    }
    if (length > 0x80) {
      const size = length & 0x7f;
      if (start + size > end) throw new DerError('an element is cut off');
      length = 0;
      for (let i = 0; i < size; i++) {
        length = length * 256 + bytes[start + i]!;
        if (length > bytes.length) throw new DerError('an element is longer than what holds it');
      }
      start += size;
    }
    if (start + length > end) throw new DerError('an element is longer than what holds it');
    if (!constructed)
      return { der: element(tag, bytes.subarray(start, start + length)), next: start + length };
    const members: Buffer[] = [];
    for (let inside = start; inside < start + length; ) {
      const piece = convert(inside, start + length, depth + 1);
      members.push(piece.der);
      inside = piece.next;
    }
    return { der: rebuild(tag, members), next: start + length };
  };

  const { der, next } = convert(0, bytes.length, 0);
  return { der, consumed: next };
}

/** A constructed string of a universal type becomes a primitive one; everything else keeps its members. */
function rebuild(tag: number, members: readonly Buffer[]): Buffer {
  const primitive = tag & ~0x20;
  if ((tag & 0xc0) !== 0 || !stringTags.has(primitive)) return element(tag, ...members);
  const contents = members.map((member) => {
    if (member[0] !== primitive) throw new DerError('a piece of a string of another type');
    const head = member[1]! < 0x80 ? 2 : 2 + (member[1]! & 0x7f);
    return member.subarray(head);
  });
  if (primitive !== tags.bitString) return element(primitive, ...contents);
  const last = contents.length - 1;
  if (contents.some((content, index) => content.length === 0 || (index < last && content[0] !== 0))) {
    throw new DerError('a piece of a bit string that is not whole bytes');
  }
  const unused = contents[last]?.subarray(0, 1) ?? Buffer.of(0);
  return element(primitive, unused, ...contents.map((content) => content.subarray(1)));
}
