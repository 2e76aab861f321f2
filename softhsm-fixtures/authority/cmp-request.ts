import { createHash } from 'node:crypto';
import {
  type CertReqMessage,
  checkPopo,
  cmpOids,
  nameIn,
  oldCertId,
  readCsr as readCertificationRequest,
  readUtf8Pairs,
} from '../../src/main/authority/index.ts';
import {
  type CertificateFacts,
  der,
  parseCertificate,
  readDigestAlgorithm,
  readName,
  sameName,
} from '../../src/main/certificates/index.ts';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';
import type { CertificationAuthority } from './ca.ts';
import { Refusal, type Sender } from './cmp-check.ts';
import type { Transaction } from './cmp-state.ts';
import { reasonName } from './crl.ts';
import type { StoredCertificate } from './database.ts';
import { type Enrolments, enrolmentSubject } from './orders-enrolment.ts';

/** Where a message came in: the plain endpoint, or the one that issues for orders only. */
export type CmpEndpointName = 'plain' | 'orders';

const day = 86_400_000;
/** Days before its end from which a certificate can be renewed for an order. */
const renewalDays = 90;

/** What a request for a certificate comes down to, whichever body it came in. */
interface Wanted {
  answer: Transaction['answer'];
  certReqId: number;
  subject: Uint8Array;
  spki: Uint8Array;
  /** null: the order's. */
  notAfter: Date | null;
  withMods: boolean;
  orderId: string | null;
  old: CertificateFacts | null;
}

export interface RequestParts {
  ca: CertificationAuthority;
  enrolments: Enrolments;
  now: () => Date;
}

/** The certificate with this issuer and number. */
export function named(
  ca: CertificationAuthority,
  issuer: Uint8Array,
  serialNumber: Uint8Array,
): StoredCertificate {
  if (!sameName(readName(der.readDer(issuer)), ca.issuing.subject)) {
    throw new Refusal('badCertId', '不是本机构签发的 / another authority’s certificate');
  }
  const number = Buffer.from(der.readIntegerBytes(der.readDer(serialNumber)));
  const text = (number.length > 1 && number[0] === 0 ? number.subarray(1) : number).toString('hex');
  const found = ca.find({ serialNumber: text });
  if (!found) throw new Refusal('badCertId', '没有这张证书 / no such certificate');
  return found;
}

/** Checks a request in CRMF: key, proof of possession, name, and what it wants to replace. */
export function readRequest(
  parts: RequestParts,
  type: 'ir' | 'cr' | 'kur',
  request: CertReqMessage,
  sender: Sender,
  endpoint: CmpEndpointName,
  transactionId: string,
): Wanted {
  const { ca, now } = parts;
  const { template } = request;
  if (!template.publicKey) throw new Refusal('badCertTemplate', '缺少公钥 / no public key');
  if (!template.subject) throw new Refusal('badCertTemplate', '缺少主体名称 / no subject');
  if (template.issuer && !sameName(readName(der.readDer(template.issuer)), ca.issuing.subject)) {
    throw new Refusal('badCertTemplate', '签发者不是本机构 / another issuer');
  }
  acceptKey(template.publicKey);
  const proof = checkPopo(request);
  if (proof !== 'right') throw new Refusal('badPOP', `私钥持有证明无效 / proof of possession: ${proof}`);
  const old = type === 'kur' ? renewed(ca, request, sender) : null;
  const wanted = entitled(parts, transactionId, template.subject, template.publicKey, sender, old);
  const asked = template.validity?.notAfter ?? null;
  const shorter = asked && asked > now() && asked < wanted.notAfter;
  return {
    ...wanted,
    answer: type === 'kur' ? 'kup' : type === 'ir' ? 'ip' : 'cp',
    certReqId: 0,
    notAfter: endpoint === 'orders' ? null : shorter ? asked : wanted.notAfter,
    // What an authority decides itself and the client asked otherwise for.
    withMods: template.extensions !== null || (endpoint === 'plain' && asked !== null && !shorter),
    orderId: endpoint === 'orders' ? orderOf(request, sender, old, now()) : null,
    old,
  };
}

/** Checks a request in PKCS #10. */
export function readCsr(parts: RequestParts, csr: Uint8Array, sender: Sender, transactionId: string): Wanted {
  const { subject, spki, extensions, proof } = readCertificationRequest(csr);
  acceptKey(spki);
  if (proof !== 'right')
    throw new Refusal('badPOP', '申请的签名不正确 / the signature of the request is wrong');
  const wanted = entitled(parts, transactionId, subject, spki, sender, null);
  return { ...wanted, answer: 'cp', certReqId: -1, withMods: extensions !== null, orderId: null, old: null };
}

/** The certificate that a kur wants to replace, which has to be the sender's. */
function renewed(ca: CertificationAuthority, request: CertReqMessage, sender: Sender): CertificateFacts {
  const id = oldCertId(request);
  const theOld = () => {
    const issuer = id ? nameIn(id.issuer) : null;
    if (!id || !issuer) throw new Refusal('badCertId', '未指明旧证书 / oldCertID is missing');
    return named(ca, issuer, id.serialNumber);
  };
  if (sender.kind === 'signature') {
    if (id && theOld().sha256 !== sender.certificate.sha256) {
      throw new Refusal('badCertId', '旧证书不是签名证书 / oldCertID is not the signer');
    }
    return sender.certificate;
  }
  const stored = theOld();
  if (stored.state !== 'good')
    throw new Refusal('certRevoked', '旧证书无效 / the old certificate is not valid');
  return parseCertificate(stored.der);
}

/** Whether this sender may have a certificate of this name, and for how long. */
function entitled(
  parts: RequestParts,
  transactionId: string,
  subject: Uint8Array,
  spki: Uint8Array,
  sender: Sender,
  old: CertificateFacts | null,
): { subject: Uint8Array; spki: Uint8Array; notAfter: Date } {
  const { enrolments, now } = parts;
  const name = readName(der.readDer(subject));
  if (name.attributes.length === 0) throw new Refusal('badCertTemplate', '主体名称为空 / empty subject');
  const model = old ?? (sender.kind === 'signature' ? sender.certificate : null);
  if (model && !sameName(name, model.subject)) {
    throw new Refusal('badCertTemplate', '主体名称与旧证书不符 / another subject than the certificate’s');
  }
  if (model && Buffer.from(model.spki).equals(spki)) {
    throw new Refusal('badCertTemplate', '密钥与旧证书相同 / the same key again');
  }
  if (sender.kind === 'mac') {
    const { enrolment } = sender;
    const registered = enrolmentSubject(enrolment);
    if (!sameName(name, readName(der.readDer(registered)))) {
      throw new Refusal('badCertTemplate', '主体名称与登记不符 / another subject than registered');
    }
    // A renewal under the secret replaces a certificate that is there; only a first one uses it up.
    if (!old && !enrolments.secretFor(enrolment.reference, transactionId)) {
      throw new Refusal('notAuthorized', '授权码已使用或已过期 / the secret was used or is too old');
    }
    const notAfter = new Date(now());
    notAfter.setUTCFullYear(notAfter.getUTCFullYear() + enrolment.years);
    return { subject: registered, spki, notAfter };
  }
  const { notBefore, notAfter } = sender.certificate;
  const length = notAfter.getTime() - notBefore.getTime();
  return { subject: sender.certificate.subject.raw, spki, notAfter: new Date(now().getTime() + length) };
}

/** The order that a kur names in its registration information. Its state is the gate's business. */
function orderOf(request: CertReqMessage, sender: Sender, old: CertificateFacts | null, now: Date): string {
  if (sender.kind !== 'signature' || !old) {
    throw new Refusal('wrongIntegrity', '更新须由旧证书签名 / an order’s kur is signed by the old key');
  }
  const order = readUtf8Pairs(request.regInfo).get('order');
  if (!order) throw new Refusal('badRequest', '未指明订单 / which order?');
  const opens = new Date(old.notAfter.getTime() - renewalDays * day);
  if (now < opens) {
    throw new Refusal('notAuthorized', `尚未到更新时间 / renewal opens on ${opens.toISOString()}`);
  }
  return order;
}

/** Keys that certificates are issued for: RSA from 2048 bits, P-256, P-384. */
function acceptKey(spki: Uint8Array): void {
  const type = keyTypeOf(spki);
  const rsa = /^RSA-(\d+)$/.exec(type)?.[1];
  if (type !== 'EC-P256' && type !== 'EC-P384' && !(rsa && Number(rsa) >= 2048 && Number(rsa) <= 8192)) {
    throw new Refusal('badCertTemplate', `密钥类型不受理 / key type not accepted: ${type}`);
  }
}

const curves: Record<string, string> = {
  '1.2.840.10045.3.1.7': 'EC-P256',
  '1.3.132.0.34': 'EC-P384',
};

function keyTypeOf(spki: Uint8Array): string {
  const node = der.readDer(spki);
  const algorithm = node.at(0);
  const type = der.readOid(algorithm.at(0));
  if (type === '1.2.840.113549.1.1.1') {
    const modulus = Buffer.from(der.readIntegerBytes(der.readDer(der.readBitBytes(node.at(1))).at(0)));
    return `RSA-${BigInt(`0x${modulus.toString('hex')}`).toString(2).length}`;
  }
  if (type !== '1.2.840.10045.2.1' || algorithm.at(1).tag !== der.tags.oid) return type;
  return curves[der.readOid(algorithm.at(1))] ?? type;
}

/** certHash is made with the hash of the certificate's signature, or with hashAlg in version 3 (RFC 9810 5.3.18). */
export function hashFits(
  status: { certHash: Uint8Array; hashAlg: Uint8Array | null },
  certificate: StoredCertificate,
  pvno: number,
): boolean {
  const own = parseCertificate(certificate.der).signatureAlgorithm.hash;
  const named = status.hashAlg ? readDigestAlgorithm(der.readDer(status.hashAlg)).hash : null;
  if (status.hashAlg && pvno !== 3)
    throw new Refusal('unsupportedVersion', 'hashAlg 需要版本 3 / needs pvno 3');
  const hash = named ?? own;
  if (!hash || hash === 'md5' || hash === 'sha1')
    throw new Refusal('badAlg', '摘要算法 / digest of certHash');
  return createHash(hash).update(certificate.der).digest().equals(Buffer.from(status.certHash));
}

/** reasonCode among the extensions of a revocation request; none means 'unspecified'. */
export function readReason(details: Uint8Array | null): RevocationReason {
  if (!details) return 'unspecified';
  for (const entry of der.readDer(details).as(der.tags.sequence).children) {
    if (der.readOid(entry.at(0)) !== cmpOids.reasonCode) continue;
    const code = der.readDer(der.readOctets(entry.children.at(-1)!));
    const reason = reasonName(der.readSmallInteger(code, der.tags.enumerated));
    if (!reason) throw new Refusal('badRequest', '吊销原因无效 / no such reason');
    return reason;
  }
  return 'unspecified';
}
