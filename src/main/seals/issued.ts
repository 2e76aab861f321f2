import { createHash } from 'node:crypto';
import type { SealForm } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { CertificateFacts } from '../certificates/index.ts';
import { readSealExtensions, type Seal, type SealQuestion, sealRefusal, verifySeal } from './ses/index.ts';
import type { SealKind } from './ses/rules.ts';

/** What was applied for. */
export interface AskedSeal {
  /** Number of the application, for people. */
  number: string;
  /** esID that the authority named. */
  sealId: string;
  name: string;
  kind: SealKind;
  creditCode: string;
  widthMm: number;
  heightMm: number;
  /** SHA-256 of the picture in full and in small. */
  pictures: { full: string; small: string };
  certificate: CertificateFacts;
}

/** Seals are measured in whole millimetres by some makers. */
const roundingMm = 0.5;
/** The maker's clock may be ahead by so much (ms): its seal begins a little after now. */
const clocks = 10 * 60_000;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Steps whose failure means that the maker made something else; the maker's own failures keep their codes. */
const otherSeal: Record<string, string> = {
  dates: 'dates',
  listed: 'certificate',
  picture: 'picture',
  rules: 'rules',
};

/**
 * Judges that what the maker made is what was applied for: number, name, kind, credit code, size, picture, certificate,
 * dates, and a maker whom somebody trusted stands behind.
 * @throws YinkeyError seal.bound-other {what, number}; seal.unreadable, seal.signature-wrong, seal.maker-unknown,
 *   seal.maker-revoked, seal.unproven
 */
export async function judgeIssued(
  bytes: Uint8Array,
  form: SealForm,
  asked: AskedSeal,
  question: Pick<SealQuestion, 'roots' | 'pool' | 'at' | 'revocation' | 'picture'>,
): Promise<Seal> {
  const other = (what: string, cause?: unknown) =>
    new YinkeyError('seal.bound-other', { what, number: asked.number }, { cause });
  const ahead = (seal: Seal) => seal.validFrom.getTime() - question.at.getTime();
  const expected = { kind: asked.kind, creditCode: asked.creditCode };
  const { certificate } = asked;
  const { verification, seal } = await verifySeal(bytes, { ...question, certificate, expected });
  const slightlyAhead = seal !== null && ahead(seal) > 0 && ahead(seal) <= clocks;
  const refusal = sealRefusal(
    slightlyAhead
      ? { ...verification, steps: verification.steps.filter(({ step }) => step !== 'dates') }
      : verification,
  );
  if (refusal) {
    const what = otherSeal[String(refusal.details.step)];
    if (what !== undefined && refusal.code !== 'seal.unproven') throw other(what, refusal);
    throw refusal;
  }
  if (!seal) throw new YinkeyError('seal.unreadable', { reason: 'nothing in it' });
  const said = readSealExtensions(seal.extensions);
  if (seal.id !== asked.sealId) throw other('number');
  if (seal.name !== asked.name) throw other('name');
  if (said.kind !== null && said.kind !== asked.kind) throw other('kind');
  if (said.creditCode !== null && said.creditCode !== asked.creditCode) throw other('credit-code');
  const off = Math.max(
    Math.abs(seal.picture.width - asked.widthMm),
    Math.abs(seal.picture.height - asked.heightMm),
  );
  if (off > roundingMm) throw other('size');
  const wanted = form === 'small' ? asked.pictures.small : asked.pictures.full;
  if (sha256(seal.picture.data) !== wanted) throw other('picture');
  return seal;
}
