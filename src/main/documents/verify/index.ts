import { createHash } from 'node:crypto';
import type { SignatureReport, Verification } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  canSign,
  chainWord,
  holderName,
  oids,
  validateChain,
} from '../../certificates/index.ts';
import { type CmsReason, type CmsVerdict, type TimestampVerdict, verifyCms } from '../cms/index.ts';
import {
  type ByteSource,
  isName,
  PdfFile,
  PrefixSource,
  pageGeometry,
  type SignatureField,
  signatureFields,
} from '../pdf/index.ts';
import { type CoveredBytes, coveredBytes, readByteRange } from './byte-range.ts';
import { type Changes, changesBetween } from './changes.ts';
import { parsePdfDate } from './date.ts';
import { allows, permissionsAfter } from './permissions.ts';
import { judgeSeal, type SealKnowledge } from './seal.ts';
import { hasSignatureTraces } from './traces.ts';
import { judge } from './verdict.ts';

/** With what a file is judged. */
export interface VerifyOptions {
  password?: string | undefined;
  /** Certificates that are trusted as roots. */
  roots: CertificateFacts[];
  /** Where no time is proven, certificates are judged at this one. */
  now: Date;
  /** What is known of seal makers: certificates that are revoked, and lists of suspended and cancelled seals. */
  revoked?: SealKnowledge['revoked'];
  statusLists?: SealKnowledge['statusLists'];
}

/** What a file says about its signatures; its name is for the caller to add. */
export type FileVerification = Omit<Verification, 'file'> & { file: Omit<Verification['file'], 'name'> };

const chunk = 1024 * 1024;
const supported = new Set(['adbe.pkcs7.detached', 'ETSI.CAdES.detached']);

/**
 * Verifies every signature of a PDF file (ISO 32000-2, 12.8; EN 319 142-1): the bytes, the CMS, the certificate's
 * chain, and what was added after. Throws the reader's document.* codes where the file can't be read at all.
 */
export async function verifyDocument(source: ByteSource, options: VerifyOptions): Promise<FileVerification> {
  const reports: SignatureReport[] = [];
  let pages = 0;
  try {
    const file = PdfFile.open(source, { password: options.password });
    for (const field of signatureFields(file)) {
      // A document timestamp proves a time; it is nobody's seal.
      if (field.value && !isName(field.value.get('Type'), 'DocTimeStamp')) {
        reports.push(await verifyField(file, field, options));
      }
    }
    pages = file.pageCount;
  } catch (error) {
    // A damaged file that was signed is a verdict, not a failure to read.
    if (!isDamage(error) || !hasSignatureTraces(source)) throw error;
    reports.push(lostSignature());
  }
  if (reports.length === 0 && hasSignatureTraces(source)) reports.push(lostSignature());
  reports.sort((a, b) => (a.byteRange[2] ?? 0) - (b.byteRange[2] ?? 0));
  const sha256 = digest(source, [[0, source.size]], 'sha256').toString('hex');
  return { ...judge(reports), file: { size: source.size, sha256, pages }, signatures: reports };
}

const damageCodes = new Set(['document.damaged', 'document.truncated', 'document.page-missing']);

function isDamage(error: unknown): boolean {
  return error instanceof YinkeyError && damageCodes.has(error.code);
}

/** What is known before a signature is looked at: nothing that speaks for it. */
function emptyReport(): SignatureReport {
  return {
    field: '',
    signer: '',
    unit: '',
    issuer: '',
    certificateSha256: '',
    certificateSerial: '',
    notBefore: null,
    notAfter: null,
    signedAt: null,
    timeSource: 'none',
    integrity: 'broken',
    coverage: 'partial',
    changesAfter: [],
    changesAllowed: false,
    trust: 'unknown',
    reason: 'byterange-invalid',
    subFilter: '',
    level: '',
    digestAlgorithm: '',
    signatureAlgorithm: '',
    keyType: '',
    seal: null,
    byteRange: [],
    widgets: [],
    chain: [],
  };
}

/** There was a signature; the file was changed so that nothing leads to it any more. */
function lostSignature(): SignatureReport {
  return { ...emptyReport(), reason: 'signature-lost' };
}

async function verifyField(
  file: PdfFile,
  field: SignatureField,
  options: VerifyOptions,
): Promise<SignatureReport> {
  const signature = field.value!;
  const subFilter = signature.getName('SubFilter') ?? '';
  const claimed = parsePdfDate(signature.getString('M')?.toText());
  const report: SignatureReport = {
    ...emptyReport(),
    field: field.name,
    signedAt: claimed?.toISOString() ?? null,
    timeSource: claimed ? 'claimed' : 'none',
    subFilter,
    byteRange: readByteRange(signature) ?? [],
    widgets: field.widgets.map(({ page, rect }) => ({
      page: page + 1,
      rect: pageGeometry(file.page(page)).toMm(rect),
    })),
  };
  const covered = coveredBytes(file.source, signature);
  if (!covered) return report;
  if (!supported.has(subFilter)) return { ...report, reason: 'unsupported-subfilter' };
  const cms = readCms(file.source, covered);
  describeSigner(report, cms);
  report.level = subFilter === 'ETSI.CAdES.detached' ? (cms.timestamp ? 'B-T' : 'B-B') : 'CMS';
  if (!claimed && cms.signingTime) {
    report.signedAt = cms.signingTime.toISOString();
    report.timeSource = 'claimed';
  }
  if (!cms.intact) return { ...report, reason: brokenReason(cms.reason) };
  report.integrity = 'intact';
  const revision = signedRevision(file, field, covered, options.password);
  if (!revision) return { ...report, reason: 'byterange-invalid' };
  report.coverage = revision.whole ? 'whole-file' : 'whole-revision';
  report.changesAfter = [...revision.changes.kinds].sort();
  report.changesAllowed = allows(permissionsAfter(revision.file, field), revision.changes);
  judgeTrust(report, cms, options);
  const { roots, now, revoked = new Map(), statusLists = [] } = options;
  report.seal = await judgeSeal(
    {
      file: revision.file,
      field: revision.field,
      byteRange: covered.byteRange,
      signer: cms.signer,
      pool: cms.certificates,
      signedAt: report.signedAt === null ? null : new Date(report.signedAt),
      proven: report.timeSource === 'timestamp',
    },
    { roots, now, revoked, statusLists },
  );
  if (report.seal && report.seal.verdict !== 'valid' && report.reason === 'intact-trusted')
    report.reason = reasonOfSeal(report.seal);
  if (!report.changesAllowed) {
    report.reason = report.changesAfter.includes('content')
      ? 'content-changed-after'
      : 'forbidden-change-after';
  }
  return report;
}

function reasonOfSeal({ verdict, pictureDrawn }: NonNullable<SignatureReport['seal']>): string {
  if (verdict === 'unproven') return 'seal-unproven';
  return pictureDrawn === false ? 'seal-picture' : 'seal-invalid';
}

function readCms(source: ByteSource, covered: CoveredBytes): CmsVerdict {
  const [start, length, second, secondLength] = covered.byteRange;
  const ranges: [number, number][] = [
    [start, length],
    [second, secondLength],
  ];
  return verifyCms(covered.contents, (algorithm) => digest(source, ranges, algorithm));
}

function brokenReason(reason: CmsReason | null): string {
  switch (reason) {
    case 'digest-wrong':
      return 'digest-mismatch';
    case 'signature-wrong':
      return 'signature-invalid';
    case 'signing-certificate-wrong':
      return 'certificate-mismatch';
    case 'algorithm-unsupported':
      return 'unsupported-algorithm';
    default:
      return 'cms-malformed';
  }
}

/** The digest of ranges of the file, read in pieces. */
function digest(source: ByteSource, ranges: [number, number][], algorithm: string): Buffer {
  const hash = createHash(algorithm);
  for (const [start, length] of ranges) {
    for (let done = 0; done < length; done += chunk) {
      hash.update(source.read(start + done, Math.min(chunk, length - done)));
    }
  }
  return hash.digest();
}

function describeSigner(report: SignatureReport, cms: CmsVerdict): void {
  const { signer } = cms;
  report.digestAlgorithm = cms.digestAlgorithm;
  report.signatureAlgorithm = cms.signatureAlgorithm;
  if (!signer) return;
  report.signer = holderName(signer.subject);
  report.unit = signer.subject.organization ?? '';
  report.issuer = holderName(signer.issuer);
  report.certificateSha256 = signer.sha256;
  report.certificateSerial = signer.serialNumber;
  report.notBefore = signer.notBefore.toISOString();
  report.notAfter = signer.notAfter.toISOString();
  report.keyType = signer.keyType;
}

interface SignedRevision {
  file: PdfFile;
  /** The field as it stood then. */
  field: SignatureField;
  whole: boolean;
  changes: Changes;
}

const nothing: Changes = { kinds: new Set(), fields: new Set(), stray: false };
const unreadable: Changes = { kinds: new Set(['content']), fields: new Set(), stray: true };

/**
 * The file as it stood when this signature was made, and what came after it. Undefined when the covered bytes are
 * not a whole file of their own in which this field has this signature: then they were cut to fit.
 */
function signedRevision(
  file: PdfFile,
  field: SignatureField,
  covered: CoveredBytes,
  password: string | undefined,
): SignedRevision | undefined {
  const rest = file.source.size - covered.end;
  if (rest === 0 || onlyWhite(file.source, covered.end))
    return { file, field, whole: true, changes: nothing };
  let before: PdfFile;
  let signed: SignatureField;
  try {
    before = PdfFile.open(new PrefixSource(file.source, covered.end), { password });
    const known = signatureFields(before).find((one) => one.name === field.name);
    const range = known?.value ? readByteRange(known.value) : undefined;
    if (!known || before.repaired || range?.join() !== covered.byteRange.join()) return undefined;
    signed = known;
  } catch (error) {
    if (error instanceof YinkeyError) return undefined;
    throw error;
  }
  try {
    // A file whose newest table is broken can't be compared: whatever it shows now, it was not signed so.
    if (file.repaired) return { file: before, field: signed, whole: false, changes: unreadable };
    return { file: before, field: signed, whole: false, changes: changesBetween(before, file) };
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return { file: before, field: signed, whole: false, changes: unreadable };
  }
}

/** Line ends and padding after the end of the file are not a change. */
function onlyWhite(source: ByteSource, from: number): boolean {
  if (source.size - from > 4096) return false;
  return source.read(from, source.size - from).every((byte) => [0, 9, 10, 12, 13, 32].includes(byte));
}

function judgeTrust(report: SignatureReport, cms: CmsVerdict, options: VerifyOptions): void {
  const { signer } = cms;
  report.reason = 'trust-unknown';
  if (!signer) return;
  if (cms.signingCertificateMatches === false) {
    report.trust = 'untrusted';
    report.reason = 'certificate-mismatch';
    return;
  }
  if (!canSign(signer)) {
    report.trust = 'untrusted';
    report.reason = 'certificate-usage';
    return;
  }
  if (cms.weak) {
    report.trust = 'untrusted';
    report.reason = 'weak-digest';
    return;
  }
  const stamped = cms.timestamp?.intact ? trustedTime(cms.timestamp, options) : undefined;
  if (stamped) {
    report.signedAt = stamped.toISOString();
    report.timeSource = 'timestamp';
  }
  const judged = validateChain({
    certificate: signer,
    pool: cms.certificates,
    roots: options.roots,
    at: stamped ?? options.now,
  });
  report.chain = judged.chain.map((one) => one.subject.text);
  report.trust = judged.status;
  report.reason = chainWord(judged.reason);
  // There is a list, and nothing on it vouches for this certificate.
  if (judged.reason === 'issuer-missing') report.trust = 'untrusted';
}

/** A timestamp's time, where its authority's certificate leads to a trusted root. */
function trustedTime(timestamp: TimestampVerdict, options: VerifyOptions): Date | undefined {
  const { tsa, time, weak } = timestamp;
  if (!tsa?.extendedKeyUsage?.includes(oids.timeStamping) || !time || weak) return undefined;
  const judged = validateChain({
    certificate: tsa,
    pool: timestamp.certificates,
    roots: options.roots,
    at: time,
  });
  return judged.status === 'trusted' ? time : undefined;
}
