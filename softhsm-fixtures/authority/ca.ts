import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type CertificateFacts, der, parseCertificate } from '../../src/main/certificates/index.ts';
import { type RevocationReason, revocationReasonSchema } from '../../src/shared/domain/certificates.ts';
import {
  authorityKeyExtension,
  basicConstraintsExtension,
  extendedKeyUsageExtension,
  extension,
  ids,
  type KeyUsageName,
  keyIdentifier,
  keyUsageExtension,
  statusExtensions,
  writeCertificate,
} from './certificate.ts';
import { writeCrl } from './crl.ts';
import type { AuthorityDatabase, ProfileName, StoredCertificate } from './database.ts';
import { type Authority, droppedFolder, type Issuer, statusPlaces } from './root.ts';

interface Profile {
  keyUsage: readonly KeyUsageName[];
  extensions: () => Buffer[];
}

/** What each kind of certificate says besides its holder and key. */
const profiles: Record<ProfileName, Profile> = {
  unit: { keyUsage: ['digitalSignature', 'nonRepudiation'], extensions: () => [] },
  'seal-maker': { keyUsage: ['digitalSignature', 'nonRepudiation'], extensions: () => [] },
  ocsp: {
    keyUsage: ['digitalSignature'],
    extensions: () => [
      extendedKeyUsageExtension(false, ids.ocspSigning),
      // Nobody asks for the status of the one who tells it (RFC 6960 4.2.2.2.1).
      extension(ids.ocspNoCheck, false, der.nul()),
    ],
  },
  // Critical and alone (RFC 3161 2.3).
  tsa: {
    keyUsage: ['digitalSignature'],
    extensions: () => [extendedKeyUsageExtension(true, ids.timeStamping)],
  },
  cmp: {
    keyUsage: ['digitalSignature'],
    extensions: () => [extendedKeyUsageExtension(false, ids.cmcCa, ids.cmcRa)],
  },
};

export interface IssueRequest {
  profile: ProfileName;
  /** DER of the Name, taken as it is. */
  subject: Uint8Array;
  /** DER SubjectPublicKeyInfo. */
  spki: Uint8Array;
  notBefore: Date;
  notAfter: Date;
  /** 'issued': its holder has yet to confirm it. */
  state: 'issued' | 'good';
  transactionId?: string | undefined;
  orderId?: string | undefined;
}

const droppedSchema = z.object({
  certificate: z.string(),
  revokedAt: z.iso.datetime().nullable(),
  reason: revocationReasonSchema.nullable(),
  // Worlds of before there were seals name none.
  profile: z.enum(['unit', 'seal-maker']).default('unit'),
});

const day = 86_400_000;

/** The issuing authority at work: issues by profile, knows what it issued, revokes, publishes CRLs. */
export class CertificationAuthority {
  readonly authority: Authority;
  readonly issuing: CertificateFacts;
  readonly root: CertificateFacts;
  readonly #database: AuthorityDatabase;
  readonly #now: () => Date;
  /** Where the server really answers: the world's address, except in tests that want a port of their own. */
  readonly #url: string;
  readonly #seen = new Set<string>();

  constructor(parts: { authority: Authority; database: AuthorityDatabase; now: () => Date; url: string }) {
    this.authority = parts.authority;
    this.#database = parts.database;
    this.#now = parts.now;
    this.#url = parts.url;
    this.issuing = parseCertificate(new Uint8Array(parts.authority.issuing.certificate.rawData));
    this.root = parseCertificate(new Uint8Array(parts.authority.root.certificate.rawData));
  }

  /** Signs a certificate and leaves it to the caller to note it. Its end is cut to the issuing authority's own. */
  make(request: IssueRequest): StoredCertificate {
    const profile = profiles[request.profile];
    const notAfter = new Date(Math.min(request.notAfter.getTime(), this.issuing.notAfter.getTime()));
    const content = writeCertificate(
      {
        subject: request.subject,
        issuer: this.issuing.subject.raw,
        spki: request.spki,
        notBefore: request.notBefore,
        notAfter,
        extensions: [
          basicConstraintsExtension(undefined),
          keyUsageExtension(profile.keyUsage),
          extension(ids.subjectKeyIdentifier, false, der.octets(keyIdentifier(request.spki))),
          authorityKeyExtension(this.issuing.spki),
          ...profile.extensions(),
          ...statusExtensions(statusPlaces({ name: 'issuing', url: this.#url })),
        ],
      },
      this.authority.issuing.privateKey,
    );
    const facts = parseCertificate(content);
    return {
      serialNumber: facts.serialNumber,
      sha256: facts.sha256,
      der: content,
      profile: request.profile,
      state: request.state,
      issuedAt: this.#now().toISOString(),
      notAfter: facts.notAfter.toISOString(),
      revokedAt: null,
      reason: null,
      transactionId: request.transactionId ?? null,
      orderId: request.orderId ?? null,
    };
  }

  /** Signs a certificate and notes it. */
  issue(request: IssueRequest): StoredCertificate {
    const certificate = this.make(request);
    this.#database.addCertificate(certificate);
    return certificate;
  }

  /** The certificate with these bytes or this serial number, if the authority issued it. */
  find(by: { sha256: string } | { serialNumber: string }): StoredCertificate | null {
    const look = () =>
      'sha256' in by
        ? this.#database.certificateBySha256(by.sha256)
        : this.#database.certificateBySerial(by.serialNumber);
    const known = look();
    if (known) return known;
    this.takeIn();
    return look();
  }

  /** Takes in what the practice set-up issued beside the server since the last look. */
  takeIn(): void {
    const folder = droppedFolder(this.authority.folder);
    for (const name of jsonFiles(folder)) {
      if (this.#seen.has(name)) continue;
      this.#seen.add(name);
      const read = droppedSchema.safeParse(parseJson(readFileSync(join(folder, name), 'utf8')));
      if (!read.success) {
        rmSync(join(folder, name), { force: true });
        continue;
      }
      const content = new Uint8Array(Buffer.from(read.data.certificate, 'base64'));
      const facts = parseCertificate(content);
      if (this.#database.certificateBySerial(facts.serialNumber)) continue;
      const { revokedAt, reason, profile } = read.data;
      this.#database.addCertificate({
        serialNumber: facts.serialNumber,
        sha256: facts.sha256,
        der: content,
        profile,
        state: revokedAt === null ? 'good' : 'revoked',
        issuedAt: facts.notBefore.toISOString(),
        notAfter: facts.notAfter.toISOString(),
        revokedAt,
        reason,
        transactionId: null,
        orderId: null,
      });
      if (revokedAt !== null) this.#revocationsChanged();
    }
  }

  /** Revokes and publishes. False when the certificate is unknown or was revoked before. */
  revoke(serialNumber: string, reason: RevocationReason): boolean {
    if (this.find({ serialNumber }) === null) return false;
    const done = this.#database.revokeCertificate(serialNumber, reason, this.#now());
    if (done) this.#revocationsChanged();
    return done;
  }

  #revocationsChanged(): void {
    this.#database.setSetting('crl.issuing', new Uint8Array());
  }

  /** The CRL in force: made anew after a revocation, after a day, and when the clock says it is of another time. */
  crl(name: Issuer['name']): Uint8Array {
    if (name === 'issuing') this.takeIn();
    const text = (key: string) => Buffer.from(this.#database.setting(`crl.${name}.${key}`) ?? []).toString();
    return this.#database.atomically(() => {
      const now = this.#now();
      const kept = this.#database.setting(`crl.${name}`);
      const age = now.getTime() - Number(text('at'));
      const current = text('issuer') === this[name].sha256 && age >= 0 && age < day;
      if (kept && kept.length > 0 && current) return kept;
      const number = Number(text('number')) + 1;
      const revoked = name === 'root' ? [] : this.#database.certificates({ state: 'revoked' });
      const crl = writeCrl({
        issuer: this[name],
        key: this.authority[name].privateKey,
        number,
        thisUpdate: now,
        // A day longer than it is replaced after: clients come in between.
        nextUpdate: new Date(now.getTime() + 2 * day),
        entries: revoked.map(({ der: content, revokedAt, reason }) => ({
          serialNumberDer: parseCertificate(content).serialNumberDer,
          at: new Date(revokedAt ?? now),
          reason: reason ?? 'unspecified',
        })),
      });
      this.#database.setSetting(`crl.${name}`, crl);
      const note = (key: string, value: string) =>
        this.#database.setSetting(`crl.${name}.${key}`, Buffer.from(value));
      note('at', String(now.getTime()));
      note('number', String(number));
      note('issuer', this[name].sha256);
      return crl;
    });
  }

  /** Hashes of the issuing authority's name and key, as an OCSP request names it (RFC 6960 4.1.1). */
  issuerHashes(hash: string): { name: Buffer; key: Buffer } {
    const bits = der.readBitBytes(der.readDer(this.issuing.spki).at(1));
    return {
      name: createHash(hash).update(this.issuing.subject.raw).digest(),
      key: createHash(hash).update(bits).digest(),
    };
  }
}

function jsonFiles(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
