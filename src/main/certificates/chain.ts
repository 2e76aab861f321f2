import { checkSignature, isWeak, type SignatureCheck } from './algorithms.ts';
import { sameName } from './names.ts';
import { oids } from './oids.ts';
import type { CertificateFacts } from './parse.ts';

export type ChainStatus = 'trusted' | 'untrusted' | 'expired' | 'unknown';

/** Why a chain is not trusted; a stable word for texts. */
export type ChainReason =
  | 'no-roots'
  | 'issuer-missing'
  | 'root-unknown'
  | 'signature-wrong'
  | 'algorithm-unsupported'
  | 'algorithm-weak'
  | 'key-weak'
  | 'not-an-authority'
  | 'path-too-long'
  | 'critical-extension'
  | 'expired'
  | 'not-yet-valid'
  | 'too-complex';

/**
 * The word of `verify.reason`, and of `certificates.chain`, that tells people about a chain; 'intact-trusted' for one
 * that holds.
 */
export function chainWord(reason: ChainReason | null): string {
  switch (reason) {
    case null:
      return 'intact-trusted';
    case 'expired':
      return 'certificate-expired';
    case 'not-yet-valid':
      return 'certificate-not-yet-valid';
    case 'no-roots':
    case 'too-complex':
      return 'trust-unknown';
    case 'algorithm-unsupported':
      return 'unsupported-algorithm';
    case 'algorithm-weak':
      return 'weak-digest';
    default:
      return 'certificate-untrusted';
  }
}

export interface ChainResult {
  status: ChainStatus;
  /** null when trusted. */
  reason: ChainReason | null;
  /** From the certificate that was asked about to the farthest one found. */
  chain: readonly CertificateFacts[];
}

export interface ChainQuestion {
  certificate: CertificateFacts;
  /** Certificates that may stand in the middle; nothing in here is trusted. */
  pool: readonly CertificateFacts[];
  /** Certificates that are trusted by being listed, whoever signed them. */
  roots: readonly CertificateFacts[];
  /** The time that all certificates have to be valid at. */
  at: Date;
  /** Checks a certificate's signature; `checkSignature` when left out. For algorithms that the runtime lacks. */
  check?: typeof checkSignature;
}

const chainLimits = {
  /** Certificates in one chain. */
  length: 10,
  /** Signatures checked for one question: a pool built to make paths explode ends here. */
  checks: 100,
};

/** Extensions that may be critical because this client acts on them, or because they forbid nothing it does. */
const understood: ReadonlySet<string> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectKeyIdentifier,
  oids.authorityKeyIdentifier,
  oids.subjectAltName,
  oids.issuerAltName,
  oids.certificatePolicies,
  oids.crlDistributionPoints,
]);

/** RSA moduli below this can be factored by those with means. */
const smallestRsa = 2048;

const statusOf: Record<ChainReason, ChainStatus> = {
  'no-roots': 'unknown',
  'issuer-missing': 'unknown',
  'algorithm-unsupported': 'unknown',
  'too-complex': 'unknown',
  'root-unknown': 'untrusted',
  'signature-wrong': 'untrusted',
  'algorithm-weak': 'untrusted',
  'key-weak': 'untrusted',
  'not-an-authority': 'untrusted',
  'path-too-long': 'untrusted',
  'critical-extension': 'untrusted',
  'not-yet-valid': 'untrusted',
  expired: 'expired',
};

/** Of several failed paths the one that came nearest is told: the later in this list, the nearer. */
const nearness: readonly ChainReason[] = [
  'no-roots',
  'issuer-missing',
  'too-complex',
  'signature-wrong',
  'algorithm-unsupported',
  'root-unknown',
  'not-an-authority',
  'path-too-long',
  'critical-extension',
  'key-weak',
  'algorithm-weak',
  'not-yet-valid',
  'expired',
];

function failure(reason: ChainReason, chain: readonly CertificateFacts[]): ChainResult {
  return { status: statusOf[reason], reason, chain };
}

function nearer(a: ChainResult | null, b: ChainResult): ChainResult {
  if (!a || b.reason === null) return b;
  if (a.reason === null) return a;
  return nearness.indexOf(b.reason) > nearness.indexOf(a.reason) ? b : a;
}

function isSelfIssued(facts: CertificateFacts): boolean {
  return sameName(facts.subject, facts.issuer);
}

function has(path: readonly CertificateFacts[], facts: CertificateFacts): boolean {
  return path.some((member) => member.sha256 === facts.sha256);
}

/** Name and key identifiers say that `issuer` may have signed `subject`; the signature itself is checked later. */
function mayHaveIssued(issuer: CertificateFacts, subject: CertificateFacts): boolean {
  if (!sameName(issuer.subject, subject.issuer)) return false;
  const { authorityKeyId } = subject;
  return authorityKeyId === null || issuer.subjectKeyId === null || issuer.subjectKeyId === authorityKeyId;
}

function signedBy(
  issuer: CertificateFacts,
  subject: CertificateFacts,
  check: typeof checkSignature = checkSignature,
): SignatureCheck {
  return check(subject.signatureAlgorithm, issuer.spki, subject.tbs, subject.signature);
}

/** The first reason (RFC 5280 6.1) why a complete path, its last member an anchor, does not hold at `at`. */
function judge(path: readonly CertificateFacts[], at: Date): ChainReason | null {
  const anchor = path.length - 1;
  let authoritiesBelow = 0;
  for (const [index, facts] of path.entries()) {
    if (facts.extensions.some(({ oid, critical }) => critical && !understood.has(oid)))
      return 'critical-extension';
    // Constraints on names that this client can't apply must not be passed over, critical or not.
    if (facts.extensions.some(({ oid }) => oid === oids.nameConstraints)) return 'critical-extension';
    const bits = /^RSA(?:-PSS)?-(\d+)$/.exec(facts.keyType)?.[1];
    if (bits !== undefined && Number(bits) < smallestRsa) return 'key-weak';
    const { hash } = facts.signatureAlgorithm;
    if (index < anchor && hash !== null && isWeak(hash)) return 'algorithm-weak';
    if (index === 0) continue;
    // A root of version 1 has no extensions to say what it is; being listed says it.
    const oldRoot = index === anchor && facts.extensions.length === 0;
    if (!facts.isCa && !oldRoot) return 'not-an-authority';
    if (facts.keyUsage && !facts.keyUsage.has('keyCertSign')) return 'not-an-authority';
    if (facts.pathLength !== null && authoritiesBelow > facts.pathLength) return 'path-too-long';
    if (!isSelfIssued(facts)) authoritiesBelow++;
  }
  if (path.some((facts) => at.getTime() < facts.notBefore.getTime())) return 'not-yet-valid';
  if (path.some((facts) => at.getTime() > facts.notAfter.getTime())) return 'expired';
  return null;
}

/**
 * Builds a path from the certificate to one of the roots and validates it at the given time (RFC 5280 section 6,
 * without policies; revocation is asked for elsewhere). Never throws for what certificates say.
 */
export function validateChain(question: ChainQuestion): ChainResult {
  const { certificate, pool, roots, at } = question;
  const anchors = new Set(roots.map((root) => root.sha256));
  const candidates = [...new Map([...roots, ...pool].map((facts) => [facts.sha256, facts])).values()];
  let checks = chainLimits.checks;

  const extend = (path: readonly CertificateFacts[]): ChainResult => {
    const last = path[path.length - 1]!;
    if (anchors.has(last.sha256)) {
      const reason = judge(path, at);
      return reason ? failure(reason, path) : { status: 'trusted', reason: null, chain: path };
    }
    const issuers = candidates.filter((issuer) => !has(path, issuer) && mayHaveIssued(issuer, last));
    let best: ChainResult | null = null;
    if (isSelfIssued(last) && checks-- > 0 && signedBy(last, last, question.check) === 'right')
      best = failure('root-unknown', path);
    if (path.length >= chainLimits.length) return nearer(best, failure('too-complex', path));
    for (const issuer of issuers) {
      if (checks-- <= 0) return nearer(best, failure('too-complex', path));
      const check = signedBy(issuer, last, question.check);
      if (check === 'wrong') best = nearer(best, failure('signature-wrong', path));
      else if (check === 'unsupported') best = nearer(best, failure('algorithm-unsupported', path));
      else best = nearer(best, extend([...path, issuer]));
      if (best.reason === null) return best;
    }
    return best ?? failure('issuer-missing', path);
  };

  const result = extend([certificate]);
  // Without a list nothing can be said about trust, but a chain that is wrong in itself stays wrong.
  if (roots.length === 0 && result.status !== 'untrusted') return failure('no-roots', result.chain);
  if (roots.length === 0 && result.reason === 'root-unknown') return failure('no-roots', result.chain);
  return result;
}

/**
 * The certificates to send along with a signature: the signer's own first, then each issuer that the pool holds.
 * A self-signed root is left out, because whoever trusts it has it.
 */
export function collectChain(
  certificate: CertificateFacts,
  pool: readonly CertificateFacts[],
): CertificateFacts[] {
  const chain = [certificate];
  while (chain.length < chainLimits.length) {
    const last = chain[chain.length - 1]!;
    const issuer = pool.find(
      (facts) =>
        !isSelfIssued(facts) &&
        !has(chain, facts) &&
        mayHaveIssued(facts, last) &&
        signedBy(facts, last) === 'right',
    );
    if (!issuer) return chain;
    chain.push(issuer);
  }
  return chain;
}
