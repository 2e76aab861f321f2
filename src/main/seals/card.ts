import { createHash } from 'node:crypto';
import {
  type CertificateInfo,
  type SealCard,
  type SealStatusInfo,
  sealKindSchema,
  type TokenId,
} from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, creditCodeOf, parseCertificate } from '../certificates/index.ts';
import {
  judgeSealUse,
  lookUpSeal,
  readSealExtensions,
  type Seal,
  type SealQuestion,
  type SealStatus,
  type SealsOnKey,
  sealFacts,
  sealLists,
  sealRefusal,
  verifySeal,
} from './ses/index.ts';
import type { KnownList } from './statuses.ts';

/** What is known around a seal when it is judged. */
export interface Judging {
  roots: readonly CertificateFacts[];
  pool: readonly CertificateFacts[];
  at: Date;
  revocation: NonNullable<SealQuestion['revocation']>;
  picture: SealQuestion['picture'];
  /** The maker's newest list. */
  known: (seal: Seal) => Promise<KnownList | null>;
}

/** A seal and the key that it was read from. */
export interface HeldSeal {
  seal: Seal;
  token: TokenId;
  where: 'key' | 'store';
  onKey: SealsOnKey;
  /** Certificates on that key, or those that were last seen on it. */
  certificates: readonly { info: CertificateInfo; der: Uint8Array }[];
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A status as it is told. */
function statusInfo({ state, since, asOf, stale }: SealStatus): SealStatusInfo {
  return { state, since: since?.toISOString() ?? null, asOf: asOf?.toISOString() ?? null, stale };
}

/** Why a certificate can't be used today, whatever seal goes with it. */
function certificateCode(info: CertificateInfo, judging: Judging, facts: CertificateFacts): string | null {
  if (judging.revocation(facts)) return 'certificate.revoked';
  if (info.validity === 'expired') return 'certificate.expired';
  if (info.validity === 'not-yet-valid') return 'certificate.not-yet-valid';
  return info.superseded ? 'certificate.superseded' : null;
}

/** The certificate on the key that the seal names; one whose key can sign goes first. */
async function certificateOf({ seal, certificates }: HeldSeal) {
  const fitting: HeldSeal['certificates'][number][] = [];
  for (const each of certificates) {
    if (!each.info.isCa && (await sealLists(seal, each.der))) fitting.push(each);
  }
  const usable = fitting.find(({ info }) => info.hasPrivateKey !== false && !info.superseded);
  return usable ?? fitting.find(({ info }) => info.hasPrivateKey !== false) ?? fitting[0] ?? null;
}

/** What the holder's certificate says, also where it is no longer on the key: whole ones stand in the seal. */
function holderOf(seal: Seal, own: Uint8Array | undefined): CertificateFacts | null {
  const bytes = own ?? (seal.list.type === 1 ? seal.list.certificates[0] : undefined);
  if (!bytes) return null;
  try {
    return parseCertificate(bytes);
  } catch (error) {
    if (toWireError(error).code === 'certificate.unreadable') return null;
    throw error;
  }
}

/** The code of what `judge` refuses; null: it doesn't. */
async function refusalOf(judge: () => Promise<unknown>): Promise<string | null> {
  try {
    await judge();
    return null;
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return error.code;
  }
}

/**
 * A seal as it is shown: what it says, how it is judged now, and why it can't stamp today. `present` and `uses` are filled
 * in by who lists.
 */
export async function sealCard(held: HeldSeal, judging: Judging): Promise<SealCard> {
  const { seal, token, where, onKey } = held;
  const { roots, pool, at, revocation, picture } = judging;
  const own = await certificateOf(held);
  const certificate = own ? parseCertificate(own.der) : null;
  const { verification } = await verifySeal(seal.raw, {
    roots,
    pool,
    at,
    revocation,
    picture,
    ...(certificate && { certificate }),
  });
  const proven = ['maker-signature', 'maker-certificate'].every((name) =>
    verification.steps.some(({ step, state }) => step === name && state === 'ok'),
  );
  const known = proven ? await judging.known(seal) : null;
  const status = lookUpSeal(known?.list ?? null, seal, at);
  const facts = sealFacts(seal);
  const said = readSealExtensions(seal.extensions);
  const holder = holderOf(seal, own?.der);
  let code: string | null = sealRefusal(verification)?.code ?? null;
  if (code === null && own && certificate) {
    // The rule of every stamp, asked beforehand.
    code = await refusalOf(() =>
      judgeSealUse({
        seal: seal.raw,
        onKey,
        certificate,
        hasPrivateKey: own.info.hasPrivateKey,
        drawnSha256: facts.picture.sha256,
        embeddedSha256: facts.sha256,
        statusList: known?.bytes ?? null,
        roots,
        pool,
        revocation,
        at,
      }),
    );
    code ??= certificateCode(own.info, judging, certificate);
  }
  if (code === null && !own) code = 'seal.other-key';
  const { module, serial, label } = token;
  return {
    id: seal.id,
    sha256: facts.sha256,
    name: seal.name,
    kind: sealKindSchema.safeParse(said.kind).data ?? null,
    unit: holder?.subject.organization ?? '',
    creditCode: said.creditCode ?? (holder ? (creditCodeOf(holder.subject)?.value ?? '') : ''),
    administrator: said.administrator ?? '',
    vendor: seal.vendor,
    maker: facts.maker ?? '',
    standard: facts.standard,
    token: { module, serial, label },
    present: true,
    where,
    certificate: own && {
      sha256: own.info.sha256,
      id: own.info.id,
      holder: own.info.holder,
      notAfter: own.info.notAfter,
    },
    createdAt: facts.createdAt,
    validFrom: facts.validFrom,
    validUntil: facts.validUntil,
    widthMm: seal.picture.width,
    heightMm: seal.picture.height,
    status: statusInfo(status),
    verdict: verification.verdict,
    steps: verification.steps,
    code,
    uses: { count: 0, last: null },
  };
}

/** Pictures that are remembered to be decodable. */
const mostPictures = 500;

/** Pictures are decoded in the document host, once each. */
export function pictureOnce(
  decode: (png: Uint8Array) => Promise<{ widthPx: number; heightPx: number }>,
): SealQuestion['picture'] {
  const known = new Map<string, { widthPx: number; heightPx: number }>();
  return async (data, type) => {
    if (!/^png$/i.test(type)) return null;
    const key = sha256(data);
    let facts = known.get(key);
    if (!facts) {
      const { widthPx, heightPx } = await decode(data);
      facts = { widthPx, heightPx };
      if (known.size >= mostPictures) known.clear();
      known.set(key, facts);
    }
    return facts;
  };
}
