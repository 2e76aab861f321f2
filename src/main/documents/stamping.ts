import { createHash } from 'node:crypto';
import path from 'node:path';
import type {
  CertificateInfo,
  Check,
  DocumentInfo,
  KeyInfo,
  Placement,
  SealCard,
  SealStatusInfo,
  TokenId,
} from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import { type CertificateFacts, collectChain, parseCertificate } from '../certificates/index.ts';
import type { SealOfUse, SignatureAnswer, SignRequest } from '../pkcs11/index.ts';
import { judgeSealUse, type SealsOnKey } from '../seals/ses/index.ts';
import type { DocumentHost } from './document-host.ts';
import { checkPlacement, fitsSeal } from './stamp/index.ts';

/** The electronic seal of a stamp, with what is known of it. Without one, the stamp shows a signature picture. */
export interface StampSeal extends Pick<SealOfUse, 'bytes' | 'statusList' | 'roots' | 'pool' | 'revoked'> {
  /** esID. */
  id: string;
  name: string;
}

/** One act of stamping: everything is chosen, only the PIN is missing. */
export interface StampJob {
  input: string;
  output: string;
  /** An existing output may be taken over. */
  replace: boolean;
  /** SHA-256 of the input as it was shown; '' where nobody looked at it before. */
  expectedSha256: string;
  password?: string | undefined;
  key: KeyInfo;
  certificate: CertificateInfo;
  /** DER, signer first, then what the token holds of its authorities. */
  chain: Uint8Array[];
  /** Authorities' certificates that lie beside the key: the user's trust folder. They make the chain longer. */
  beside?: readonly CertificateFacts[];
  /** PNG: the seal's own, or a signature picture. */
  picture: Uint8Array;
  seal?: StampSeal | undefined;
  placement: Placement;
  now: Date;
}

export interface StampTools {
  documents: DocumentHost;
  sign(
    token: TokenId,
    request: SignRequest,
    options: { pinPort: Port; onWaiting?: () => void; onResumed?: () => void },
  ): Promise<SignatureAnswer>;
  /** Which seals are bound to the key, read anew. */
  sealsOnKey(token: TokenId): Promise<SealsOnKey>;
  audit: { append(record: AuditRecord): unknown };
}

export type StampStep = 'preparing' | 'pin' | 'token' | 'checking' | 'saving';

export interface StampOptions {
  /** The host's end of the channel to the PIN's source; asked for once, when the document is ready to be signed. */
  pinPort: () => Port;
  onProgress?: (step: StampStep, share: number | null) => void;
}

export interface Stamped {
  sha256: string;
  field: string;
  pages: number[];
  bytesAppended: number;
  /** What the seal's maker was last heard to say of it; null: stamped with a signature picture. */
  sealStatus: SealStatusInfo | null;
  millis: { total: number; token: number; fsync: number };
}

/**
 * Stamps one document: prepare, sign on the token, finish. The output appears whole and verified, or not at all;
 * what happened is written to the audit log either way, once the key was asked. Whether a seal may be used is judged here
 * before the document is touched, and by the key's own process before it asks for the PIN and before the key signs.
 * @throws YinkeyError with the document.*, seal.*, token.* and driver.* codes
 */
export async function stampDocument(
  job: StampJob,
  tools: StampTools,
  options: StampOptions,
): Promise<Stamped> {
  const { documents } = tools;
  const progress = options.onProgress ?? (() => {});
  const began = performance.now();
  progress('preparing', 0);
  const { serial, label, module } = job.key;
  const seal = job.seal && (await judgedSeal(job.seal, job, tools));
  const prepared = await documents.prepare(
    {
      input: job.input,
      target: job.output,
      replace: job.replace,
      expectedSha256: job.expectedSha256,
      password: job.password,
      picture: job.picture,
      seal: job.seal?.bytes,
      placement: job.placement,
      certificates: wholeChain(job),
      now: job.now.toISOString(),
      utcOffset: -job.now.getTimezoneOffset(),
    },
    (share) => progress('preparing', share),
  );
  let person = 0;
  let asked = 0;
  const record = {
    act: 'stamp' as const,
    subject: path.basename(job.input),
    token: { serial: job.key.serial, label: job.key.label },
    certificateSha256: job.certificate.sha256,
    documentIn: prepared.inputSha256,
    ...(seal && { seal: { id: seal.id, sha256: seal.sha256 } }),
  };
  try {
    assertAsJudged(seal, prepared);
    progress('pin', null);
    const answer = await tools.sign(
      { module, serial, label },
      {
        serial,
        label,
        certificateSha256: job.certificate.sha256,
        scheme: prepared.scheme,
        hash: prepared.hash,
        message: prepared.message,
        ...(seal && {
          seal: {
            ...seal.use,
            embeddedSha256: prepared.embeddedSha256,
            drawnSha256: prepared.drawnSha256,
          },
        }),
      },
      {
        pinPort: options.pinPort(),
        onWaiting: () => {
          asked = performance.now();
          progress('pin', null);
        },
        onResumed: () => {
          person += performance.now() - asked;
          progress('token', null);
        },
      },
    );
    progress('checking', null);
    const finished = await documents.finish({
      signature: answer.signature,
      target: job.output,
      replace: job.replace,
    });
    progress('saving', 1);
    tools.audit.append({ ...record, documentOut: finished.sha256, result: 'ok' });
    return {
      sha256: finished.sha256,
      field: prepared.field,
      pages: prepared.pages,
      bytesAppended: prepared.bytesAppended,
      sealStatus: seal?.status ?? null,
      millis: {
        total: performance.now() - began - person,
        token: answer.tokenMillis,
        fsync: finished.fsyncMillis,
      },
    };
  } catch (error) {
    await documents.abort().catch(() => {
      // The host is gone; its client has removed the partial file.
    });
    tools.audit.append({
      ...record,
      documentOut: null,
      result: error instanceof YinkeyError ? error.code : 'unexpected',
    });
    throw error;
  }
}

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface JudgedSeal {
  id: string;
  sha256: string;
  drawnSha256: string;
  status: SealStatusInfo;
  use: Omit<SealOfUse, 'embeddedSha256' | 'drawnSha256'>;
}

/** A seal that may be used for this stamp, by everything that is known here. */
async function judgedSeal(seal: StampSeal, job: StampJob, tools: StampTools): Promise<JudgedSeal> {
  const { bytes, statusList, roots, pool, revoked } = seal;
  const { module, serial, label } = job.key;
  const [signer] = job.chain;
  if (!signer) throw new YinkeyError('certificate.none');
  const sha256 = sha256Of(bytes);
  const drawnSha256 = sha256Of(job.picture);
  const { status } = await judgeSealUse({
    seal: bytes,
    onKey: await tools.sealsOnKey({ module, serial, label }),
    certificate: parseCertificate(signer),
    hasPrivateKey: job.certificate.hasPrivateKey,
    drawnSha256,
    embeddedSha256: sha256,
    statusList,
    roots: roots.map(parseCertificate),
    pool: pool.map(parseCertificate),
    revocation: (certificate) => {
      const found = revoked.find((one) => one.sha256 === certificate.sha256);
      return found ? { since: found.since === null ? null : new Date(found.since) } : null;
    },
    at: job.now,
  });
  const told = {
    ...status,
    since: status.since?.toISOString() ?? null,
    asOf: status.asOf?.toISOString() ?? null,
  };
  return { id: seal.id, sha256, drawnSha256, status: told, use: { bytes, statusList, roots, pool, revoked } };
}

/** What the document host put into the document is what was judged: it reads foreign bytes, and isn't taken at its word. */
function assertAsJudged(
  seal: JudgedSeal | undefined,
  prepared: { drawnSha256: string; embeddedSha256: string },
): void {
  if (prepared.embeddedSha256 !== (seal?.sha256 ?? ''))
    throw new YinkeyError('seal.swapped', { id: seal?.id ?? '' });
  if (seal && prepared.drawnSha256 !== seal.drawnSha256)
    throw new YinkeyError('seal.picture-differs', { id: seal.id });
}

/** The token's chain, carried on with what lies beside the key; a certificate that can't be read goes alone. */
function wholeChain({ chain, beside = [] }: StampJob): Uint8Array[] {
  if (beside.length === 0) return chain;
  try {
    const [signer, ...rest] = chain.map((der) => parseCertificate(der));
    return signer ? collectChain(signer, [...rest, ...beside]).map(({ der }) => der) : chain;
  } catch (error) {
    if (error instanceof YinkeyError) return chain;
    throw error;
  }
}

export interface CheckInput {
  document: Pick<DocumentInfo, 'obstacles' | 'pages' | 'seals'>;
  key: KeyInfo | undefined;
  certificate: CertificateInfo | undefined;
  /** When the certificate was revoked, as far as this client has heard. */
  revocation: { at: Date } | undefined;
  /** What was chosen to be shown: a seal as it is judged now, or a signature picture. */
  mark: { kind: 'seal'; card: SealCard } | { kind: 'picture' } | undefined;
  placement: Placement;
}

/** What stands in the way of stamping, before anybody is asked for a PIN: one line for each thing that matters. */
export function checkStamp({ document, key, certificate, revocation, mark, placement }: CheckInput): Check[] {
  const ok = { state: 'ok' as const, code: null, details: {} };
  const stop = (code: string, details: Check['details'] = {}) => ({ state: 'stop' as const, code, details });
  const obstacle = document.obstacles[0];
  return [
    { name: 'document', ...(obstacle ? stop(obstacle.code, obstacle.details) : ok) },
    { name: 'seal', ...checkMark() },
    { name: 'place', ...checkPlace() },
    { name: 'key', ...checkKey() },
    { name: 'certificate', ...checkCertificate() },
  ];

  function checkMark() {
    if (!mark) return stop('seal.not-found');
    if (mark.kind === 'picture') return ok;
    const { id, name, code, token, status, widthMm, heightMm, ...card } = mark.card;
    const day = (iso: string | null) => iso?.slice(0, 10) ?? null;
    const details = {
      id,
      name,
      date: day(status.asOf),
      until: day(card.validUntil),
      from: day(card.validFrom),
    };
    if (code !== null) return stop(code, { ...details, since: day(status.since) });
    if (key && (key.serial !== token.serial || key.label !== token.label))
      return stop('seal.not-on-key', details);
    if (certificate && card.certificate?.sha256 !== certificate.sha256)
      return stop('seal.not-listed', details);
    if (!fitsSeal(placement, { width: widthMm, height: heightMm })) return stop('seal.size', details);
    const note = (word: 'seal.status-unknown' | 'seal.status-stale') => ({
      state: 'note' as const,
      code: word,
      details,
    });
    if (status.state === 'unknown') return note('seal.status-unknown');
    return status.stale ? note('seal.status-stale') : { ...ok, details };
  }

  function checkPlace() {
    try {
      checkPlacement(placement, document.pages, document.seals);
      return ok;
    } catch (error) {
      if (error instanceof YinkeyError) return stop(error.code, error.details);
      throw error;
    }
  }

  function checkKey() {
    if (!key) return stop('token.none');
    if (key.error) return stop(key.error.code, key.error.details);
    if (key.pin.state === 'locked') return stop('token.pin-locked');
    if (key.pin.state === 'not-set') return stop('token.pin-not-set');
    if (key.pin.state === 'final-try')
      return { state: 'note' as const, code: 'token.pin-last-try', details: {} };
    return ok;
  }

  function checkCertificate() {
    if (!certificate) return stop('certificate.none');
    const details = { holder: certificate.holder, days: certificate.daysLeft, date: certificate.notAfter };
    const failed = certificateObstacle(certificate, revocation);
    if (failed) return stop(failed.code, { ...details, ...failed.details });
    if (certificate.hasPrivateKey === null) return { state: 'unknown' as const, code: null, details };
    if (certificate.validity === 'soon') return { state: 'note' as const, code: null, details };
    return { ...ok, details };
  }
}

/**
 * Why a certificate can't stamp today, or undefined when it can. `revocation`: when it was revoked, as far as this client
 * has heard; nobody is asked here.
 */
export function certificateObstacle(
  certificate: CertificateInfo,
  revocation: { at: Date } | undefined,
): YinkeyError | undefined {
  const details = { holder: certificate.holder, date: certificate.notAfter.slice(0, 10) };
  if (revocation) {
    const date = revocation.at.toISOString().slice(0, 10);
    return new YinkeyError('certificate.revoked', { ...details, date });
  }
  if (certificate.validity === 'expired') return new YinkeyError('certificate.expired', details);
  if (certificate.validity === 'not-yet-valid') {
    return new YinkeyError('certificate.not-yet-valid', {
      ...details,
      date: certificate.notBefore.slice(0, 10),
    });
  }
  if (certificate.superseded) return new YinkeyError('certificate.superseded', details);
  if (!certificate.canSign || certificate.isCa)
    return new YinkeyError('certificate.no-signing-usage', details);
  if (certificate.hasPrivateKey === false) return new YinkeyError('certificate.no-private-key', details);
  if (!/^(RSA-|EC-P(256|384)$)/.test(certificate.keyType)) {
    return new YinkeyError('certificate.key-unsupported', { keyType: certificate.keyType });
  }
  return undefined;
}
