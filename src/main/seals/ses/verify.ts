import type { SealStep, SealStepName, SealVerification } from '../../../shared/domain/index.ts';
import { type ErrorDetails, YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  canSign,
  clockTolerance,
  creditCodeOf,
  parseCertificate,
  validateChain,
} from '../../certificates/index.ts';
import { type SesCheck, type SesCrypto, sesCrypto } from './check.ts';
import { makerChain } from './extensions.ts';
import { judgeRules, type SealExpectation } from './rules.ts';
import { readSeal, readSealSignature, type Seal, type SealSignature } from './structure.ts';

/** What is known of a certificate's revocation. */
interface Revoked {
  /** null where nobody says when. */
  since: Date | null;
}

export interface SealQuestion {
  /** Certificates that are trusted by being listed. */
  roots: readonly CertificateFacts[];
  /** Certificates that may stand between; nothing in here is trusted. */
  pool?: readonly CertificateFacts[];
  /** Now. */
  at: Date;
  /** The certificate that is to use the seal; left out where nobody uses it yet. */
  certificate?: CertificateFacts;
  /** Whether a certificate is known to be revoked; null: it is not, or nothing is known. */
  revocation?: (certificate: CertificateFacts) => Revoked | null;
  /**
   * Decodes the picture where foreign pictures may be decoded. Null: a kind that can't be; a YinkeyError `seal.*`:
   * it is broken.
   */
  picture: (data: Uint8Array, type: string) => Promise<{ widthPx: number; heightPx: number } | null>;
  expected?: SealExpectation;
}

type Outcome = Omit<SealStep, 'step'>;

const ok = (details: ErrorDetails = {}, reason = 'right'): Outcome => ({ state: 'ok', reason, details });
const failed = (reason: string, details: ErrorDetails = {}): Outcome => ({
  state: 'failed',
  reason,
  details,
});
const unknown = (reason: string, details: ErrorDetails = {}): Outcome => ({
  state: 'unknown',
  reason,
  details,
});

/** The steps of one verification, in the order in which they were asked for. */
class Steps {
  readonly #steps: SealStep[] = [];

  add(step: SealStepName, outcome: Outcome): void {
    this.#steps.push({ step, ...outcome });
  }

  get verification(): SealVerification {
    const has = (state: SealStep['state']) => this.#steps.some((step) => step.state === state);
    const verdict = has('failed') ? 'invalid' : has('unknown') ? 'unproven' : 'valid';
    return { verdict, steps: this.#steps };
  }
}

const sealSteps: readonly SealStepName[] = [
  'maker-signature',
  'maker-certificate',
  'dates',
  'listed',
  'picture',
  'rules',
];
const signatureSteps: readonly SealStepName[] = ['signature', 'digest', 'signer-certificate', 'signing-time'];

/** A verification that ended with its first step. */
function unreadable(error: YinkeyError, rest: readonly SealStepName[]): SealVerification {
  const steps = new Steps();
  steps.add('format', failed('unreadable', { what: String(error.details.reason ?? '') }));
  for (const step of rest) steps.add(step, unknown('not-reached'));
  return steps.verification;
}

/** A certificate that fills its bytes exactly, or null. */
function certificateOf(bytes: Uint8Array): CertificateFacts | null {
  try {
    const facts = parseCertificate(bytes);
    // Bytes after it are passed over where tokens pad; in a seal they would be content that nobody signed.
    return facts.der.length === bytes.length ? facts : null;
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'certificate.unreadable') return null;
    throw error;
  }
}

const ofCheck: Record<SesCheck, Outcome> = {
  right: ok(),
  wrong: failed('signature-wrong'),
  unsupported: unknown('algorithm-unsupported'),
  weak: unknown('algorithm-weak'),
};

/** Chain, usage and revocation of a maker or signer at the time that counts. */
function judgeCertificate(
  certificate: CertificateFacts,
  at: Date,
  question: SealQuestion,
  crypto: SesCrypto,
): Outcome {
  const { roots, pool = [], revocation = () => null } = question;
  const subject = certificate.subject.text;
  const { reason, chain } = validateChain({ certificate, pool, roots, at, check: crypto.certificate });
  if (reason === 'no-roots' || reason === 'algorithm-unsupported') return unknown(reason, { subject });
  // A maker that no root stands behind can be anybody.
  if (reason !== null) return failed(reason, { subject });
  if (!canSign(certificate)) return failed('usage', { subject });
  for (const member of chain) {
    const revoked = revocation(member);
    // Revoked later leaves what was made before as it is.
    if (revoked && (revoked.since === null || revoked.since.getTime() <= at.getTime()))
      return failed('revoked', { subject: member.subject.text, since: revoked.since?.toISOString() ?? null });
  }
  return ok({ subject });
}

function judgeDates(seal: Seal, at: Date, now: Date): Outcome {
  const details = { from: seal.validFrom.toISOString(), until: seal.validUntil.toISOString() };
  if (seal.validFrom > seal.validUntil) return failed('contradictory', details);
  if (at < seal.validFrom) return failed('not-yet-valid', details);
  if (at > seal.validUntil) return failed('expired', details);
  // GM/T 0031-2025 looks at when the seal was made too.
  if (seal.standard === 5 && seal.createdAt.getTime() > now.getTime() + clockTolerance)
    return failed('made-in-future', { createdAt: seal.createdAt.toISOString() });
  return ok(details);
}

/** Ways to write a digest's name that one list may use. */
const kindsTried = 10;

/** Whether the certificate is in the list: byte for byte, or by the digest of all its bytes. */
function judgeListed({ list }: Seal, bytes: Uint8Array | undefined, crypto: SesCrypto): Outcome {
  const entries = list.type === 1 ? list.certificates.length : list.digests.length;
  if (entries === 0) return failed('empty');
  if (!bytes) return ok({ entries }, 'not-asked');
  if (list.type === 1) {
    const found = list.certificates.some((entry) => Buffer.compare(entry, bytes) === 0);
    return found ? ok({ entries }) : failed('not-listed', { entries });
  }
  // Once for each kind: a long list must not make the same digest a thousand times.
  const kinds = new Map(
    [...new Set(list.digests.map(({ type }) => type))]
      .slice(0, kindsTried)
      .map((type) => [type, crypto.digest(type, bytes)]),
  );
  const digests = list.digests.map(({ type, value }) => ({ value, ours: kinds.get(type) ?? null }));
  if (digests.some(({ value, ours }) => ours !== null && Buffer.compare(ours, value) === 0))
    return ok({ entries });
  return digests.some(({ ours }) => ours === null)
    ? unknown('digest-unsupported', { entries })
    : failed('not-listed', { entries });
}

/** Whether a seal names this certificate (DER) as one that may use it. Nothing else of the seal is judged. */
export async function sealLists(seal: Seal, certificate: Uint8Array): Promise<boolean> {
  const crypto = await sesCrypto([], digestNames(seal));
  return judgeListed(seal, certificate, crypto).state === 'ok';
}

async function judgePicture({ picture }: Seal, question: SealQuestion): Promise<Outcome> {
  const { type } = picture;
  try {
    const facts = await question.picture(picture.data, type);
    return facts ? ok({ type, ...facts }) : unknown('type-unsupported', { type });
  } catch (error) {
    if (!(error instanceof YinkeyError) || !error.code.startsWith('seal.')) throw error;
    return failed('undecodable', { type, code: error.code });
  }
}

interface SealParts {
  maker: CertificateFacts | null;
  /** DER of the certificate that has to be in the list. */
  user: Uint8Array | undefined;
  holders: readonly CertificateFacts[];
}

/** Certificates of the list that are read for the rules; a seal has one, or one for each of a few keys. */
const holdersRead = 20;

function partsOf(seal: Seal, certificate: CertificateFacts | undefined): SealParts {
  const listed = seal.list.type === 1 ? seal.list.certificates.slice(0, holdersRead) : [];
  const holders = listed.map(certificateOf).filter((facts) => facts !== null);
  // A list of digests names nobody: the certificate that comes with the question does.
  return {
    maker: certificateOf(seal.maker),
    user: certificate?.der,
    holders: holders.length > 0 || !certificate ? holders : [certificate],
  };
}

function digestNames({ list }: Seal): string[] {
  return list.type === 2 ? list.digests.map(({ type }) => type) : [];
}

/**
 * The maker's certificate, and that the seal is not made by those who use it: a unit's own certificate comes from a trusted
 * authority and may sign, so nothing else keeps its holder from making seals for itself.
 */
function judgeMaker(
  seal: Seal,
  maker: CertificateFacts,
  holders: readonly CertificateFacts[],
  question: SealQuestion,
  at: Date,
  crypto: SesCrypto,
): Outcome {
  const pool = [...(question.pool ?? []), ...makerChain(seal.extensions)];
  const outcome = judgeCertificate(maker, at, { ...question, pool }, crypto);
  if (outcome.state === 'failed') return outcome;
  const code = creditCodeOf(maker.subject)?.value;
  const same = holders.some(({ subject }) => code !== undefined && creditCodeOf(subject)?.value === code);
  if (same || judgeListed(seal, maker.der, crypto).state === 'ok')
    return failed('self-made', { subject: maker.subject.text });
  return outcome;
}

/** The steps of the seal itself. `at` is the time that has to be in its validity. */
async function judgeSeal(
  steps: Steps,
  seal: Seal,
  parts: SealParts,
  at: Date,
  question: SealQuestion,
  crypto: SesCrypto,
): Promise<void> {
  const { maker, user, holders } = parts;
  if (maker) {
    steps.add('maker-signature', ofCheck[crypto.check(seal.algorithm, maker, seal.signed, seal.signature)]);
    // GM/T 0031-2025: the maker's certificate has to be good when the seal was made; before, when it is used.
    const made = seal.standard === 5 ? seal.createdAt : at;
    steps.add('maker-certificate', judgeMaker(seal, maker, holders, question, made, crypto));
  } else {
    steps.add('maker-signature', unknown('not-reached'));
    steps.add('maker-certificate', failed('unreadable'));
  }
  steps.add('dates', judgeDates(seal, at, question.at));
  steps.add('listed', judgeListed(seal, user, crypto));
  steps.add('picture', await judgePicture(seal, question));
  steps.add('rules', judgeRules(seal, holders, question.expected ?? {}));
}

/**
 * Verifies a seal (GB/T 38540-2020; GM/T 0031-2014 6.1, GM/T 0031-2025 where they differ), with a reason for each step. What
 * the seal says is answered too, null where it can't be read. Throws for nothing that seals say.
 */
export async function verifySeal(
  bytes: Uint8Array,
  question: SealQuestion,
): Promise<{ verification: SealVerification; seal: Seal | null }> {
  let seal: Seal;
  try {
    seal = readSeal(bytes);
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return { verification: unreadable(error, sealSteps), seal: null };
  }
  const steps = new Steps();
  steps.add('format', ok({ standard: `V${seal.standard}` }));
  const parts = partsOf(seal, question.certificate);
  const certificates = parts.maker ? [parts.maker] : [];
  const crypto = await sesCrypto(certificates, [seal.algorithm, ...digestNames(seal)]);
  await judgeSeal(steps, seal, parts, question.at, question, crypto);
  // Timestamps of seals are tokens of GB/T 20520, which nothing here can check yet.
  if (seal.timestamp) steps.add('timestamp', unknown('not-checked'));
  return { verification: steps.verification, seal };
}

function judgeDigest(signature: SealSignature, original: Uint8Array | undefined, crypto: SesCrypto): Outcome {
  if (!original) return unknown('no-original');
  const ours = crypto.digestFor(signature.algorithm, original);
  if (!ours) return unknown('algorithm-unsupported');
  return Buffer.compare(ours, signature.digest) === 0 ? ok() : failed('digest-differs');
}

function judgeSigningTime({ signedAt }: SealSignature, now: Date): Outcome {
  if (!signedAt) return unknown('no-time');
  const details = { signedAt: signedAt.toISOString() };
  return signedAt.getTime() > now.getTime() + clockTolerance ? failed('in-future', details) : ok(details);
}

/**
 * Verifies a document's SES_Signature with the seal in it. `original` are the protected bytes. Certificates and the seal's
 * dates are judged at the signing time (GM/T 0031-2014 6.2.3), which is the signer's own word where no timestamp proves
 * it; without any, now.
 */
export async function verifySealSignature(
  bytes: Uint8Array,
  question: Omit<SealQuestion, 'certificate'> & { original?: Uint8Array },
): Promise<{ verification: SealVerification; signature: SealSignature | null }> {
  let signature: SealSignature;
  try {
    signature = readSealSignature(bytes);
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return { verification: unreadable(error, [...signatureSteps, ...sealSteps]), signature: null };
  }
  const { seal } = signature;
  const steps = new Steps();
  steps.add('format', ok({ standard: `V${signature.standard}` }));
  const signer = certificateOf(signature.signer);
  const parts = partsOf(seal, signer ?? undefined);
  const crypto = await sesCrypto(
    [signer, parts.maker].filter((facts) => facts !== null),
    [signature.algorithm, seal.algorithm, ...digestNames(seal)],
  );
  const at = signature.signedAt ?? question.at;
  const check = signer && crypto.check(signature.algorithm, signer, signature.signed, signature.signature);
  steps.add('signature', check ? ofCheck[check] : unknown('not-reached'));
  steps.add('digest', judgeDigest(signature, question.original, crypto));
  steps.add(
    'signer-certificate',
    signer ? judgeCertificate(signer, at, question, crypto) : failed('unreadable'),
  );
  steps.add('signing-time', judgeSigningTime(signature, question.at));
  // What is no certificate is looked for in the list all the same: its bytes are what stands there, or not.
  await judgeSeal(steps, seal, { ...parts, user: signature.signer }, at, question, crypto);
  if (signature.timestamp || seal.timestamp) steps.add('timestamp', unknown('not-checked'));
  return { verification: steps.verification, signature };
}

/** The failure that forbids the use of a seal, the first that its verification names; null for a valid one. */
export function sealRefusal({ steps }: SealVerification): YinkeyError | null {
  const first =
    steps.find(({ state }) => state === 'failed') ?? steps.find(({ state }) => state === 'unknown');
  if (!first) return null;
  const { step, state, reason, details } = first;
  const refuse = (code: ConstructorParameters<typeof YinkeyError>[0]) =>
    new YinkeyError(code, { ...details, step, reason });
  if (state === 'unknown') return refuse('seal.unproven');
  switch (step) {
    case 'format':
      return refuse('seal.unreadable');
    case 'maker-certificate':
      return refuse(reason === 'revoked' ? 'seal.maker-revoked' : 'seal.maker-unknown');
    case 'dates':
      return refuse(reason === 'not-yet-valid' ? 'seal.not-yet-valid' : 'seal.expired');
    case 'listed':
      return refuse('seal.not-listed');
    case 'picture':
      return refuse('seal.picture-unreadable');
    case 'rules':
      if (reason === 'name-missing') return refuse('seal.unreadable');
      return refuse(reason === 'size' ? 'seal.oversize' : 'seal.credit-code');
    case 'signer-certificate':
      return refuse('seal.signer-unknown');
    case 'signature':
    case 'digest':
    case 'signing-time':
      return refuse('seal.document-signature');
    case 'maker-signature':
    case 'timestamp':
      return refuse('seal.signature-wrong');
  }
}
