import { YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, parseCertificate } from './parse.ts';

const sizeLimit = 8 << 20;
const countLimit = 2000;

/** One block of RFC 7468; what stands between blocks is commentary. */
const block = /-----BEGIN (?:X509 )?CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END (?:X509 )?CERTIFICATE-----/g;

/**
 * Reads a trust list: PEM certificates one after the other, or a single certificate in DER.
 * @throws YinkeyError `trust.unreadable` when it holds no certificate or one that can't be read
 */
export function parsePemCertificates(content: Uint8Array | string): CertificateFacts[] {
  if (content.length > sizeLimit) throw new YinkeyError('trust.unreadable', { reason: 'size' });
  if (typeof content !== 'string' && content[0] === 0x30) return [parseOne(content)];
  const text = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const found: CertificateFacts[] = [];
  for (const [, body] of text.matchAll(block)) {
    if (found.length >= countLimit) throw new YinkeyError('trust.unreadable', { reason: 'count' });
    found.push(parseOne(Buffer.from(body!, 'base64')));
  }
  if (found.length === 0) throw new YinkeyError('trust.unreadable', { reason: 'empty' });
  return found;
}

function parseOne(der: Uint8Array): CertificateFacts {
  try {
    return parseCertificate(der);
  } catch (error) {
    throw new YinkeyError('trust.unreadable', { reason: 'certificate' }, { cause: error });
  }
}
