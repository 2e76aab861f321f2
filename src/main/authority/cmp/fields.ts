import { DerError, type DerNode, der } from '../../certificates/index.ts';

const { tags } = der;

/** Members of one SEQUENCE OF in a message: certificates, texts, information. Nothing real comes near it. */
const memberLimit = 200;

/** Walks the members of a SEQUENCE in their order; optional ones are told by their identifier octet. */
export class Fields {
  readonly #members: readonly DerNode[];
  #at = 0;

  constructor(node: DerNode, tag: number = tags.sequence) {
    this.#members = node.as(tag).children;
  }

  next(): DerNode {
    const member = this.#members[this.#at];
    if (!member) throw new DerError('a field is missing');
    this.#at++;
    return member;
  }

  /** The next member when it has one of these identifier octets; null, and nothing taken, otherwise. */
  optional(...wanted: readonly number[]): DerNode | null {
    const member = this.#members[this.#at];
    if (!member || !wanted.includes(member.tag)) return null;
    this.#at++;
    return member;
  }

  /** What stands inside `[number] EXPLICIT`, or null when the tag is absent. */
  explicit(number: number): DerNode | null {
    return this.optional(der.contextTag(number, true))?.inner ?? null;
  }

  /** @throws DerError when something is left */
  end(): void {
    if (this.#at !== this.#members.length) throw new DerError('a field that is not known');
  }
}

/** Reads a SEQUENCE OF with each member by `read`; `least` members have to be there. */
export function readList<T>(
  node: DerNode,
  read: (member: DerNode) => T,
  { least = 1, tag = tags.sequence }: { least?: number; tag?: number } = {},
): T[] {
  const { children } = node.as(tag);
  if (children.length < least) throw new DerError('an empty list');
  if (children.length > memberLimit) throw new DerError('a list that is too long');
  return children.map(read);
}

/** Copies, so that what is kept of a message does not keep all of it, and nobody can change it. */
export function bytesOf(node: DerNode): Uint8Array {
  return Uint8Array.from(node.raw);
}

/** The values that are there: absent optional fields drop out of a SEQUENCE. */
export function present(...parts: readonly (Uint8Array | null)[]): Uint8Array[] {
  return parts.filter((part) => part !== null);
}
