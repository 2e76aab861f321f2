/**
 * The part of Structured Field Values (RFC 9651) that signature fields are made of: dictionaries whose members are byte
 * sequences or lists of strings, with parameters. Strict: what the RFC wants ignored or overwritten (a key that stands
 * twice) is refused here, because two readers of one signature must never see different things.
 */

/** The text is no structured field of a kind that signatures use. */
export class FieldError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FieldError';
  }
}

export type BareItem = string | number | boolean | Uint8Array | { token: string };
export type Parameters = Map<string, BareItem>;
export interface Item {
  value: BareItem;
  parameters: Parameters;
}
export interface InnerList {
  items: Item[];
  parameters: Parameters;
}
export type Member = Item | InnerList;

/** Largest field that is read, and how many members a dictionary, a list or a set of parameters may have. */
const limits = { length: 8192, members: 32 };

const keyPattern = /[a-z*][a-z0-9_.*-]*/y;
const integerPattern = /-?\d{1,15}/y;
const stringPattern = /"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"/y;
const tokenPattern = /[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y;
const bytesPattern = /:([A-Za-z0-9+/]*={0,2}):/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    if (text.length > limits.length) throw new FieldError('too long');
    this.#text = text;
  }

  get ended(): boolean {
    return this.#at === this.#text.length;
  }

  skip(characters: string): void {
    while (!this.ended && characters.includes(this.#text[this.#at]!)) this.#at++;
  }

  take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  need(character: string): void {
    if (!this.take(character)) throw new FieldError(`no ${character} at ${this.#at}`);
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) throw new FieldError(`not readable at ${this.#at}`);
    this.#at = pattern.lastIndex;
    return found[1] ?? found[0];
  }

  bareItem(): BareItem {
    const first = this.#text[this.#at] ?? '';
    if (first === '"') return this.match(stringPattern).replace(/\\(.)/g, '$1');
    if (first === ':') return readBase64(this.match(bytesPattern));
    if (first === '?') {
      this.#at++;
      if (this.take('1')) return true;
      this.need('0');
      return false;
    }
    if (/[-\d]/.test(first)) {
      const integer = Number(this.match(integerPattern));
      // Decimals and longer numbers have no place in a signature.
      if (/[\d.]/.test(this.#text[this.#at] ?? '')) throw new FieldError('no integer');
      return integer;
    }
    return { token: this.match(tokenPattern) };
  }

  parameters(): Parameters {
    const parameters: Parameters = new Map();
    while (this.take(';')) {
      this.skip(' ');
      const key = this.match(keyPattern);
      if (parameters.has(key)) throw new FieldError(`${key} stands twice`);
      if (parameters.size === limits.members) throw new FieldError('too many parameters');
      parameters.set(key, this.take('=') ? this.bareItem() : true);
    }
    return parameters;
  }

  item(): Item {
    const value = this.bareItem();
    return { value, parameters: this.parameters() };
  }

  member(): Member {
    if (!this.take('(')) return this.item();
    const items: Item[] = [];
    for (;;) {
      this.skip(' ');
      if (this.take(')')) return { items, parameters: this.parameters() };
      if (items.length === limits.members) throw new FieldError('too many items');
      items.push(this.item());
      const next = this.#text[this.#at];
      if (next !== ' ' && next !== ')') throw new FieldError(`items without a space at ${this.#at}`);
    }
  }
}

function readBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new FieldError('base64 that is not in its one right form');
  return bytes;
}

/**
 * Reads a dictionary (RFC 9651 4.2.2).
 * @throws FieldError
 */
export function readDictionary(text: string): Map<string, Member> {
  const reader = new Reader(text);
  const members = new Map<string, Member>();
  reader.skip(' ');
  while (!reader.ended) {
    const key = reader.match(keyPattern);
    if (members.has(key)) throw new FieldError(`${key} stands twice`);
    if (members.size === limits.members) throw new FieldError('too many members');
    const member = reader.take('=') ? reader.member() : { value: true, parameters: reader.parameters() };
    members.set(key, member);
    reader.skip(' \t');
    if (reader.ended) return members;
    reader.need(',');
    reader.skip(' \t');
    if (reader.ended) throw new FieldError('a comma at the end');
  }
  return members;
}

function writeBareItem(value: BareItem): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'boolean') return value ? '?1' : '?0';
  if (typeof value === 'number') return String(value);
  if (value instanceof Uint8Array) return `:${Buffer.from(value).toString('base64')}:`;
  return value.token;
}

/**
 * A string in its quotes (RFC 9651 4.1.6).
 * @throws FieldError when it has characters that a field can't carry
 */
export function writeString(text: string): string {
  if (!/^[\x20-\x7e]*$/.test(text)) throw new FieldError('characters that a string can not have');
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function writeParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([key, value]) => (value === true ? `;${key}` : `;${key}=${writeBareItem(value)}`))
    .join('');
}

/** An inner list with its parameters in its one serialised form (RFC 9651 4.1.1.1). */
export function writeInnerList(list: InnerList): string {
  const items = list.items.map((item) => writeBareItem(item.value) + writeParameters(item.parameters));
  return `(${items.join(' ')})${writeParameters(list.parameters)}`;
}
