import type { RevocationReason } from '../../shared/domain/index.ts';
import { readSignatureAlgorithm, type SignatureAlgorithm } from './algorithms.ts';
import {
  DerError,
  type DerNode,
  readBitBytes,
  readBoolean,
  readDer,
  readInteger,
  readOctets,
  readOid,
  readSmallInteger,
  readTime,
  tags,
} from './der.ts';
import { type NameFacts, readName, sameName } from './names.ts';
import { oids } from './oids.ts';
import type { CertificateFacts } from './parse.ts';
import {
  checkAnswerSignature,
  clockTolerance,
  distrust,
  type ListPlace,
  listPlaces,
  reading,
  readReason,
} from './revocation.ts';

/** Bytes of a list that is read, at most (50 MB): the largest in the field have some 10 MB. */
export const listBytesLimit = 50 << 20;

/** What a list says to be about (issuingDistributionPoint, RFC 5280 5.2.5). */
interface Scope {
  /** GeneralNames of the place that it belongs to, hex; null: it names none. */
  places: string[] | null;
  only: 'user' | 'authority' | null;
}

/** A revocation list as it was read: whom it is from, its times, its scope. The entries stay bytes. */
export interface CrlFacts {
  der: Uint8Array;
  issuer: NameFacts;
  thisUpdate: Date;
  nextUpdate: Date;
  /** null: it has none. */
  number: bigint | null;
  tbs: Uint8Array;
  signatureAlgorithm: SignatureAlgorithm;
  signature: Uint8Array;
  /** Content of revokedCertificates; empty when nothing is revoked. */
  entries: Uint8Array;
  scope: Scope | null;
}

/** Where the element at `at` has its content, and where it ends; definite and minimal lengths only. */
function measure(bytes: Uint8Array, at: number, end: number): { start: number; end: number } {
  const first = bytes[at + 1]!;
  if (at + 2 > end) throw new DerError('an entry is cut off');
  let start = at + 2;
  let length = first;
  if (first >= 0x80) {
    const count = first & 0x7f;
    // An entry has a few dozen bytes: what needs more than three bytes for its length is none.
    if (count === 0 || count > 3 || start + count > end) throw new DerError('an entry of no possible length');
    length = 0;
    for (let i = 0; i < count; i++) length = (length << 8) | bytes[start + i]!;
    if (length < 0x80 || bytes[start] === 0) throw new DerError('a length that is not minimal');
    start += count;
  }
  if (start + length > end) throw new DerError('an entry is longer than what holds it');
  return { start, end: start + length };
}

function matches(bytes: Uint8Array, from: number, to: number, wanted: Uint8Array): boolean {
  if (to - from !== wanted.length) return false;
  // The ends of serial numbers differ more often than their beginnings.
  for (let i = wanted.length - 1; i >= 0; i--) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}

/** Critical extensions of an entry that are acted on. `certificateIssuer` belongs to indirect lists, which are refused. */
const entryExtensions: readonly string[] = [oids.reasonCode, oids.invalidityDate];

function readEntry(bytes: Uint8Array): RevokedEntry {
  const [, time, extensions, ...rest] = readDer(bytes).as(tags.sequence).children;
  if (!time || rest.length > 0) throw new DerError('no entry');
  let reason: RevocationReason | null = null;
  for (const extension of extensions?.as(tags.sequence).children ?? []) {
    const fields = extension.as(tags.sequence).children;
    const type = readOid(extension.at(0));
    if (fields.length < 2 || fields.length > 3) throw new DerError('no extension');
    if (fields.length === 3 && readBoolean(extension.at(1)) && !entryExtensions.includes(type))
      throw distrust('extension-unknown');
    if (type === oids.reasonCode)
      reason = readReason(readDer(readOctets(fields[fields.length - 1]!)).as(tags.enumerated));
  }
  // Only a delta takes something off a list (RFC 5280 5.3.1).
  if (reason === 'removeFromCRL') throw new DerError('a reason of deltas in a whole list');
  return { revokedAt: readTime(time), reason };
}

/** Whether an entry's extensions may hold a critical one: then it is read with care, whomever it is about. */
function hasCritical(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; ) {
    const extension = measure(bytes, at, to);
    const type = measure(bytes, extension.start, extension.end);
    if (bytes[type.end] === tags.boolean && type.end < extension.end) return true;
    at = extension.end;
  }
  return false;
}

export interface RevokedEntry {
  revokedAt: Date;
  reason: RevocationReason | null;
}

/**
 * Goes through all entries, building nothing for those about others: a list of 400,000 takes about a tenth of a second.
 * @param serial content octets of the serial number's INTEGER
 * @throws DerError where an entry is none; YinkeyError for a critical extension that is not known, on any entry
 *   (RFC 5280 5.3: such a list says nothing about anybody)
 */
function findEntry(entries: Uint8Array, serial: Uint8Array): RevokedEntry | null {
  let found: RevokedEntry | null = null;
  for (let at = 0; at < entries.length; ) {
    if (entries[at] !== tags.sequence) throw new DerError('no entry');
    const entry = measure(entries, at, entries.length);
    if (entries[entry.start] !== tags.integer) throw new DerError('an entry without a serial number');
    const number = measure(entries, entry.start, entry.end);
    const time = measure(entries, number.end, entry.end);
    const more = time.end < entry.end ? measure(entries, time.end, entry.end) : null;
    if (more && (more.end !== entry.end || entries[time.end] !== tags.sequence))
      throw new DerError('no entry');
    const ours = matches(entries, number.start, number.end, serial);
    if (ours || (more && hasCritical(entries, more.start, more.end))) {
      const read = readEntry(entries.subarray(at, entry.end));
      if (ours) found ??= read;
    }
    at = entry.end;
  }
  return found;
}

/** RFC 5280 5.2.5: all fields but the two names are flags that default to FALSE. */
function readScope(value: Uint8Array): Scope {
  const scope: Scope = { places: null, only: null };
  for (const field of readDer(value).as(tags.sequence).children) {
    if (field.tag === 0xa0) {
      const name = field.inner;
      // A name relative to the issuer's: in use nowhere.
      if (name.tag !== 0xa0) throw distrust('partial-list');
      scope.places = name.children.map(({ raw }) => Buffer.from(raw).toString('hex'));
    } else if (field.tag === 0x81 || field.tag === 0x82) {
      if (scope.only !== null) throw new DerError('a scope that nothing is in');
      if (readBoolean(field, field.tag)) scope.only = field.tag === 0x81 ? 'user' : 'authority';
    } else {
      // Some reasons only, indirect, attribute certificates only: what is not on such a list may still be revoked.
      throw distrust('partial-list');
    }
  }
  return scope;
}

function readExtensions(node: DerNode | undefined): Pick<CrlFacts, 'number' | 'scope'> {
  const found: Pick<CrlFacts, 'number' | 'scope'> = { number: null, scope: null };
  const seen = new Set<string>();
  for (const entry of node?.as(tags.sequence).children ?? []) {
    const fields = entry.as(tags.sequence).children;
    const type = readOid(entry.at(0));
    if (fields.length < 2 || fields.length > 3 || seen.has(type)) throw new DerError('no extensions');
    seen.add(type);
    const value = readOctets(fields[fields.length - 1]!);
    if (type === oids.cRLNumber) found.number = readInteger(readDer(value));
    else if (type === oids.issuingDistributionPoint) found.scope = readScope(value);
    // Changes against another list: not a whole one, critical or not.
    else if (type === oids.deltaCrlIndicator) throw distrust('partial-list');
    else if (fields.length === 3 && readBoolean(entry.at(1)) && type !== oids.authorityKeyIdentifier)
      throw distrust('extension-unknown');
  }
  return found;
}

function readCrl(bytes: Uint8Array): CrlFacts {
  if (bytes.length > listBytesLimit) throw new DerError('too large for a revocation list');
  const list = readDer(bytes).as(tags.sequence);
  if (list.children.length !== 3) throw new DerError('a revocation list has three members');
  const tbs = list.at(0).as(tags.sequence);
  const fields = [...tbs.children];
  const version = fields[0]?.tag === tags.integer ? readSmallInteger(fields.shift()!) : 0;
  if (version !== 0 && version !== 1) throw new DerError('no version of revocation lists');
  const [algorithm, issuer, thisUpdate, nextUpdate] = fields.splice(0, 4);
  if (!algorithm || !issuer || !thisUpdate || !nextUpdate)
    throw new DerError('a field of the list is missing');
  if (Buffer.compare(algorithm.raw, list.at(1).raw) !== 0)
    throw new DerError('the two signature algorithms differ');
  const entries = fields[0]?.tag === tags.sequence ? fields.shift()!.value : new Uint8Array();
  const extensions = fields[0]?.tag === 0xa0 && version === 1 ? fields.shift()!.inner : undefined;
  if (fields.length > 0) throw new DerError('a field of the list that is not known');
  return {
    der: bytes,
    issuer: readName(issuer),
    thisUpdate: readTime(thisUpdate),
    // RFC 5280 5.1.2.5: it is always there. A list without it would be good for ever.
    nextUpdate: readTime(nextUpdate),
    tbs: tbs.raw,
    signatureAlgorithm: readSignatureAlgorithm(list.at(1)),
    signature: readBitBytes(list.at(2)),
    entries,
    ...readExtensions(extensions),
  };
}

const pemForm = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/;

/** Some authorities serve their list as PEM, which RFC 5280 does not allow and every client reads. */
function withoutPem(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x2d) return bytes;
  const text = pemForm.exec(Buffer.from(bytes).toString('latin1'))?.[1];
  return text === undefined ? bytes : Buffer.from(text, 'base64');
}

/**
 * Reads a revocation list and checks that it is this issuer's, whole, and current at `at` (RFC 5280 section 5, 6.3.3).
 * Deltas, indirect lists and lists for some reasons only are refused.
 * @throws YinkeyError `authority.answer-unreadable`; `authority.answer-untrusted` {reason}
 */
export function openCrl(bytes: Uint8Array, issuer: CertificateFacts, at: Date): CrlFacts {
  return reading(() => {
    const crl = readCrl(withoutPem(bytes));
    if (!sameName(crl.issuer, issuer.subject)) throw distrust('other-issuer');
    if (issuer.keyUsage !== null && !issuer.keyUsage.has('cRLSign')) throw distrust('signer-not-allowed');
    checkAnswerSignature(crl.signatureAlgorithm, issuer, crl.tbs, crl.signature);
    const now = at.getTime();
    if (crl.thisUpdate.getTime() > now + clockTolerance) throw distrust('not-yet-valid');
    if (crl.nextUpdate.getTime() < now - clockTolerance || crl.nextUpdate < crl.thisUpdate)
      throw distrust('out-of-date');
    return crl;
  });
}

function belongs(scope: Scope, places: readonly ListPlace[]): boolean {
  if (scope.places === null) return true;
  const known = new Set(places.flatMap(({ names }) => names));
  return scope.places.some((name) => known.has(name));
}

/**
 * Looks a certificate of the list's issuer up. null: it does not stand on the list, and the list is one that it would
 * stand on.
 * @throws YinkeyError `authority.answer-unreadable`; `authority.answer-untrusted` {reason: partial-list} where the list
 *   is about other certificates
 */
export function lookUp(crl: CrlFacts, certificate: CertificateFacts): RevokedEntry | null {
  return reading(() => {
    if (!sameName(crl.issuer, certificate.issuer)) throw distrust('other-issuer');
    const { scope } = crl;
    if (scope) {
      const other = scope.only !== null && (scope.only === 'authority') !== certificate.isCa;
      if (other || !belongs(scope, listPlaces(certificate))) throw distrust('partial-list');
    }
    return findEntry(crl.entries, readDer(certificate.serialNumberDer).value);
  });
}
