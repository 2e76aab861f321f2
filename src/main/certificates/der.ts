/**
 * DER (X.690) as raw bytes: a strict reader that keeps every element's own slice, because signatures run over the bytes
 * that came in and never over a re-encoding, and small writer functions. BER of others goes through `berToDer` first.
 */

/** The bytes are no DER, or not of the shape that was asked for. Callers turn it into a code of their own. */
export class DerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DerError';
  }
}

export const derLimits = {
  /** Nesting of constructed elements. The deepest real structure (a timestamp in a CMS) needs about 20. */
  depth: 40,
  /** Elements directly inside one element: a large revocation list has some 100,000. */
  children: 200_000,
};

/** Identifier octets of the universal types that X.509 and CMS use. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nul: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
} as const;

/** The identifier octet of a context tag: `[number]`, constructed or primitive. */
export function contextTag(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

const constructedBit = 0x20;

/** Length of header and content of the element at `at`. Definite, minimal lengths and tag numbers below 31 only. */
function measure(bytes: Uint8Array, at: number, end: number): { header: number; length: number } {
  if (at + 2 > end) throw new DerError('an element is cut off');
  if ((bytes[at]! & 0x1f) === 0x1f) throw new DerError('a tag number above 30');
  const first = bytes[at + 1]!;
  if (first < 0x80) {
    if (at + 2 + first > end) throw new DerError('an element is longer than what holds it');
    return { header: 2, length: first };
  }
  const count = first & 0x7f;
  if (count === 0) throw new DerError('an indefinite length');
  // Four bytes reach 4 GB, more than any buffer that gets here.
  if (count > 4 || at + 2 + count > end) throw new DerError('a length that is not possible');
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + bytes[at + 2 + i]!;
  if (length < 0x80 || bytes[at + 2] === 0) throw new DerError('a length that is not minimal');
  if (at + 2 + count + length > end) throw new DerError('an element is longer than what holds it');
  return { header: 2 + count, length };
}

/** One element. `raw` and `value` are views into the bytes that were read, not copies. */
export class DerNode {
  /** The identifier octet: class, constructed bit and number. */
  readonly tag: number;
  /** The whole element. */
  readonly raw: Uint8Array;
  /** The content octets. */
  readonly value: Uint8Array;
  readonly #depth: number;
  #children: DerNode[] | undefined;

  constructor(raw: Uint8Array, header: number, depth: number) {
    this.tag = raw[0]!;
    this.raw = raw;
    this.value = raw.subarray(header);
    this.#depth = depth;
  }

  get constructed(): boolean {
    return (this.tag & constructedBit) !== 0;
  }

  /**
   * The elements inside, read on first use.
   * @throws DerError when this one is primitive, too deep, or what is inside does not fill it exactly
   */
  get children(): readonly DerNode[] {
    if (this.#children) return this.#children;
    if (!this.constructed) throw new DerError('a primitive element has no members');
    if (this.#depth >= derLimits.depth) throw new DerError('nested too deep');
    const children: DerNode[] = [];
    for (let at = 0; at < this.value.length; ) {
      if (children.length >= derLimits.children) throw new DerError('too many members');
      const { header, length } = measure(this.value, at, this.value.length);
      const raw = this.value.subarray(at, at + header + length);
      children.push(new DerNode(raw, header, this.#depth + 1));
      at += header + length;
    }
    this.#children = children;
    return children;
  }

  /** The member at `index`; DerError when there is none. */
  at(index: number): DerNode {
    const child = this.children[index];
    if (!child) throw new DerError(`member ${index} is missing`);
    return child;
  }

  /** This element, when it has the identifier octet that is wanted; DerError otherwise. */
  as(tag: number): DerNode {
    if (this.tag !== tag) throw new DerError(`tag ${hex(this.tag)} where ${hex(tag)} is wanted`);
    return this;
  }

  /** The one member of an EXPLICIT tag. */
  get inner(): DerNode {
    if (this.children.length !== 1) throw new DerError('an explicit tag holds one element');
    return this.at(0);
  }
}

function hex(tag: number): string {
  return tag.toString(16).padStart(2, '0');
}

/**
 * Reads one element that fills `bytes` exactly.
 * @throws DerError
 */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readFirst(bytes);
  if (node.raw.length !== bytes.length) throw new DerError('bytes after the element');
  return node;
}

/** Reads the element that `bytes` begin with; what follows it is not looked at. */
export function readFirst(bytes: Uint8Array): DerNode {
  const { header, length } = measure(bytes, 0, bytes.length);
  return new DerNode(bytes.subarray(0, header + length), header, 0);
}

// Readers of values: each checks the identifier octet (`tag` for IMPLICIT ones) and the strict form of the content.

export function readBoolean(node: DerNode, tag: number = tags.boolean): boolean {
  const { value } = node.as(tag);
  if (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff)) throw new DerError('no DER boolean');
  return value[0] === 0xff;
}

/** Content octets of an INTEGER, two's complement, checked to be minimal. */
export function readIntegerBytes(node: DerNode, tag: number = tags.integer): Uint8Array {
  const { value } = node.as(tag);
  if (value.length === 0) throw new DerError('an empty integer');
  if (value.length > 1) {
    const sign = value[1]! & 0x80;
    if ((value[0] === 0 && !sign) || (value[0] === 0xff && sign))
      throw new DerError('an integer that is not minimal');
  }
  return value;
}

export function readInteger(node: DerNode, tag: number = tags.integer): bigint {
  const bytes = readIntegerBytes(node, tag);
  const unsigned = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  return bytes[0]! & 0x80 ? unsigned - (1n << BigInt(bytes.length * 8)) : unsigned;
}

/** An INTEGER that is a small number: a version, a length. */
export function readSmallInteger(node: DerNode, tag: number = tags.integer): number {
  const bytes = readIntegerBytes(node, tag);
  if (bytes.length > 4) throw new DerError('an integer that is too large here');
  return Number(readInteger(node, tag));
}

/** Dotted text of an OBJECT IDENTIFIER. */
export function readOid(node: DerNode, tag: number = tags.oid): string {
  const { value } = node.as(tag);
  if (value.length === 0 || value.length > 64)
    throw new DerError('an object identifier of no possible length');
  const arcs: bigint[] = [];
  let arc = 0n;
  let open = false;
  for (const byte of value) {
    if (!open && byte === 0x80) throw new DerError('an object identifier that is not minimal');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    open = (byte & 0x80) !== 0;
    if (!open) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  if (open) throw new DerError('an object identifier is cut off');
  const [first, ...rest] = arcs;
  const root = first! < 40n ? 0n : first! < 80n ? 1n : 2n;
  return [root, first! - root * 40n, ...rest].join('.');
}

export function readOctets(node: DerNode, tag: number = tags.octetString): Uint8Array {
  return node.as(tag).value;
}

/** A BIT STRING. DER wants the unused bits to be zero. */
export function readBits(node: DerNode, tag: number = tags.bitString): { unused: number; bytes: Uint8Array } {
  const { value } = node.as(tag);
  const unused = value[0];
  if (unused === undefined || unused > 7 || (value.length === 1 && unused !== 0))
    throw new DerError('no bit string');
  if (unused > 0 && value[value.length - 1]! & ((1 << unused) - 1))
    throw new DerError('unused bits that are set');
  return { unused, bytes: value.subarray(1) };
}

/** A BIT STRING that holds whole bytes: keys, signatures. */
export function readBitBytes(node: DerNode, tag: number = tags.bitString): Uint8Array {
  const { unused, bytes } = readBits(node, tag);
  if (unused !== 0) throw new DerError('a bit string of whole bytes is wanted');
  return bytes;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeWide(value: Uint8Array, width: 2 | 4): string {
  if (value.length % width !== 0) throw new DerError('a text is cut off');
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length);
  let text = '';
  for (let at = 0; at < bytes.length; at += width) {
    const code = width === 2 ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at);
    if (code > 0x10ffff) throw new DerError('no character');
    // BMPString pairs of surrogates come out right because JavaScript joins them itself.
    text += width === 2 ? String.fromCharCode(code) : String.fromCodePoint(code);
  }
  return text;
}

/** The text of any character string type. Teletex is read as Latin-1, which is what its makers mean. */
export function readText(node: DerNode): string {
  const { tag, value } = node;
  switch (tag) {
    case tags.utf8String:
      try {
        return strictUtf8.decode(value);
      } catch {
        throw new DerError('no UTF-8');
      }
    case tags.printableString:
    case tags.ia5String:
    case tags.numericString:
    case tags.visibleString:
    case tags.teletexString:
      return Buffer.from(value).toString('latin1');
    case tags.bmpString:
      return decodeWide(value, 2);
    case tags.universalString:
      return decodeWide(value, 4);
    default:
      throw new DerError(`tag ${hex(tag)} is no text`);
  }
}

const utcTimeForm = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;
const generalizedTimeForm = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * UTCTime or GeneralizedTime in the form of RFC 5280 4.1.2.5: seconds present, Z. Fractions of a second are read too,
 * because timestamps (RFC 3161) have them.
 */
export function readTime(node: DerNode): Date {
  const utc = node.tag === tags.utcTime;
  if (!utc) node.as(tags.generalizedTime);
  const match = (utc ? utcTimeForm : generalizedTimeForm).exec(Buffer.from(node.value).toString('latin1'));
  if (!match) throw new DerError('no time');
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const fullYear = utc ? (year < 50 ? 2000 + year : 1900 + year) : year;
  const millis = Math.floor(Number(`0.${match[7] ?? '0'}`) * 1000);
  const date = new Date(0);
  date.setUTCFullYear(fullYear, month - 1, day);
  date.setUTCHours(hour, minute, second, millis);
  const same =
    date.getUTCFullYear() === fullYear &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  if (!same) throw new DerError('a time that does not exist');
  return date;
}

// Writers. Each returns a whole element.

/** An element of any identifier octet around content that is already encoded. */
export function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of content) length += part.length;
  let header: Buffer;
  if (length < 0x80) header = Buffer.of(tag, length);
  else {
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    header = Buffer.of(tag, 0x80 | bytes.length, ...bytes);
  }
  return Buffer.concat([header, ...content], header.length + length);
}

export function seq(...members: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, ...members);
}

/** SET OF: members in the ascending order of their encodings, as DER wants (X.690 11.6). */
export function setOf(...members: readonly Uint8Array[]): Buffer {
  return element(tags.set, ...[...members].sort(Buffer.compare));
}

export function bool(value: boolean): Buffer {
  return element(tags.boolean, Buffer.of(value ? 0xff : 0));
}

export function int(value: number | bigint): Buffer {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    bytes.unshift(Number(rest & 0xffn));
    rest >>= 8n;
  } while (!((rest === 0n && !(bytes[0]! & 0x80)) || (rest === -1n && bytes[0]! & 0x80)));
  return element(tags.integer, Buffer.from(bytes));
}

/** INTEGER from the bytes of a number that is not negative, most significant first. */
export function uint(bytes: Uint8Array): Buffer {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const trimmed = bytes.subarray(start);
  if (trimmed.length === 0) return int(0);
  return trimmed[0]! & 0x80 ? element(tags.integer, Buffer.of(0), trimmed) : element(tags.integer, trimmed);
}

/** @throws DerError when the dotted text is no object identifier */
export function oid(dotted: string): Buffer {
  if (!/^[012](\.(0|[1-9]\d*))+$/.test(dotted)) throw new DerError(`${dotted} is no object identifier`);
  const [root, second, ...rest] = dotted.split('.').map(BigInt) as [bigint, bigint, ...bigint[]];
  if (root < 2n && second > 39n) throw new DerError(`${dotted} is no object identifier`);
  const bytes: number[] = [];
  for (const arc of [root * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    bytes.push(...groups);
  }
  return element(tags.oid, Buffer.from(bytes));
}

export function nul(): Buffer {
  return element(tags.nul);
}

export function octets(bytes: Uint8Array): Buffer {
  return element(tags.octetString, bytes);
}

export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return element(tags.bitString, Buffer.of(unused), bytes);
}

export function utf8(text: string): Buffer {
  return element(tags.utf8String, Buffer.from(text, 'utf8'));
}

/** The digits of a time in UTC without its century or with it. */
function timeDigits(date: Date): string {
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0) {
    throw new DerError('a time that can not be written');
  }
  return date.toISOString().replace(/[-:T]|\.\d+/g, '');
}

export function utcTime(date: Date): Buffer {
  const year = date.getUTCFullYear();
  if (year < 1950 || year > 2049) throw new DerError('UTCTime reaches from 1950 to 2049');
  return element(tags.utcTime, Buffer.from(timeDigits(date).slice(2), 'latin1'));
}

export function generalizedTime(date: Date): Buffer {
  return element(tags.generalizedTime, Buffer.from(timeDigits(date), 'latin1'));
}

/** `[number] EXPLICIT` around one element. */
export function explicit(number: number, inner: Uint8Array): Buffer {
  return element(contextTag(number, true), inner);
}

/** `[number] IMPLICIT`: the same element under another tag; it stays primitive or constructed. */
export function implicit(number: number, encoded: Uint8Array): Buffer {
  const copy = Buffer.from(encoded);
  copy[0] = contextTag(number, (encoded[0]! & constructedBit) !== 0);
  return copy;
}

/** The same element under another identifier octet: `[0] IMPLICIT SET` back to SET before it is hashed. */
export function retag(encoded: Uint8Array, tag: number): Buffer {
  const copy = Buffer.from(encoded);
  copy[0] = tag;
  return copy;
}
