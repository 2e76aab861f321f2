import type { RevocationReason } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { checkSignature, isWeak, type SignatureAlgorithm } from './algorithms.ts';
import { DerError, type DerNode, readDer, readOid, tags } from './der.ts';
import { sameName } from './names.ts';
import { oids } from './oids.ts';
import type { CertificateFacts } from './parse.ts';

/** Reasons by their number (RFC 5280 5.3.1); 7 was never given out. */
const reasons: readonly (RevocationReason | null)[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  null,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
];

/** A CRLReason, under whatever tag it stands. */
export function readReason(node: DerNode): RevocationReason {
  const reason = node.value.length === 1 ? reasons[node.value[0]!] : undefined;
  if (!reason) throw new DerError('no reason for a revocation');
  return reason;
}

/** How far the clocks of an authority and of this computer may differ, in milliseconds: five minutes. */
export const clockTolerance = 5 * 60_000;

/** How long an answer is used that does not say until when it may be, in milliseconds: an hour. */
export const unboundedLife = 60 * 60_000;

/** Places named in one certificate that are looked at. */
const placesLimit = 10;

/** Why an answer about a certificate, or a timestamp, is not believed: the detail `reason` of `authority.answer-untrusted`. */
export type DistrustReason =
  | 'signature-wrong'
  | 'signer-unknown'
  | 'signer-not-allowed'
  | 'signer-outdated'
  | 'algorithm-weak'
  | 'algorithm-unsupported'
  | 'extension-unknown'
  | 'other-certificate'
  | 'other-issuer'
  | 'other-request'
  | 'not-yet-valid'
  | 'out-of-date'
  | 'partial-list';

export function distrust(reason: DistrustReason): YinkeyError {
  return new YinkeyError('authority.answer-untrusted', { reason });
}

/** Runs a reader of an authority's bytes: what is no DER of that shape is told as `authority.answer-unreadable`. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    const unreadable =
      error instanceof DerError || (error instanceof YinkeyError && error.code === 'certificate.unreadable');
    if (!unreadable) throw error;
    throw new YinkeyError('authority.answer-unreadable', {}, { cause: error });
  }
}

/** Checks a signature whose digest must not be one that collisions can be made for. */
export function checkAnswerSignature(
  algorithm: SignatureAlgorithm,
  signer: CertificateFacts,
  signed: Uint8Array,
  signature: Uint8Array,
): void {
  if (algorithm.hash !== null && isWeak(algorithm.hash)) throw distrust('algorithm-weak');
  const check = checkSignature(algorithm, signer.spki, signed, signature);
  if (check === 'unsupported') throw distrust('algorithm-unsupported');
  if (check === 'wrong') throw distrust('signature-wrong');
}

/** Whether `issuer` is the authority that made `certificate`, by its name and its signature. */
export function issued(issuer: CertificateFacts, certificate: CertificateFacts): boolean {
  return (
    sameName(issuer.subject, certificate.issuer) &&
    checkSignature(certificate.signatureAlgorithm, issuer.spki, certificate.tbs, certificate.signature) ===
      'right'
  );
}

function extensionValue(facts: CertificateFacts, oid: string): DerNode | null {
  const extension = facts.extensions.find((entry) => entry.oid === oid);
  return extension ? readDer(extension.value) : null;
}

/** The addresses among GeneralNames; only such as can be asked over HTTP. */
function webAddress(name: DerNode): string | null {
  if (name.tag !== 0x86 || name.value.length > 2000) return null;
  const text = Buffer.from(name.value).toString('latin1');
  return /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? text : null;
}

/**
 * Where a certificate says that its issuer can be asked about it (authorityInfoAccess, RFC 5280 4.2.2.1): OCSP responders
 * and places of the issuer's certificate. Empty where it says nothing, or nothing that can be read.
 */
export function authorityAddresses(facts: CertificateFacts): { ocsp: string[]; issuers: string[] } {
  const found: { ocsp: string[]; issuers: string[] } = { ocsp: [], issuers: [] };
  try {
    const list = extensionValue(facts, oids.authorityInfoAccess)?.as(tags.sequence).children ?? [];
    for (const description of list.slice(0, placesLimit)) {
      const method = readOid(description.as(tags.sequence).at(0));
      const address = webAddress(description.at(1));
      if (address === null) continue;
      if (method === oids.ocsp) found.ocsp.push(address);
      if (method === oids.caIssuers) found.issuers.push(address);
    }
  } catch (error) {
    // An extension that informs and can't be read informs of nothing; the certificate itself is judged elsewhere.
    if (!(error instanceof DerError)) throw error;
  }
  return found;
}

/** The names under which a place is known: an issuingDistributionPoint has to name one of them. */
export interface ListPlace {
  urls: string[];
  /** DER of each GeneralName, hex. */
  names: string[];
}

/**
 * Where a certificate says that the list is which it would stand in (cRLDistributionPoints, RFC 5280 4.2.1.13). Places
 * of other issuers' lists and of lists for some reasons only are left out.
 */
export function listPlaces(facts: CertificateFacts): ListPlace[] {
  try {
    const points = extensionValue(facts, oids.crlDistributionPoints)?.as(tags.sequence).children ?? [];
    return points.slice(0, placesLimit).flatMap((point) => {
      const fields = point.as(tags.sequence).children;
      const name = fields.find(({ tag }) => tag === 0xa0)?.inner;
      if (fields.some(({ tag }) => tag === 0x81 || tag === 0xa2) || name?.tag !== 0xa0) return [];
      const names = name.children.slice(0, placesLimit);
      const urls = names.map(webAddress).filter((address) => address !== null);
      return [{ urls, names: names.map(({ raw }) => Buffer.from(raw).toString('hex')) }];
    });
  } catch (error) {
    // As above.
    if (!(error instanceof DerError)) throw error;
    return [];
  }
}
