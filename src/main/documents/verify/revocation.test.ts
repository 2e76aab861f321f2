import { expect, test } from 'vitest';
import type { SignatureReport, Verification } from '../../../shared/domain/index.ts';
import { withRevocations } from './revocation.ts';

const report: SignatureReport = {
  field: 'Seal',
  signer: 'Practice unit',
  unit: '',
  issuer: '',
  certificateSha256: 'aa',
  certificateSerial: '',
  notBefore: null,
  notAfter: null,
  signedAt: '2026-03-01T00:00:00.000Z',
  timeSource: 'claimed',
  integrity: 'intact',
  coverage: 'whole-file',
  changesAfter: [],
  changesAllowed: true,
  trust: 'trusted',
  reason: 'intact-trusted',
  subFilter: '',
  level: '',
  digestAlgorithm: '',
  signatureAlgorithm: '',
  keyType: '',
  byteRange: [],
  widgets: [],
  chain: [],
  seal: null,
};

function judged(more: Partial<SignatureReport>, at: string | null) {
  const verification = {
    verdict: 'valid',
    limited: false,
    sentence: 'one-valid',
    signatures: [{ ...report, ...more }],
  } as unknown as Verification;
  const { verdict, limited, signatures } = withRevocations(verification, (sha256) =>
    at !== null && sha256 === 'aa' ? { at: new Date(at), reason: 'keyCompromise' } : undefined,
  );
  return { verdict, limited, trust: signatures[0]!.trust, reason: signatures[0]!.reason };
}

const valid = { verdict: 'valid', limited: false, trust: 'trusted', reason: 'intact-trusted' };
const revoked = { verdict: 'invalid', limited: false, trust: 'revoked', reason: 'certificate-revoked' };
const unproven = {
  verdict: 'invalid',
  limited: true,
  trust: 'unknown',
  reason: 'certificate-revoked-later',
};
const [earlier, later] = ['2026-02-01T00:00:00Z', '2026-04-01T00:00:00Z'];

test.each([
  ['nothing is known', {}, null, valid],
  ['another certificate is revoked', { certificateSha256: 'bb' }, earlier, valid],
  ['signed after it, as it says itself', {}, earlier, revoked],
  ['signed after it, as a timestamp says', { timeSource: 'timestamp' }, earlier, revoked],
  ['signed in the same moment', {}, report.signedAt, revoked],
  ['nobody tells when', { signedAt: null, timeSource: 'none' }, later, revoked],
  ['signed before it, as it says itself', {}, later, unproven],
  ['signed before it, as a timestamp proves', { timeSource: 'timestamp' }, later, valid],
  ['expired as well', { trust: 'expired', reason: 'certificate-expired' }, earlier, revoked],
] as const)('%s', (_, more, at, expected) => {
  expect(judged(more, at)).toEqual(expected);
});

test('what was broken or changed is told as that', () => {
  const broken = { integrity: 'broken', trust: 'unknown', reason: 'digest-mismatch' } as const;
  expect(judged(broken, earlier)).toMatchObject({ trust: 'unknown', reason: 'digest-mismatch' });
  const changed = { changesAllowed: false, reason: 'content-changed-after' } as const;
  expect(judged(changed, earlier)).toMatchObject({ trust: 'revoked', reason: 'content-changed-after' });
});
