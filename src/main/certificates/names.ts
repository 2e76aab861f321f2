import { DerError, type DerNode, readOid, readText, tags } from './der.ts';

/** Attribute types that a name is written with (RFC 4514 section 3, RFC 4519, X.520). */
const shortNames: Record<string, string> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.42': 'GN',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

export interface NameAttribute {
  /** Dotted object identifier. */
  type: string;
  value: string;
}

/** A distinguished name for people and for comparing. */
export interface NameFacts {
  /** RFC 4514: most specific part first. */
  text: string;
  /** DER of the whole Name. */
  raw: Uint8Array;
  /** Every attribute in the order of the encoding. */
  attributes: readonly NameAttribute[];
  commonName: string | null;
  organization: string | null;
  organizationalUnit: string | null;
  country: string | null;
  /** organizationIdentifier (2.5.4.97), where units keep their registration number. */
  organizationIdentifier: string | null;
}

/** Relative names in one name; the largest seen in the field has about a dozen. */
const partLimit = 100;

/** Escapes as RFC 4514 2.4 wants it. Control characters, which could break a line or hide text, become hex pairs. */
function escapeValue(value: string): string {
  return (
    value
      .replace(/[\\",+;<>=]/g, '\\$&')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is being escaped
      .replace(/[\u0000-\u001f\u007f]/g, (c) => `\\${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
      .replace(/^[ #]/, '\\$&')
      .replace(/(?<!\\) $/, '\\ ')
  );
}

interface Attribute extends NameAttribute {
  node: DerNode;
  isText: boolean;
}

function readAttribute(node: DerNode): Attribute {
  const type = readOid(node.as(tags.sequence).at(0));
  const value = node.at(1);
  if (node.children.length !== 2) throw new DerError('an attribute has a type and a value');
  try {
    return { type, value: readText(value), node: value, isText: true };
  } catch (error) {
    // An attribute of another type (a bit string, say) is legal: RFC 4514 writes it as # and hex.
    if (!(error instanceof DerError)) throw error;
    return { type, value: `#${Buffer.from(value.raw).toString('hex')}`, node: value, isText: false };
  }
}

/**
 * Reads a Name (RFC 5280 4.1.2.4).
 * @throws DerError
 */
export function readName(node: DerNode): NameFacts {
  const parts = node.as(tags.sequence).children;
  if (parts.length > partLimit) throw new DerError('a name of too many parts');
  const attributes: NameAttribute[] = [];
  const texts: string[] = [];
  for (const part of parts) {
    const members = part.as(tags.set).children;
    if (members.length === 0 || members.length > partLimit)
      throw new DerError('a part of a name is empty or too large');
    const pieces = members.map((member) => {
      const { type, value, node: encoded, isText } = readAttribute(member);
      attributes.push({ type, value });
      const short = shortNames[type];
      if (short !== undefined && isText) return `${short}=${escapeValue(value)}`;
      return `${short ?? type}=#${Buffer.from(encoded.raw).toString('hex')}`;
    });
    texts.unshift(pieces.join('+'));
  }
  // The last one is the most specific one, which is what people mean by "the" unit.
  const last = (type: string) => attributes.findLast((attribute) => attribute.type === type)?.value ?? null;
  return {
    text: texts.join(','),
    raw: node.raw,
    attributes,
    commonName: last('2.5.4.3'),
    organization: last('2.5.4.10'),
    organizationalUnit: last('2.5.4.11'),
    country: last('2.5.4.6'),
    organizationIdentifier: last('2.5.4.97'),
  };
}

const folded = new WeakMap<NameFacts, string>();

/** Folds case and inner spaces, so that names whose string types differ still meet (RFC 5280 7.1). */
function comparable(name: NameFacts): string {
  const known = folded.get(name);
  if (known !== undefined) return known;
  const fold = (value: string) => value.normalize('NFKC').trim().replace(/\s+/g, ' ').toLowerCase();
  const text = JSON.stringify(name.attributes.map(({ type, value }) => [type, fold(value)]));
  folded.set(name, text);
  return text;
}

/** Whether two names are the same one (RFC 5280 7.1). */
export function sameName(a: NameFacts, b: NameFacts): boolean {
  return Buffer.compare(a.raw, b.raw) === 0 || comparable(a) === comparable(b);
}
