import type { CertificateInfo } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import {
  type CertificateFacts,
  canSign,
  daysLeft,
  holderName,
  parseCertificate,
} from '../certificates/index.ts';
import type { TokenReport } from './api.ts';
import { sha256Hex } from './token-list.ts';

/** From so many days before the end on a certificate is "soon" over: when authorities begin to renew. */
const soonDays = 90;

type TokenCertificate = TokenReport['certificates'][number];

/** Reads certificates once, however often the tokens are polled. */
export class CertificateReader {
  #known = new WeakMap<Uint8Array, CertificateFacts | null>();
  #byHash = new Map<string, CertificateFacts | null>();

  /** null: it can't be read. */
  facts(der: Uint8Array): CertificateFacts | null {
    const known = this.#known.get(der);
    if (known !== undefined) return known;
    const hash = sha256Hex(der);
    let facts = this.#byHash.get(hash);
    if (facts === undefined) {
      facts = readable(der);
      // A driver that answers something new each time must not fill the memory.
      if (this.#byHash.size > 500) this.#byHash.clear();
      this.#byHash.set(hash, facts);
    }
    this.#known.set(der, facts);
    return facts;
  }
}

function readable(der: Uint8Array): CertificateFacts | null {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'certificate.unreadable') return null;
    throw error;
  }
}

function validityOf(facts: CertificateFacts, now: Date): CertificateInfo['validity'] {
  if (now < facts.notBefore) return 'not-yet-valid';
  if (now > facts.notAfter) return 'expired';
  return daysLeft(facts.notAfter, now) <= soonDays ? 'soon' : 'valid';
}

/**
 * A certificate as the windows show it. One that can't be read is shown with what is known of it (label, hash), as one
 * that can't sign and has no time: its dates are those of the epoch.
 */
export function certificateInfo(
  certificate: TokenCertificate,
  facts: CertificateFacts | null,
  now: Date,
): CertificateInfo {
  const { ckaId, label, der, hasPrivateKey } = certificate;
  const sha256 = sha256Hex(der);
  const own = { id: sha256.slice(0, 16), ckaId, label, hasPrivateKey, sha256 };
  if (!facts) {
    const never = new Date(0).toISOString();
    return {
      ...own,
      subject: '',
      issuer: '',
      holder: label,
      unit: '',
      issuerName: '',
      serialNumber: '',
      notBefore: never,
      notAfter: never,
      daysLeft: daysLeft(new Date(0), now),
      validity: 'expired',
      keyType: '',
      isCa: false,
      canSign: false,
    };
  }
  return {
    ...own,
    subject: facts.subject.text,
    issuer: facts.issuer.text,
    holder: holderName(facts.subject),
    unit: facts.subject.organization ?? '',
    issuerName: holderName(facts.issuer),
    serialNumber: facts.serialNumber,
    notBefore: facts.notBefore.toISOString(),
    notAfter: facts.notAfter.toISOString(),
    daysLeft: daysLeft(facts.notAfter, now),
    validity: validityOf(facts, now),
    keyType: facts.keyType,
    isCa: facts.isCa,
    canSign: canSign(facts),
  };
}
