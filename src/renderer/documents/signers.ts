import type {
  CertificateCard,
  CertificateInfo,
  KeyInfo,
  KeysSnapshot,
  TokenId,
} from '../../shared/domain/index.ts';
import { holderName } from '../look/format.ts';

/** A key and one of its certificates with which one can stamp. */
export interface Signer {
  /** Stable text for lists. */
  id: string;
  token: TokenId;
  key: KeyInfo;
  certificate: CertificateInfo;
  /** Its authority has said so: it can't stamp. */
  revoked: boolean;
}

function isUsable({ certificate: { validity }, revoked }: Signer): boolean {
  return !revoked && (validity === 'valid' || validity === 'soon');
}

/** What a card tells of a certificate's revocation. */
interface Known {
  certificate: Pick<CertificateInfo, 'sha256'>;
  status: Pick<CertificateCard['status'], 'revocation'>;
}

/**
 * Who can stamp: certificates for signing whose private key is on the plugged key, or may be (some keys show none
 * before login). Valid ones first, then those that last longest. `cards`: what is known of their revocation.
 */
export function signersOf(snapshot: KeysSnapshot | null, cards: readonly Known[]): Signer[] {
  const revoked = new Set(
    cards
      .filter(({ status }) => status.revocation === 'revoked')
      .map(({ certificate }) => certificate.sha256),
  );
  const signers: Signer[] = [];
  for (const key of snapshot?.keys ?? []) {
    for (const certificate of key.certificates) {
      if (certificate.isCa || !certificate.canSign || certificate.hasPrivateKey === false) continue;
      if (certificate.superseded) continue;
      const token = { module: key.module, serial: key.serial, label: key.label };
      signers.push({
        id: `${key.key} ${certificate.id}`,
        token,
        key,
        certificate,
        revoked: revoked.has(certificate.sha256),
      });
    }
  }
  const usable = (signer: Signer) => (isUsable(signer) ? 1 : 0);
  return signers.sort(
    (a, b) =>
      usable(b) - usable(a) || b.certificate.daysLeft - a.certificate.daysLeft || (a.id < b.id ? -1 : 1),
  );
}

/**
 * Who is proposed to stamp with a seal: the certificate that is named like the seal ("public seal"), where a usable one
 * is; else the first. The user sees and may change it.
 */
export function proposedSigner(signers: readonly Signer[], seal: { name: string } | null): Signer | null {
  const named = signers.find(
    (signer) => seal !== null && isUsable(signer) && holderName(signer.certificate).endsWith(seal.name),
  );
  return named ?? signers[0] ?? null;
}

/** Why nobody can stamp, as a word for texts: `documents:signer.none.<word>`. */
export function whyNoSigner(
  snapshot: KeysSnapshot | null,
): 'looking' | 'no-key' | 'no-certificate' | 'no-usable' {
  if (!snapshot || (snapshot.loading && snapshot.keys.length === 0)) return 'looking';
  if (snapshot.keys.length === 0) return 'no-key';
  const own = snapshot.keys.flatMap((key) => key.certificates).filter((certificate) => !certificate.isCa);
  return own.length === 0 ? 'no-certificate' : 'no-usable';
}
