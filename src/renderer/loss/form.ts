import type { CertificateCard } from '../../shared/domain/certificates.ts';
import type { LossRequest } from '../../shared/domain/seal-making.ts';

/** What is filled in before a loss is reported. */
export interface LossForm {
  reason: LossRequest['reason'];
  reporter: string;
  by: 'key' | 'account';
  /** SHA-256 of the certificate that signs; '' for none yet. */
  signer: string;
  creditCode: string;
  handler: string;
  reference: string;
}

export const emptyForm: LossForm = {
  reason: 'lost',
  reporter: '',
  by: 'key',
  signer: '',
  creditCode: '',
  handler: '',
  reference: '',
};

/** Certificates on other keys of the same unit that are plugged in and can sign. */
export function signersFor(lost: CertificateCard, cards: readonly CertificateCard[]): CertificateCard[] {
  return cards.filter(
    ({ certificate, token, plugged, superseded, status }) =>
      plugged &&
      !superseded &&
      status.revocation !== 'revoked' &&
      certificate.sha256 !== lost.certificate.sha256 &&
      // A second certificate on the lost key is lost with it.
      (token.serial !== lost.token.serial || token.label !== lost.token.label) &&
      certificate.hasPrivateKey !== false &&
      certificate.canSign &&
      certificate.daysLeft >= 0 &&
      certificate.unit !== '' &&
      certificate.unit === lost.certificate.unit,
  );
}

type Missing = 'reporter' | 'signer' | 'creditCode' | 'handler' | 'reference';

/** What has still to be filled in, in the order of the form. */
export function missingIn(form: LossForm): Missing[] {
  const needed: Missing[] =
    form.by === 'key' ? ['reporter', 'signer'] : ['reporter', 'creditCode', 'handler', 'reference'];
  return needed.filter((name) => form[name].trim() === '');
}
