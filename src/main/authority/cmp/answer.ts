import { type ErrorDetails, YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  DerError,
  der,
  parseCertificate,
  readName,
  sameName,
  validateChain,
} from '../../certificates/index.ts';
import { nameIn } from './crmf.ts';
import { decodeMessage, type PkiBody, type ReceivedMessage } from './message.ts';
import { cmpOids } from './oids.ts';
import { type CmpProtection, checkMac, checkSigned, protectionKind } from './protection.ts';
import type { PkiStatusInfo } from './status.ts';

/** What an answer is held against. */
export interface Expectation {
  protection: CmpProtection;
  roots: readonly CertificateFacts[];
  /** Certificates (DER) that may stand in a chain; nothing in here is trusted. */
  pool: readonly Uint8Array[];
  /** DER Name of the authority, where it was configured. */
  recipient: Uint8Array | null;
  transactionId: Uint8Array;
  /** Nonces that were sent and that the answer may return: the last one, and the one of the first request. */
  nonces: readonly Uint8Array[];
  now: Date;
}

export interface TrustedAnswer {
  header: ReceivedMessage['header'];
  body: PkiBody;
  /** Certificates (DER) that showed who answered: later messages of the transaction may come without them. */
  shown: readonly Uint8Array[];
  extraCerts: readonly Uint8Array[];
}

const answerLimits = {
  /** Clocks may differ by this much before it is told. Replays are kept out by nonces, not by this. */
  clockMinutes: 60,
  /** Certificates tried as the signer's. */
  signers: 10,
  /** Characters of the authority's own words that are shown. */
  text: 300,
};

/** Why an answer is not believed: the detail `reason` of `authority.answer-untrusted`. */
type Reason =
  | 'unprotected'
  | 'signature'
  | 'secret'
  | 'algorithm'
  | 'signer-missing'
  | 'signer-usage'
  | 'signer-not-authorized'
  | 'transaction'
  | 'nonce'
  | 'version'
  | 'content'
  | `chain-${string}`;

export function untrusted(reason: Reason): YinkeyError {
  return new YinkeyError('authority.answer-untrusted', { reason });
}

/** One line of what the authority says: no control characters or marks that turn the writing direction, cut to size. */
function plain(texts: readonly string[]): string {
  const text = texts
    .join(' ')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim();
  return text.length > answerLimits.text ? `${text.slice(0, answerLimits.text)}…` : text;
}

/** Details of a refusal for texts: `status`, `failInfo` and `text` are never empty. */
export function refusalDetails(status: PkiStatusInfo, more: readonly string[] = []): ErrorDetails {
  return {
    status: status.status,
    failInfo: status.failInfo?.join(', ') || '–',
    text: plain([...status.statusString, ...more]) || status.status,
  };
}

function minutesOff(time: Date | null, now: Date): number {
  return time ? Math.round(Math.abs(time.getTime() - now.getTime()) / 60_000) : 0;
}

/** The refusal that a proven status stands for; a clock that the authority complains about is told as that. */
export function refusal(
  header: Pick<ReceivedMessage['header'], 'messageTime'>,
  status: PkiStatusInfo,
  now: Date,
  more: readonly string[] = [],
): YinkeyError {
  const minutes = minutesOff(header.messageTime, now);
  if (status.failInfo?.includes('badTime') && minutes > 0)
    return new YinkeyError('authority.clock-off', { minutes });
  return new YinkeyError('authority.refused', refusalDetails(status, more));
}

function unproven(body: Extract<PkiBody, { type: 'error' }>): YinkeyError {
  return new YinkeyError('authority.error-unproven', refusalDetails(body.status, body.errorDetails));
}

/** Certificates that can be read; the others can't be anybody's here. */
function readable(certificates: readonly Uint8Array[]): CertificateFacts[] {
  const facts: CertificateFacts[] = [];
  for (const certificate of certificates) {
    try {
      facts.push(parseCertificate(certificate));
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
    }
  }
  return facts;
}

/** Whether this certificate may speak for an authority, apart from its chain; null: it may. */
function mayAnswer(facts: CertificateFacts, { roots, recipient }: Expectation): Reason | null {
  // A CA's own key can do worse than answer; its usage need not name signing (RFC 9810 8.11 leaves that to policy).
  if (facts.isCa && (!facts.keyUsage || facts.keyUsage.has('keyCertSign'))) return null;
  if (facts.keyUsage && !facts.keyUsage.has('digitalSignature')) return 'signer-usage';
  // Another customer of the same authority has a certificate under the same root: that must not be enough.
  if (roots.some(({ sha256 }) => sha256 === facts.sha256)) return null;
  const usages = facts.extendedKeyUsage ?? [];
  if (usages.includes(cmpOids.cmcCa) || usages.includes(cmpOids.cmcRa)) return null;
  if (recipient && sameName(readName(der.readDer(recipient)), facts.subject)) return null;
  return 'signer-not-authorized';
}

/** The signer's certificate and its chain, all rules held; the reason that came nearest is thrown otherwise. */
function findSigner(message: ReceivedMessage, expected: Expectation): CertificateFacts[] {
  const { header, extraCerts } = message;
  const sender = nameIn(header.sender);
  if (!sender) throw untrusted('signer-missing');
  const senderName = readName(der.readDer(sender));
  const senderKid = header.senderKid ? Buffer.from(header.senderKid).toString('hex') : null;
  const pool = readable([...extraCerts, ...expected.pool]);
  const named = [...new Map([...pool, ...expected.roots].map((facts) => [facts.sha256, facts])).values()]
    .filter((facts) => sameName(facts.subject, senderName))
    .filter(({ subjectKeyId }) => !senderKid || !subjectKeyId || subjectKeyId === senderKid)
    .slice(0, answerLimits.signers);
  let reason: Reason = 'signer-missing';
  for (const facts of named) {
    const check = checkSigned(message, facts.spki);
    if (check !== 'right') {
      if (reason === 'signer-missing') reason = check === 'wrong' ? 'signature' : 'algorithm';
      continue;
    }
    const question = { certificate: facts, pool, roots: expected.roots };
    const result = validateChain({ ...question, at: expected.now });
    if (result.reason === 'expired' || result.reason === 'not-yet-valid') {
      // Seen from the time of the message all may be in order: then it is this computer's clock.
      const minutes = minutesOff(header.messageTime, expected.now);
      if (minutes > answerLimits.clockMinutes && header.messageTime) {
        const then = validateChain({ ...question, at: header.messageTime });
        if (then.reason === null) throw new YinkeyError('authority.clock-off', { minutes });
      }
    }
    reason = result.reason ? `chain-${result.reason}` : (mayAnswer(facts, expected) ?? reason);
    if (result.reason === null && mayAnswer(facts, expected) === null) return [...result.chain];
  }
  throw untrusted(reason);
}

async function checkProtection(
  message: ReceivedMessage,
  expected: Expectation,
): Promise<readonly CertificateFacts[]> {
  const kind = protectionKind(message);
  const { body } = message;
  if (kind === 'none') throw body.type === 'error' ? unproven(body) : untrusted('unprotected');
  if (kind === 'signature') return findSigner(message, expected);
  const { protection } = expected;
  if (protection.kind !== 'mac') throw untrusted('algorithm');
  const check = await checkMac(message, protection.secret);
  if (check === 'right') return [];
  if (check === 'unsupported') throw untrusted('algorithm');
  // An authority that could not check the request answers with the right secret: what differs is what was typed.
  throw body.type === 'error' ? new YinkeyError('authority.secret-wrong') : untrusted('secret');
}

/**
 * Reads an answer and holds it against all that it has to fulfil before a word of it counts (RFC 9483 3.5):
 * protection, who signed and under which root, transaction, nonce, version, time.
 * @throws YinkeyError `authority.answer-unreadable`; `authority.answer-untrusted` {reason}; `authority.error-unproven`
 *   {text, status, failInfo}; `authority.secret-wrong`; `authority.clock-off` {minutes}
 */
export async function readAnswer(bytes: Uint8Array, expected: Expectation): Promise<TrustedAnswer> {
  try {
    const message = decodeMessage(bytes);
    const { header, body } = message;
    const chain = await checkProtection(message, expected);
    const same = (a: Uint8Array | null, b: Uint8Array) => a !== null && Buffer.compare(a, b) === 0;
    const ours = same(header.transactionId, expected.transactionId);
    const fresh = expected.nonces.some((nonce) => same(header.recipNonce, nonce));
    // A genuine error of another time or for somebody else says nothing about this request.
    if (!ours || !fresh) {
      if (body.type === 'error') throw unproven(body);
      throw untrusted(ours ? 'nonce' : 'transaction');
    }
    if (header.pvno !== 2 && header.pvno !== 3) throw untrusted('version');
    const minutes = minutesOff(header.messageTime, expected.now);
    if (minutes > answerLimits.clockMinutes) throw new YinkeyError('authority.clock-off', { minutes });
    return { header, body, shown: chain.map((facts) => facts.der), extraCerts: message.extraCerts };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new YinkeyError('authority.answer-unreadable', {}, { cause: error });
  }
}
