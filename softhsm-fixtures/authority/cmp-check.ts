import {
  type CmpProtection,
  checkMac,
  checkSigned,
  nameIn,
  protectionKind,
  type ReceivedMessage,
} from '../../src/main/authority/index.ts';
import {
  type CertificateFacts,
  DerError,
  der,
  parseCertificate,
  readName,
  sameName,
} from '../../src/main/certificates/index.ts';
import type { CertificationAuthority } from './ca.ts';
import type { FailInfo } from './knobs.ts';
import type { Enrolment, Enrolments } from './orders-enrolment.ts';

/** A request that is refused, with the bit of PKIFailureInfo that says why. */
export class Refusal extends Error {
  readonly failInfo: FailInfo;
  constructor(failInfo: FailInfo, text: string) {
    super(text);
    this.failInfo = failInfo;
  }
}

/** Who sent a message, proven by its protection. */
export type Sender =
  | { kind: 'signature'; certificate: CertificateFacts }
  | { kind: 'mac'; enrolment: Enrolment; algorithm: 'pbm' | 'pbmac1' };

/** The same sender again, in words. */
export const holderOf = (sender: Sender) =>
  sender.kind === 'signature' ? `cert ${sender.certificate.sha256}` : `ref ${sender.enrolment.reference}`;

/** How far a message's clock may be from the authority's. */
const clockTolerance = 3_600_000;

const pbmac1 = '1.2.840.113549.1.5.14';

/** The secret that a MAC's sender names, whether or not the MAC is right. */
export function namedEnrolment(message: ReceivedMessage, enrolments: Enrolments): Enrolment | null {
  const { senderKid } = message.header;
  if (!senderKid || protectionKind(message) !== 'mac') return null;
  return enrolments.find(Buffer.from(senderKid).toString('utf8'));
}

export function macAlgorithm(message: ReceivedMessage): 'pbm' | 'pbmac1' {
  const { protectionAlg } = message.header;
  return protectionAlg && der.readOid(der.readDer(protectionAlg).at(0)) === pbmac1 ? 'pbmac1' : 'pbm';
}

/**
 * Checks who sent a message (RFC 9483 3.5): protection, sender, senderKID; a signer has to be one of ours, valid and
 * not revoked.
 */
export async function authenticate(
  message: ReceivedMessage,
  parts: { ca: CertificationAuthority; enrolments: Enrolments; now: Date },
): Promise<Sender> {
  const kind = protectionKind(message);
  if (kind === 'none') throw new Refusal('badMessageCheck', '消息没有保护 / the message is not protected');
  if (kind === 'mac') {
    const enrolment = namedEnrolment(message, parts.enrolments);
    if (!enrolment) throw new Refusal('badMessageCheck', '参考号不存在 / unknown reference number');
    const check = await readable(() => checkMac(message, Buffer.from(enrolment.secret)));
    if (check === 'unsupported') throw new Refusal('badAlg', 'MAC 算法不支持 / MAC algorithm not supported');
    if (check === 'wrong') throw new Refusal('badMessageCheck', '授权码不正确 / the secret is wrong');
    return { kind: 'mac', enrolment, algorithm: macAlgorithm(message) };
  }
  const certificate = signerOf(message);
  const check = await readable(async () => checkSigned(message, certificate.spki));
  if (check === 'unsupported') {
    throw new Refusal('badAlg', '签名算法不支持 / signature algorithm not supported');
  }
  const known = parts.ca.find({ sha256: certificate.sha256 });
  if (!known) throw new Refusal('signerNotTrusted', '签名证书不是本机构签发的 / signer not issued here');
  if (check === 'wrong') throw new Refusal('badMessageCheck', '签名不正确 / the signature is wrong');
  checkNames(message, certificate);
  if (known.state === 'revoked') throw new Refusal('certRevoked', '签名证书已吊销 / the signer is revoked');
  if (known.state === 'issued') {
    throw new Refusal('notAuthorized', '签名证书尚未确认 / the signer was never confirmed');
  }
  if (known.profile !== 'unit' && known.profile !== 'seal-maker') {
    throw new Refusal('notAuthorized', '证书用途不符 / the signer is not a holder');
  }
  if (parts.now < certificate.notBefore || parts.now > certificate.notAfter) {
    throw new Refusal('signerNotTrusted', '签名证书不在有效期内 / the signer is not within its validity');
  }
  if (certificate.keyUsage && !certificate.keyUsage.has('digitalSignature')) {
    throw new Refusal('signerNotTrusted', '签名证书的密钥用法不符 / the key usage of the signer');
  }
  return { kind: 'signature', certificate };
}

async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DerError) throw new Refusal('badDataFormat', error.message);
    throw error;
  }
}

function signerOf(message: ReceivedMessage): CertificateFacts {
  const [first] = message.extraCerts;
  if (!first) throw new Refusal('badMessageCheck', '缺少签名证书 / the signer is not in extraCerts');
  return readCertificate(first);
}

/** @throws Refusal badDataFormat */
function readCertificate(content: Uint8Array): CertificateFacts {
  try {
    return parseCertificate(content);
  } catch (error) {
    throw new Refusal('badDataFormat', error instanceof Error ? error.message : String(error));
  }
}

/** The sender has to be the signer's subject, and senderKID its key (RFC 9483 3.1). */
function checkNames(message: ReceivedMessage, certificate: CertificateFacts): void {
  const name = nameIn(message.header.sender);
  if (!name || !sameName(readName(der.readDer(name)), certificate.subject)) {
    throw new Refusal('badMessageCheck', '发送者不是签名证书的主体 / the sender is not the signer');
  }
  const { senderKid } = message.header;
  if (senderKid && Buffer.from(senderKid).toString('hex') !== certificate.subjectKeyId) {
    throw new Refusal('badMessageCheck', '发送者密钥标识不符 / senderKID is not the signer’s');
  }
}

/** What every message has to have whoever sent it (RFC 9483 3.5): version, transactionID, nonce, time. */
export function checkHeader(message: ReceivedMessage, now: Date): string {
  const { pvno, transactionId, senderNonce, messageTime } = message.header;
  if (pvno !== 2 && pvno !== 3) throw new Refusal('unsupportedVersion', '版本不支持 / version not supported');
  if (!transactionId || transactionId.length < 16) {
    throw new Refusal('badDataFormat', '缺少事务号 / transactionID is missing or too short');
  }
  if (!senderNonce || senderNonce.length < 16) {
    throw new Refusal('badSenderNonce', '缺少随机数 / senderNonce is missing or too short');
  }
  if (messageTime && Math.abs(messageTime.getTime() - now.getTime()) > clockTolerance) {
    throw new Refusal('badTime', `时间不符，机构时间 ${now.toISOString()} / clock off, ours says so`);
  }
  return Buffer.from(transactionId).toString('hex');
}

/** How the answer to this sender is protected. */
export function answerProtection(
  sender: Sender,
  own: Extract<CmpProtection, { kind: 'signature' }>,
  wrong: boolean,
): CmpProtection {
  if (sender.kind === 'signature') return own;
  const { reference, secret } = sender.enrolment;
  return {
    kind: 'mac',
    reference,
    secret: Buffer.from(wrong ? 'somebody else' : secret),
    algorithm: sender.algorithm,
  };
}
