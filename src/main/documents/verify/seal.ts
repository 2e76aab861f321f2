import type { SealVerification, SignatureReport } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { type CertificateFacts, creditCodeOf } from '../../certificates/index.ts';
import {
  lookUpSeal,
  readSealExtensions,
  type Seal,
  type SealQuestion,
  type SealStatus,
  type SealStatusList,
  sealFacts,
  sealRefusal,
  verifySeal,
  verifyStatusList,
} from '../../seals/ses/index.ts';
import type { PdfFile, SignatureField } from '../pdf/index.ts';
import { embeddedSeals } from '../stamp/embedded-seal.ts';
import { pictureFacts } from '../stamp/picture.ts';
import { showsPicture } from './drawn.ts';

type SealReport = NonNullable<SignatureReport['seal']>;

/** With what the seals of a file are judged. */
export interface SealKnowledge {
  roots: readonly CertificateFacts[];
  /** Known to be revoked, by SHA-256 (hex); null: nobody says since when. */
  revoked: ReadonlyMap<string, Date | null>;
  /** Status lists of makers, DER; nothing in them is believed before its signature. */
  statusLists: readonly Uint8Array[];
  now: Date;
}

/** The signature that carries the seal. */
export interface SealCarrier {
  /** The file as this signature covers it. */
  file: PdfFile;
  field: SignatureField;
  byteRange: readonly [number, number, number, number];
  signer: CertificateFacts | null;
  /** Certificates that came along. */
  pool: readonly CertificateFacts[];
  /** The signing time as far as anybody tells it. */
  signedAt: Date | null;
  /** A timestamp tells it, not the signer's own clock. */
  proven: boolean;
}

const unknownStatus: SealReport['status'] = { state: 'unknown', since: null, asOf: null, stale: false };

/**
 * The electronic seal of a signature (GM/T 0031, 6.2; GB/T 38540): whether it is genuine, may be used with the signer's
 * certificate, was good at the signing time, and is what the page shows. Null: the signature carries none; then what it
 * shows is a signature picture.
 */
export async function judgeSeal(carrier: SealCarrier, knowledge: SealKnowledge): Promise<SealReport | null> {
  const { file, field, byteRange } = carrier;
  const [embedded, ...more] = embeddedSeals(file, field, byteRange);
  if (!embedded) return null;
  // A stamp has one seal: with two, nobody could say which of them was meant.
  if (!embedded.bytes || more.length > 0) return unreadable;
  const { verification, seal } = await verifyAtSigning(embedded.bytes, carrier, knowledge);
  const refusal = sealRefusal(verification);
  if (!seal) return { ...unreadable, steps: verification.steps, code: refusal?.code ?? unreadable.code };
  const pictureDrawn = await showsPicture(file, field, seal.picture.data);
  const report: SealReport = {
    facts: sealFacts(seal),
    ...verification,
    code: refusal?.code ?? null,
    pictureDrawn,
    status: unknownStatus,
  };
  const standing = lookUpSeal(await listFor(seal, carrier, knowledge), seal, knowledge.now);
  report.status = {
    ...standing,
    since: standing.since?.toISOString() ?? null,
    asOf: standing.asOf?.toISOString() ?? null,
  };
  judgeStatus(report, standing, carrier);
  judgeUnit(report, seal, carrier);
  judgeDrawn(report);
  return report;
}

const unreadable: SealReport = {
  facts: null,
  verdict: 'invalid',
  steps: [],
  code: 'seal.unreadable',
  pictureDrawn: null,
  status: unknownStatus,
};

/**
 * The seal's own steps at the signing time. Where that is only the signer's word, a seal that is no longer good today is
 * not proven to have been good then: the clock may have been set back.
 */
async function verifyAtSigning(
  bytes: Uint8Array,
  { signer, pool, signedAt, proven }: SealCarrier,
  { roots, revoked, now }: SealKnowledge,
): Promise<{ verification: SealVerification; seal: Seal | null }> {
  const question: SealQuestion = {
    roots,
    pool,
    at: signedAt && signedAt < now ? signedAt : now,
    ...(signer && { certificate: signer }),
    revocation: revocationOf(revoked),
    picture: async (data, type) => {
      if (!/^png$/i.test(type)) return null;
      const { widthPx, heightPx } = await pictureFacts(data);
      return { widthPx, heightPx };
    },
  };
  const then = await verifySeal(bytes, question);
  if (proven || question.at === now || then.verification.verdict === 'invalid') return then;
  const today = await verifySeal(bytes, { ...question, at: now });
  const steps = then.verification.steps.map((step, index) => {
    const later = today.verification.steps[index];
    return step.state === 'ok' && later?.state === 'failed' ? { ...later, state: 'unknown' as const } : step;
  });
  const unknown = steps.some(({ state }) => state === 'unknown');
  return { verification: { verdict: unknown ? 'unproven' : 'valid', steps }, seal: then.seal };
}

const revocationOf =
  (revoked: SealKnowledge['revoked']): NonNullable<SealQuestion['revocation']> =>
  ({ sha256 }) =>
    revoked.has(sha256) ? { since: revoked.get(sha256) ?? null } : null;

/** The newest list of the seal's maker that holds; null: none. */
async function listFor(
  { maker }: Seal,
  { pool }: SealCarrier,
  { statusLists, roots, revoked }: SealKnowledge,
): Promise<SealStatusList | null> {
  let newest: SealStatusList | null = null;
  for (const bytes of statusLists) {
    try {
      const list = await verifyStatusList(bytes, {
        sealMaker: maker,
        roots,
        pool,
        revocation: revocationOf(revoked),
      });
      if (!newest || list.thisUpdate > newest.thisUpdate) newest = list;
    } catch (error) {
      // Of another maker, or not proven: it says nothing of this seal.
      if (error instanceof YinkeyError && error.code.startsWith('seal.status-')) continue;
      throw error;
    }
  }
  return newest;
}

/**
 * What the maker's list does to it: a timestamp from before keeps the seal as it was; a time that the signer merely claims
 * proves nothing.
 */
function judgeStatus(
  report: SealReport,
  { state, since }: SealStatus,
  { signedAt, proven }: SealCarrier,
): void {
  if (state === 'normal' || state === 'unknown' || report.verdict === 'invalid') return;
  const before = since !== null && signedAt !== null && signedAt < since;
  if (before && proven) return;
  report.verdict = before ? 'unproven' : 'invalid';
  report.code = `seal.${state}`;
}

/** The unit that the maker wrote into the seal is the signer's (`judgeSealUse` asks the same before a stamp). */
function judgeUnit(report: SealReport, seal: Seal, { signer }: SealCarrier): void {
  const { creditCode } = readSealExtensions(seal.extensions);
  if (creditCode === null || !signer || report.verdict === 'invalid') return;
  if (creditCodeOf(signer.subject)?.value === creditCode) return;
  report.verdict = 'invalid';
  report.code = 'seal.credit-code';
}

/** A seal that is not what the page shows vouches for nothing that a reader sees. */
function judgeDrawn(report: SealReport): void {
  if (report.pictureDrawn === true || report.verdict === 'invalid') return;
  report.verdict = report.pictureDrawn === false ? 'invalid' : 'unproven';
  report.code = report.pictureDrawn === false ? 'seal.picture-differs' : (report.code ?? 'seal.unproven');
}
