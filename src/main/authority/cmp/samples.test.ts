import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { der, parseCertificate } from '../../certificates/index.ts';
import {
  type CertTemplate,
  type CrmfAttribute,
  checkMac,
  checkPopo,
  checkSigned,
  decodeMessage,
  encodeMessage,
  type InfoTypeAndValue,
  nameIn,
  oldCertId,
  type PkiBody,
  type PkiStatusInfo,
  protectionKind,
  type ReceivedMessage,
  readCsr,
} from './index.ts';

const folder = path.join(import.meta.dirname, 'samples');
const secret = Buffer.from('test-secret-01');
const read = (file: string) => readFileSync(path.join(folder, file));
const expected = JSON.parse(read('expected.json').toString()) as Record<string, unknown>;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.der'))
  .sort();

// The same plain form that expected.json has, made of what our decoder says.

const short = (bytes: Uint8Array) =>
  bytes.length <= 32
    ? Buffer.from(bytes).toString('hex')
    : `sha256:${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}`;
const orNull = <T, R>(value: T | null, then: (value: T) => R): R | null =>
  value === null ? null : then(value);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const digits = (date: Date) => `${date.toISOString().replace(/[-:T]|\.\d+/g, '')}`;
const integer = (encoded: Uint8Array) => hex(der.readDer(encoded).value);
const pairs = (list: readonly (InfoTypeAndValue | CrmfAttribute)[]) =>
  list.map(({ type, value }) => [type, orNull(value, short)]);

// RFC 9810 5.2.3, written here once more so that a wrong place in the code's own lists shows.
const statusNumbers: Record<string, number> = { accepted: 0, grantedWithMods: 1, rejection: 2, waiting: 3 };
const failureBits: Record<string, number> = {
  badMessageCheck: 1,
  badRequest: 2,
  badCertId: 4,
  incorrectData: 7,
  badPOP: 9,
  certRevoked: 10,
  badCertTemplate: 19,
  signerNotTrusted: 20,
};

function status({ status: name, statusString, failInfo }: PkiStatusInfo): unknown {
  return {
    status: statusNumbers[name],
    text: statusString,
    bits: orNull(failInfo, (failures) => failures.map((failure) => failureBits[failure])),
  };
}

function template(t: CertTemplate): unknown {
  return {
    version: t.version,
    serial: orNull(t.serialNumber, integer),
    issuer: orNull(t.issuer, short),
    validity: t.validity,
    subject: orNull(t.subject, short),
    publicKey: orNull(t.publicKey, short),
    extensions: orNull(t.extensions, short),
  };
}

const bodyNumbers: Record<PkiBody['type'], number> = {
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
  other: -1,
};

const serialOf = (certificate: Uint8Array) =>
  hex(der.readDer(parseCertificate(certificate).serialNumberDer).value);

function content(body: PkiBody): object {
  switch (body.type) {
    case 'ir':
    case 'cr':
    case 'kur':
      return {
        requests: body.requests.map((request) => ({
          certReqId: request.certReqId,
          template: template(request.template),
          controls: pairs(request.controls),
          certRequest: short(request.certRequest),
          popo:
            request.popo?.kind === 'signature'
              ? [short(request.popo.algorithm), short(request.popo.signature)]
              : (request.popo?.kind ?? null),
          regInfo: pairs(request.regInfo),
        })),
      };
    case 'ip':
    case 'cp':
    case 'kup':
      return {
        caPubs: body.caPubs.map(serialOf),
        responses: body.responses.map((response) => ({
          certReqId: response.certReqId,
          status: status(response.status),
          certificate: orNull(response.certificate, short),
          serial: orNull(response.certificate, serialOf),
        })),
      };
    case 'p10cr':
      return { csr: short(body.csr) };
    case 'rr':
      return {
        revoke: body.requests.map((request) => ({
          template: template(request.template),
          details: orNull(request.crlEntryDetails, short),
        })),
      };
    case 'rp':
      return {
        statuses: body.statuses.map(status),
        certIds: body.certIds.map(({ issuer, serialNumber }) => [short(issuer), integer(serialNumber)]),
      };
    case 'genm':
    case 'genp':
      return { infos: pairs(body.infos) };
    case 'error':
      return { status: status(body.status), code: body.errorCode, details: body.errorDetails };
    case 'certConf':
      return {
        conf: body.statuses.map(({ certHash, certReqId, statusInfo }) => ({
          hash: hex(certHash),
          certReqId,
          status: orNull(statusInfo, status),
        })),
      };
    case 'pollReq':
      return { poll: body.certReqIds };
    case 'pollRep':
      return { replies: body.replies.map((reply) => [reply.certReqId, reply.checkAfter, reply.reason]) };
    default:
      return {};
  }
}

function plain({ header, body, protection, extraCerts }: ReceivedMessage): unknown {
  return {
    header: {
      pvno: header.pvno,
      sender: short(header.sender),
      recipient: short(header.recipient),
      time: orNull(header.messageTime, digits),
      alg: orNull(header.protectionAlg, short),
      algOid: orNull(header.protectionAlg, (algorithm) => der.readOid(der.readDer(algorithm).at(0))),
      senderKid: orNull(header.senderKid, hex),
      recipKid: orNull(header.recipKid, hex),
      transactionId: orNull(header.transactionId, hex),
      senderNonce: orNull(header.senderNonce, hex),
      recipNonce: orNull(header.recipNonce, hex),
      freeText: header.freeText,
      infos: pairs(header.generalInfo),
    },
    body: { number: bodyNumbers[body.type], ...content(body) },
    protection: orNull(protection, short),
    extraCerts: extraCerts.map((certificate) => [serialOf(certificate), short(certificate)]),
  };
}

describe('150 messages of OpenSSL and BouncyCastle', () => {
  it('are all there', () => {
    expect(files).toHaveLength(150);
    expect(Object.keys(expected).sort()).toEqual(files);
  });

  it('say field by field what openssl asn1parse reads in them', () => {
    for (const file of files) expect(plain(decodeMessage(read(file))), file).toEqual(expected[file]);
  });

  it('are written again byte for byte', () => {
    for (const file of files) {
      const bytes = read(file);
      expect(Buffer.compare(encodeMessage(decodeMessage(bytes)), bytes), file).toBe(0);
    }
  });

  it('are protected by who they say, all but one', async () => {
    const bad: string[] = [];
    const bare: string[] = [];
    for (const file of files) {
      const message = decodeMessage(read(file));
      const kind = protectionKind(message);
      if (kind === 'none') bare.push(file);
      if (kind === 'mac' && (await checkMac(message, secret)) !== 'right') bad.push(file);
      if (kind === 'signature') {
        const signer = parseCertificate(message.extraCerts[0]!);
        expect(Buffer.compare(nameIn(message.header.sender)!, signer.subject.raw), file).toBe(0);
        if (checkSigned(message, signer.spki) !== 'right') bad.push(file);
      }
    }
    expect(bad).toEqual(['45-wrong-secret/ir.der']);
    expect(bare).toEqual([
      '43-error-unprotected-refused/error-unprotected.der',
      '44-error-unprotected-accepted/error-unprotected.der',
      '49-response-unprotected/kup-unprotected.der',
      '50-request-unprotected/certConf.der',
      '50-request-unprotected/ir.der',
    ]);
  });

  it('prove possession of the new key, and name the old certificate', () => {
    const proofs = new Map<string, string>();
    for (const file of files) {
      const { body } = decodeMessage(read(file));
      if (body.type === 'p10cr') proofs.set(file, readCsr(body.csr).proof);
      if (body.type !== 'ir' && body.type !== 'cr' && body.type !== 'kur') continue;
      proofs.set(file, checkPopo(body.requests[0]!));
      expect(oldCertId(body.requests[0]!) !== null, file).toBe(body.type === 'kur');
    }
    const missing = [...proofs].filter(([, proof]) => proof !== 'right');
    expect(missing).toEqual([
      ['51-popo-raverified-refused/ir.der', 'missing'],
      ['52-popo-raverified-accepted/ir.der', 'missing'],
      ['53-popo-none/ir.der', 'missing'],
    ]);
    expect(proofs.size).toBeGreaterThan(35);
  });
});
