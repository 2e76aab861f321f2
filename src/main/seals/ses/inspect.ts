import { createHash } from 'node:crypto';
import type { SealFacts, SealInspection, SealVerification } from '../../../shared/domain/index.ts';
import { DerError, der, parseCertificate, signatureAlgorithmName } from '../../certificates/index.ts';
import type { Seal, SealSignature } from './structure.ts';
import { type SealQuestion, sealRefusal, verifySeal, verifySealSignature } from './verify.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Entries of the list that are told one by one. */
const entriesTold = 50;

/** The subject of a certificate; null for what is none. Nothing else of it is told, so nothing else is asked. */
function subjectOf(bytes: Uint8Array): string | null {
  try {
    return parseCertificate(bytes).subject.text;
  } catch {
    return null;
  }
}

const algorithmName = (oid: string) => signatureAlgorithmName({ oid });

/** What a seal says of itself, for people and scripts. */
export function sealFacts(seal: Seal): SealFacts {
  const { list, picture } = seal;
  const entries =
    list.type === 1
      ? list.certificates.slice(0, entriesTold).map((certificate) => ({
          subject: subjectOf(certificate),
          digest: sha256(certificate),
          algorithm: 'SHA256',
        }))
      : list.digests.slice(0, entriesTold).map(({ type, value }) => ({
          subject: null,
          digest: Buffer.from(value.subarray(0, 64)).toString('hex'),
          algorithm: type,
        }));
  return {
    standard: `V${seal.standard}`,
    id: seal.id,
    name: seal.name,
    type: seal.type,
    vendor: seal.vendor,
    createdAt: seal.createdAt.toISOString(),
    validFrom: seal.validFrom.toISOString(),
    validUntil: seal.validUntil.toISOString(),
    sha256: sha256(seal.raw),
    bytes: seal.raw.length,
    algorithm: algorithmName(seal.algorithm),
    maker: subjectOf(seal.maker),
    picture: {
      type: picture.type,
      bytes: picture.data.length,
      sha256: sha256(picture.data),
      widthMm: picture.width,
      heightMm: picture.height,
    },
    listType: list.type === 1 ? 'certificates' : 'digests',
    listed: list.type === 1 ? list.certificates.length : list.digests.length,
    list: entries,
    extensions: seal.extensions.map(({ oid, critical, value }) => ({ oid, critical, bytes: value.length })),
  };
}

function signatureFacts(signature: SealSignature): NonNullable<SealInspection['signature']> {
  return {
    signer: subjectOf(signature.signer),
    signedAt: signature.signedAt?.toISOString() ?? null,
    digest: Buffer.from(signature.digest.subarray(0, 64)).toString('hex'),
    property: signature.property,
    algorithm: algorithmName(signature.algorithm),
  };
}

/** A document's signature begins with TBS_Sign, which begins with a number; a seal's info begins with its header. */
function looksLikeSignature(bytes: Uint8Array): boolean {
  try {
    return der.readFirst(bytes).at(0).at(0).tag === der.tags.integer;
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return false;
  }
}

const pngStart = Buffer.from('89504e470d0a1a0a', 'hex');

/** Facts of a picture that is a file of its own, millimetres from its resolution. */
export type LonePicture = NonNullable<SealInspection['picture']>;

/**
 * Tells what a file is: a seal, a document's signature made with one, or a plain picture, which is no seal whatever it
 * shows. Seals and signatures are verified; a signature without its document stays unproven at best.
 * @throws YinkeyError `seal.unreadable` for what is none of them, and what `lonePicture` throws
 */
export async function inspectSeal(
  bytes: Uint8Array,
  question: SealQuestion & { lonePicture: (png: Uint8Array) => Promise<LonePicture> },
): Promise<SealInspection> {
  const nothing = { code: null, seal: null, signature: null, picture: null };
  if (Buffer.compare(bytes.subarray(0, pngStart.length), pngStart) === 0) {
    const { widthPx, heightPx, widthMm, heightMm } = await question.lonePicture(bytes);
    const picture = { widthPx, heightPx, widthMm, heightMm };
    return { ...nothing, kind: 'picture', verdict: null, steps: [], picture };
  }
  const of = (verification: SealVerification) => ({
    ...verification,
    code: sealRefusal(verification)?.code ?? null,
  });
  if (looksLikeSignature(bytes)) {
    const { verification, signature } = await verifySealSignature(bytes, question);
    if (!signature) throw sealRefusal(verification);
    const facts = { seal: sealFacts(signature.seal), signature: signatureFacts(signature) };
    return { ...nothing, kind: 'signature', ...of(verification), ...facts };
  }
  const { verification, seal } = await verifySeal(bytes, question);
  if (!seal) throw sealRefusal(verification);
  return { ...nothing, kind: 'seal', ...of(verification), seal: sealFacts(seal) };
}
