import { DerError, type DerNode, der } from '../../certificates/index.ts';
import {
  type CertId,
  type CertReqMessage,
  type CertTemplate,
  readCertId,
  readCertReqMessage,
  readGeneralName,
  readTemplate,
  writeCertId,
  writeCertReqMessage,
  writeTemplate,
} from './crmf.ts';
import { bytesOf, Fields, present, readList } from './fields.ts';
import { cmpOids } from './oids.ts';
import {
  type PkiStatusInfo,
  readFreeText,
  readStatusInfo,
  writeFreeText,
  writeStatusInfo,
} from './status.ts';

// PKIMessage (RFC 9810 5.1). Its ASN.1 module has explicit tags. Optional octets and DER parts are null when absent.

const { tags } = der;

/** InfoTypeAndValue (RFC 9810 5.3.19). */
export interface InfoTypeAndValue {
  type: string;
  /** DER. */
  value: Uint8Array | null;
}

/** PKIHeader (RFC 9810 5.1.1). */
export interface PkiHeader {
  /** 2 (cmp2000) or 3 (cmp2021). */
  pvno: number;
  /** DER GeneralName. */
  sender: Uint8Array;
  /** DER GeneralName. */
  recipient: Uint8Array;
  messageTime: Date | null;
  /** DER AlgorithmIdentifier. */
  protectionAlg: Uint8Array | null;
  senderKid: Uint8Array | null;
  recipKid: Uint8Array | null;
  transactionId: Uint8Array | null;
  senderNonce: Uint8Array | null;
  recipNonce: Uint8Array | null;
  freeText: readonly string[];
  generalInfo: readonly InfoTypeAndValue[];
}

/** CertResponse (RFC 9810 5.3.4). */
export interface CertResponse {
  certReqId: number;
  status: PkiStatusInfo;
  /** DER certificate; null when there is none, or when it is encrypted. */
  certificate: Uint8Array | null;
  /** A certificate or key that was sent encrypted (`[1]` EncryptedKey and what follows): kept, not opened. */
  encrypted: Uint8Array | null;
  rspInfo: Uint8Array | null;
}

/** RevDetails (RFC 9810 5.3.9). */
export interface RevocationDetails {
  template: CertTemplate;
  /** DER Extensions of the CRL entry that is asked for. */
  crlEntryDetails: Uint8Array | null;
}

/** CertStatus (RFC 9810 5.3.18). */
export interface CertStatus {
  certHash: Uint8Array;
  certReqId: number;
  /** null: accepted. */
  statusInfo: PkiStatusInfo | null;
  /** DER AlgorithmIdentifier of the digest in `certHash`; null: that of the certificate's signature. Needs pvno 3. */
  hashAlg: Uint8Array | null;
}

export interface PollReply {
  certReqId: number;
  /** Seconds. */
  checkAfter: number;
  reason: readonly string[];
}

export type PkiBody =
  | { type: 'ir' | 'cr' | 'kur'; requests: readonly CertReqMessage[] }
  | { type: 'ip' | 'cp' | 'kup'; caPubs: readonly Uint8Array[]; responses: readonly CertResponse[] }
  /** DER CertificationRequest (PKCS #10). */
  | { type: 'p10cr'; csr: Uint8Array }
  | { type: 'rr'; requests: readonly RevocationDetails[] }
  | {
      type: 'rp';
      statuses: readonly PkiStatusInfo[];
      certIds: readonly CertId[];
      /** DER CertificateList each. */
      crls: readonly Uint8Array[];
    }
  | { type: 'certConf'; statuses: readonly CertStatus[] }
  | { type: 'pkiConf' }
  | { type: 'genm' | 'genp'; infos: readonly InfoTypeAndValue[] }
  | { type: 'pollReq'; certReqIds: readonly number[] }
  | { type: 'pollRep'; replies: readonly PollReply[] }
  | { type: 'error'; status: PkiStatusInfo; errorCode: number | null; errorDetails: readonly string[] }
  /** A body that nobody here speaks: key recovery, cross-certification, announcements, nested messages. */
  | { type: 'other'; number: number; content: Uint8Array };

export interface PkiMessage {
  header: PkiHeader;
  body: PkiBody;
  protection: Uint8Array | null;
  /** DER certificates; when the protection is a signature the first one is its signer's. */
  extraCerts: readonly Uint8Array[];
}

/** A message as it came in. */
export interface ReceivedMessage extends PkiMessage {
  /** DER ProtectedPart: what the protection runs over, from the very bytes that came in. */
  protectedPart: Uint8Array;
}

/** Numbers of the bodies (RFC 9810 5.1.2). */
const bodyNumbers = {
  ir: 0,
  ip: 1,
  cr: 2,
  cp: 3,
  p10cr: 4,
  kur: 7,
  kup: 8,
  rr: 11,
  rp: 12,
  pkiConf: 19,
  genm: 21,
  genp: 22,
  error: 23,
  certConf: 24,
  pollReq: 25,
  pollRep: 26,
} as const;

const messageLimits = {
  /** Bytes of a message: certificate lists of an authority are the largest part. */
  size: 4 << 20,
  /** Bytes of identifiers and nonces; 16 are usual. */
  octets: 128,
};

function readShortOctets(node: DerNode): Uint8Array {
  const value = der.readOctets(node);
  if (value.length > messageLimits.octets) throw new DerError('an identifier that is too long');
  return Uint8Array.from(value);
}

function readInfo(node: DerNode): InfoTypeAndValue {
  const fields = new Fields(node);
  const type = der.readOid(fields.next());
  const value = node.children.length > 1 ? bytesOf(fields.next()) : null;
  fields.end();
  return { type, value };
}

function writeInfo({ type, value }: InfoTypeAndValue): Uint8Array {
  return der.seq(...present(der.oid(type), value));
}

function readHeader(node: DerNode): PkiHeader {
  const fields = new Fields(node);
  const pvno = der.readSmallInteger(fields.next());
  const sender = readGeneralName(fields.next());
  const recipient = readGeneralName(fields.next());
  const octets = (number: number) => {
    const found = fields.explicit(number);
    return found ? readShortOctets(found) : null;
  };
  const messageTime = fields.explicit(0);
  const protectionAlg = fields.explicit(1);
  const header: PkiHeader = {
    pvno,
    sender,
    recipient,
    messageTime: messageTime ? der.readTime(messageTime.as(tags.generalizedTime)) : null,
    protectionAlg: protectionAlg ? bytesOf(protectionAlg.as(tags.sequence)) : null,
    senderKid: octets(2),
    recipKid: octets(3),
    transactionId: octets(4),
    senderNonce: octets(5),
    recipNonce: octets(6),
    freeText: [],
    generalInfo: [],
  };
  const freeText = fields.explicit(7);
  const generalInfo = fields.explicit(8);
  fields.end();
  if (freeText) header.freeText = readFreeText(freeText);
  if (generalInfo) header.generalInfo = readList(generalInfo, readInfo);
  return header;
}

function writeHeader(header: PkiHeader): Uint8Array {
  const octets = (number: number, value: Uint8Array | null) =>
    value ? der.explicit(number, der.octets(value)) : null;
  const freeText = writeFreeText(header.freeText);
  return der.seq(
    ...present(
      der.int(header.pvno),
      header.sender,
      header.recipient,
      header.messageTime ? der.explicit(0, der.generalizedTime(header.messageTime)) : null,
      header.protectionAlg ? der.explicit(1, header.protectionAlg) : null,
      octets(2, header.senderKid),
      octets(3, header.recipKid),
      octets(4, header.transactionId),
      octets(5, header.senderNonce),
      octets(6, header.recipNonce),
      freeText ? der.explicit(7, freeText) : null,
      header.generalInfo.length > 0 ? der.explicit(8, der.seq(...header.generalInfo.map(writeInfo))) : null,
    ),
  );
}

function readCertResponse(node: DerNode): CertResponse {
  const fields = new Fields(node);
  const certReqId = der.readSmallInteger(fields.next());
  const status = readStatusInfo(fields.next());
  const pair = fields.optional(tags.sequence);
  const rspInfo = fields.optional(tags.octetString);
  fields.end();
  const response: CertResponse = {
    certReqId,
    status,
    certificate: null,
    encrypted: null,
    rspInfo: rspInfo ? Uint8Array.from(der.readOctets(rspInfo)) : null,
  };
  if (!pair) return response;
  const [choice] = pair.children;
  if (pair.children.length === 1 && choice?.tag === 0xa0)
    return { ...response, certificate: bytesOf(choice.inner.as(tags.sequence)) };
  // Keys made by the authority and encrypted certificates are nothing that a seal's key may have.
  return { ...response, encrypted: bytesOf(pair) };
}

function writeCertResponse(response: CertResponse): Uint8Array {
  const { certReqId, status, certificate, encrypted, rspInfo } = response;
  return der.seq(
    ...present(
      der.int(certReqId),
      writeStatusInfo(status),
      certificate ? der.seq(der.explicit(0, certificate)) : encrypted,
      rspInfo ? der.octets(rspInfo) : null,
    ),
  );
}

function readCertStatus(node: DerNode): CertStatus {
  const fields = new Fields(node);
  const certHash = readShortOctets(fields.next());
  const certReqId = der.readSmallInteger(fields.next());
  const statusInfo = fields.optional(tags.sequence);
  const hashAlg = fields.explicit(0);
  fields.end();
  return {
    certHash,
    certReqId,
    statusInfo: statusInfo ? readStatusInfo(statusInfo) : null,
    hashAlg: hashAlg ? bytesOf(hashAlg.as(tags.sequence)) : null,
  };
}

function readPollReply(node: DerNode): PollReply {
  const fields = new Fields(node);
  const certReqId = der.readSmallInteger(fields.next());
  const checkAfter = der.readSmallInteger(fields.next());
  const reason = fields.optional(tags.sequence);
  fields.end();
  return { certReqId, checkAfter, reason: reason ? readFreeText(reason) : [] };
}

function readRevocation(node: DerNode): RevocationDetails {
  const fields = new Fields(node);
  const template = readTemplate(fields.next());
  const details = fields.optional(tags.sequence);
  fields.end();
  return { template, crlEntryDetails: details ? bytesOf(details) : null };
}

function readBody(node: DerNode): PkiBody {
  const number = node.tag & 0x1f;
  if (node.tag !== der.contextTag(number, true)) throw new DerError('no body');
  const content = node.inner;
  const type = (Object.keys(bodyNumbers) as (keyof typeof bodyNumbers)[]).find(
    (name) => bodyNumbers[name] === number,
  );
  switch (type) {
    case 'ir':
    case 'cr':
    case 'kur':
      return { type, requests: readList(content, readCertReqMessage) };
    case 'ip':
    case 'cp':
    case 'kup': {
      const fields = new Fields(content);
      const caPubs = fields.explicit(1);
      const responses = readList(fields.next(), readCertResponse);
      fields.end();
      return { type, caPubs: caPubs ? readList(caPubs, readCertificate) : [], responses };
    }
    case 'p10cr':
      return { type, csr: bytesOf(content.as(tags.sequence)) };
    case 'rr':
      return { type, requests: readList(content, readRevocation) };
    case 'rp': {
      const fields = new Fields(content);
      const statuses = readList(fields.next(), readStatusInfo);
      const certIds = fields.explicit(0);
      const crls = fields.explicit(1);
      fields.end();
      return {
        type,
        statuses,
        certIds: certIds ? readList(certIds, readCertId) : [],
        crls: crls ? readList(crls, (crl) => bytesOf(crl.as(tags.sequence))) : [],
      };
    }
    case 'certConf':
      // An empty list is legal: it rejects every certificate of the transaction (RFC 9810 5.3.18).
      return { type, statuses: readList(content, readCertStatus, { least: 0 }) };
    case 'pkiConf':
      if (content.tag !== tags.nul || content.value.length > 0) throw new DerError('no NULL');
      return { type };
    case 'genm':
    case 'genp':
      return { type, infos: readList(content, readInfo, { least: 0 }) };
    case 'pollReq':
      return {
        type,
        certReqIds: readList(content, (entry) => {
          const fields = new Fields(entry);
          const id = der.readSmallInteger(fields.next());
          fields.end();
          return id;
        }),
      };
    case 'pollRep':
      return { type, replies: readList(content, readPollReply) };
    case 'error': {
      const fields = new Fields(content);
      const status = readStatusInfo(fields.next());
      const code = fields.optional(tags.integer);
      const details = fields.optional(tags.sequence);
      fields.end();
      return {
        type,
        status,
        errorCode: code ? der.readSmallInteger(code) : null,
        errorDetails: details ? readFreeText(details) : [],
      };
    }
    default:
      return { type: 'other', number, content: bytesOf(content) };
  }
}

function readCertificate(node: DerNode): Uint8Array {
  return bytesOf(node.as(tags.sequence));
}

function writeBody(body: PkiBody): Uint8Array {
  return body.type === 'other'
    ? der.explicit(body.number, body.content)
    : der.explicit(bodyNumbers[body.type], writeContent(body));
}

function writeContent(body: Exclude<PkiBody, { type: 'other' }>): Uint8Array {
  switch (body.type) {
    case 'ir':
    case 'cr':
    case 'kur':
      return der.seq(...body.requests.map(writeCertReqMessage));
    case 'ip':
    case 'cp':
    case 'kup':
      return der.seq(
        ...present(
          body.caPubs.length > 0 ? der.explicit(1, der.seq(...body.caPubs)) : null,
          der.seq(...body.responses.map(writeCertResponse)),
        ),
      );
    case 'p10cr':
      return body.csr;
    case 'rr':
      return der.seq(
        ...body.requests.map(({ template, crlEntryDetails }) =>
          der.seq(...present(writeTemplate(template), crlEntryDetails)),
        ),
      );
    case 'rp':
      return der.seq(
        ...present(
          der.seq(...body.statuses.map(writeStatusInfo)),
          body.certIds.length > 0 ? der.explicit(0, der.seq(...body.certIds.map(writeCertId))) : null,
          body.crls.length > 0 ? der.explicit(1, der.seq(...body.crls)) : null,
        ),
      );
    case 'certConf':
      return der.seq(
        ...body.statuses.map(({ certHash, certReqId, statusInfo, hashAlg }) =>
          der.seq(
            ...present(
              der.octets(certHash),
              der.int(certReqId),
              statusInfo ? writeStatusInfo(statusInfo) : null,
              hashAlg ? der.explicit(0, hashAlg) : null,
            ),
          ),
        ),
      );
    case 'pkiConf':
      return der.nul();
    case 'genm':
    case 'genp':
      return der.seq(...body.infos.map(writeInfo));
    case 'pollReq':
      return der.seq(...body.certReqIds.map((id) => der.seq(der.int(id))));
    case 'pollRep':
      return der.seq(
        ...body.replies.map(({ certReqId, checkAfter, reason }) =>
          der.seq(...present(der.int(certReqId), der.int(checkAfter), writeFreeText(reason))),
        ),
      );
    case 'error':
      return der.seq(
        ...present(
          writeStatusInfo(body.status),
          body.errorCode === null ? null : der.int(body.errorCode),
          writeFreeText(body.errorDetails),
        ),
      );
  }
}

/** DER ProtectedPart (RFC 9810 5.1.3): what a protection is made over when a message is written. */
export function writeProtectedPart({ header, body }: Pick<PkiMessage, 'header' | 'body'>): Uint8Array {
  return der.seq(writeHeader(header), writeBody(body));
}

/** Puts a message together; `protection` has to fit already (`protectMessage` does both). */
export function encodeMessage(message: PkiMessage): Uint8Array {
  const { header, body, protection, extraCerts } = message;
  return der.seq(
    ...present(
      writeHeader(header),
      writeBody(body),
      protection ? der.explicit(0, der.bits(protection)) : null,
      extraCerts.length > 0 ? der.explicit(1, der.seq(...extraCerts)) : null,
    ),
  );
}

/**
 * Reads a PKIMessage strictly. Nothing is believed by this: protection, names and nonces are for the caller.
 * @throws DerError when the bytes are no message in DER
 */
export function decodeMessage(bytes: Uint8Array): ReceivedMessage {
  if (bytes.length > messageLimits.size) throw new DerError('too large for a message');
  const fields = new Fields(der.readDer(bytes));
  const header = fields.next();
  const body = fields.next();
  const protection = fields.explicit(0);
  const extraCerts = fields.explicit(1);
  fields.end();
  const message: ReceivedMessage = {
    header: readHeader(header),
    body: readBody(body),
    protection: protection ? Uint8Array.from(der.readBitBytes(protection)) : null,
    extraCerts: extraCerts ? readList(extraCerts, readCertificate) : [],
    protectedPart: der.seq(header.raw, body.raw),
  };
  // The one names how the other was made: neither says anything alone.
  if ((message.protection === null) !== (message.header.protectionAlg === null))
    throw new DerError('a protection without its algorithm, or the other way round');
  return message;
}

/** Whether the sender asks for, or grants, that no certConf has to follow (RFC 9810 5.1.1.1). */
export function hasImplicitConfirm(header: Pick<PkiHeader, 'generalInfo'>): boolean {
  return header.generalInfo.some(({ type }) => type === cmpOids.implicitConfirm);
}

/** The entry of generalInfo that asks for it or grants it. */
export const implicitConfirmInfo: InfoTypeAndValue = {
  type: cmpOids.implicitConfirm,
  value: Uint8Array.of(tags.nul, 0),
};
