import { YinkeyError } from '../../shared/errors/index.ts';
import type { RequestSigner } from '../authority/index.ts';
import type { CertificateFacts } from '../certificates/index.ts';
import type { TokenAct } from '../pkcs11/index.ts';

/**
 * A certificate's key on a token as the signer of requests (RFC 9421).
 * @throws YinkeyError certificate.key-unsupported
 */
export function requestSigner(
  act: Pick<TokenAct, 'sign'>,
  certificate: CertificateFacts,
  ckaId: string,
): RequestSigner {
  const { keyType, spki, der } = certificate;
  const rsa = /^RSA-\d+$/.test(keyType);
  if (!rsa && !/^EC-P(256|384)$/.test(keyType))
    throw new YinkeyError('certificate.key-unsupported', { keyType, scheme: '' });
  const hash = keyType === 'EC-P384' ? 'sha384' : 'sha256';
  const scheme = rsa ? 'rsa-pkcs1' : 'ecdsa';
  return {
    certificate: der,
    hash,
    sign: (message) => act.sign({ ckaId, spki }, scheme, hash, message),
  };
}
