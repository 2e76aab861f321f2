import type {
  CertificateCard,
  CertificateDetail,
  CertificateStatus,
  KeyInfo,
  KeysSnapshot,
  RenewalView,
  TokenId,
} from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import { type CertificateFacts, holderName, parseCertificate, validateChain } from '../certificates/index.ts';
import { certificateInfo, type TokenService } from '../pkcs11/index.ts';
import type { SeenCertificate, SeenCertificatesRepository } from '../store/index.ts';
import { certificateDetail } from './detail.ts';

/** Days before its end from which a certificate can be renewed online (facts of the service). */
const renewalDays = 90;
const day = 86_400_000;

export interface HoldingsTools {
  tokens: Pick<TokenService, 'snapshot' | 'certificate' | 'act'>;
  seen: SeenCertificatesRepository;
  audit: { append(record: AuditRecord): unknown };
  /** What authorities say; asked for many certificates at once. */
  status: {
    check(
      chain: readonly CertificateFacts[],
      options: { roots: readonly CertificateFacts[]; fresh?: boolean },
    ): Promise<CertificateStatus>;
  };
  roots(): Promise<CertificateFacts[]>;
  /** Certificates that were renewed, and renewals that have not ended. */
  renewals: { superseded(): ReadonlySet<string>; open(): readonly RenewalView[] };
  now?: () => Date;
}

export const unchecked: CertificateStatus = {
  revocation: 'unchecked',
  source: null,
  producedAt: null,
  validUntil: null,
  askedAt: null,
  revokedAt: null,
  reason: null,
  chain: 'unchecked',
  error: null,
};

type PinOptions = Parameters<TokenService['act']>[1];

/**
 * The certificates that the user holds: on keys that are plugged in and on those that were. What is shown at once is
 * what is known; authorities are asked afterwards (`refresh`).
 */
export class Holdings {
  #tools: HoldingsTools;
  #now: () => Date;
  #statuses = new Map<string, CertificateStatus>();
  /** The revision of the snapshot that was remembered last. */
  #remembered = -1;
  #facts = new Map<string, CertificateFacts>();

  constructor(tools: HoldingsTools) {
    this.#tools = tools;
    this.#now = tools.now ?? (() => new Date());
  }

  /** All certificates that are no authority's, soonest end first. */
  cards(): CertificateCard[] {
    const snapshot = this.#tools.tokens.snapshot();
    this.#remember(snapshot);
    const superseded = this.#tools.renewals.superseded();
    const renewing = new Map(this.#tools.renewals.open().map((view) => [view.old.sha256, view.id]));
    const plugged = new Map<string, KeyInfo>();
    for (const key of snapshot.keys) for (const one of key.certificates) plugged.set(one.sha256, key);
    return this.#tools.seen
      .list()
      .flatMap((seen) => this.#card(seen, plugged.get(seen.sha256), superseded, renewing))
      .sort((a, b) => a.certificate.notAfter.localeCompare(b.certificate.notAfter));
  }

  #card(
    seen: SeenCertificate,
    key: KeyInfo | undefined,
    superseded: ReadonlySet<string>,
    renewing: ReadonlyMap<string, string>,
  ): CertificateCard[] {
    const facts = this.#read(seen);
    if (!facts || facts.isCa) return [];
    const now = this.#now();
    const here = key?.certificates.find(({ sha256 }) => sha256 === seen.sha256);
    const { ckaId, label, der, seal } = seen;
    return [
      {
        certificate: here ?? certificateInfo({ ckaId, label, der, hasPrivateKey: null }, facts, now),
        token: { module: seen.module, serial: seen.serial, label: seen.tokenLabel },
        tokenManufacturer: seen.manufacturer,
        plugged: key !== undefined,
        pinState: key?.pin.state ?? seen.pinState,
        seenAt: seen.seenAt,
        status: this.#statuses.get(seen.sha256) ?? unchecked,
        seal,
        renewalFrom: new Date(facts.notAfter.getTime() - renewalDays * day).toISOString(),
        renewalUntil: facts.notAfter.toISOString(),
        superseded: superseded.has(seen.sha256),
        renewal: renewing.get(seen.sha256) ?? null,
      },
    ];
  }

  /** Asks the authorities about one certificate, or all; `fresh`: also where an answer is still good. */
  async refresh(sha256: string | null, fresh: boolean): Promise<CertificateCard[]> {
    this.#remember(this.#tools.tokens.snapshot());
    const asked = this.#tools.seen.list().filter((each) => sha256 === null || each.sha256 === sha256);
    const roots = await this.#tools.roots();
    const pool = this.#pool();
    const answers: Promise<void>[] = [];
    for (const seen of asked) {
      const facts = this.#read(seen);
      if (!facts || facts.isCa) continue;
      const answer = this.#tools.status
        .check(this.#chainOf(facts, roots, pool), { roots, fresh })
        .then((status) => void this.#statuses.set(seen.sha256, status));
      // What goes wrong is told below; it must not count as unheard until then.
      answer.catch(() => {});
      answers.push(answer);
      // Signatures of many chains are much arithmetic: others get their turn between them.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(answers);
    return this.cards();
  }

  /** @throws YinkeyError certificate.not-found */
  async detail(sha256: string): Promise<CertificateDetail> {
    const facts = this.#held(sha256);
    const roots = await this.#tools.roots();
    return certificateDetail(facts, this.#chainOf(facts, roots), roots);
  }

  /** The certificate and those above it, as far as they are known. @throws YinkeyError certificate.not-found */
  async chain(sha256: string): Promise<readonly CertificateFacts[]> {
    return this.#chainOf(this.#held(sha256), await this.#tools.roots());
  }

  #chainOf(certificate: CertificateFacts, roots: readonly CertificateFacts[], pool = this.#pool()) {
    return validateChain({ certificate, pool, roots, at: this.#now() }).chain;
  }

  /** Takes a certificate off the list. Nothing on any key changes. @throws YinkeyError request.refused while its key is here */
  forget(sha256: string): CertificateCard[] {
    const here = this.#tools.tokens
      .snapshot()
      .keys.some(({ certificates }) => certificates.some((each) => each.sha256 === sha256));
    if (here) throw new YinkeyError('request.refused', { method: 'the key is plugged in' });
    this.#tools.seen.forget(sha256);
    return this.cards();
  }

  /**
   * Writes an issued certificate onto a token, beside the private key that it belongs to (by public key).
   * Errors: certificate.no-key-on-token, token.*, driver.*.
   */
  async import(
    token: TokenId,
    facts: CertificateFacts,
    options: PinOptions,
  ): Promise<{ sha256: string; holder: string }> {
    const holder = holderName(facts.subject);
    await this.#recorded('certificate.import', token, facts.sha256, holder, async () => {
      const act = await this.#tools.tokens.act(token, options);
      try {
        const pair = (await act.pairs()).find(
          ({ spki, hasPrivate }) => hasPrivate && Buffer.compare(spki, facts.spki) === 0,
        );
        if (!pair) throw new YinkeyError('certificate.no-key-on-token', { holder });
        await act.writeCertificate({ ckaId: pair.ckaId, label: pair.label || holder, der: facts.der });
      } finally {
        await act.end();
      }
    });
    return { sha256: facts.sha256, holder };
  }

  /**
   * Removes a certificate and its key pair from a token. `serialTyped`: its serial number, as the user typed it.
   * Errors: certificate.serial-mismatch, certificate.not-found, token.*, driver.*.
   */
  async remove(token: TokenId, sha256: string, serialTyped: string, options: PinOptions): Promise<void> {
    const facts = this.checkSerial(sha256, serialTyped);
    await this.#recorded('certificate.remove', token, sha256, holderName(facts.subject), async () => {
      const act = await this.#tools.tokens.act(token, options);
      try {
        const there = (await act.certificates()).filter(({ der }) => Buffer.compare(der, facts.der) === 0);
        if (there.length === 0) throw new YinkeyError('certificate.not-found', { id: facts.id });
        // Another certificate may live off the same pair: then the pair stays.
        const others = (await act.certificates()).some(
          ({ der }) => Buffer.compare(der, facts.der) !== 0 && sameKey(der, facts.spki),
        );
        const pair = (await act.pairs()).find(({ spki }) => Buffer.compare(spki, facts.spki) === 0);
        await act.removeCertificate(facts.der);
        if (pair && !others) await act.removePair(pair.ckaId, facts.spki);
      } finally {
        await act.end();
      }
    });
    this.#tools.seen.forget(sha256);
  }

  /**
   * Whether the user typed the serial number of this very certificate: asked before anyone is asked for a PIN.
   * @throws YinkeyError certificate.serial-mismatch, certificate.not-found
   */
  checkSerial(sha256: string, serialTyped: string): CertificateFacts {
    const facts = this.#held(sha256);
    if (!sameSerial(serialTyped, facts.serialNumber))
      throw new YinkeyError('certificate.serial-mismatch', {});
    return facts;
  }

  async #recorded(
    act: 'certificate.import' | 'certificate.remove',
    token: TokenId,
    certificateSha256: string,
    subject: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const { serial, label } = token;
    const record = (result: string) =>
      this.#tools.audit.append({
        act,
        subject: subject.slice(0, 200),
        token: { serial, label },
        certificateSha256,
        documentIn: null,
        documentOut: null,
        result,
      });
    try {
      await work();
    } catch (error) {
      record(error instanceof YinkeyError ? error.code : 'unexpected');
      throw error;
    }
    record('ok');
  }

  /** Writes down what is on the keys that are here now. */
  #remember(snapshot: KeysSnapshot): void {
    if (snapshot.revision === this.#remembered) return;
    const seenAt = this.#now().toISOString();
    for (const key of snapshot.keys) {
      const { module, serial, label, manufacturer } = key;
      for (const { id, ckaId, label: name, sha256 } of key.certificates) {
        let der: Uint8Array | undefined;
        try {
          der = this.#tools.tokens.certificate({ module, serial, label }, id);
        } catch (error) {
          // Pulled between the two questions.
          if (!(error instanceof YinkeyError)) throw error;
        }
        if (!der) continue;
        this.#tools.seen.put({
          sha256,
          der,
          ckaId,
          label: name,
          module,
          serial,
          tokenLabel: label,
          manufacturer,
          pinState: key.pin.state,
          seenAt,
        });
      }
    }
    this.#remembered = snapshot.revision;
  }

  #held(sha256: string): CertificateFacts {
    const seen = this.#tools.seen.list().find((each) => each.sha256 === sha256);
    const facts = seen && this.#read(seen);
    if (!facts) throw new YinkeyError('certificate.not-found', { id: sha256.slice(0, 16) });
    return facts;
  }

  /** Certificates of authorities that were on keys. */
  #pool(): CertificateFacts[] {
    return this.#tools.seen
      .list()
      .map((seen) => this.#read(seen))
      .filter((facts): facts is CertificateFacts => facts?.isCa === true);
  }

  #read({ sha256, der }: Pick<SeenCertificate, 'sha256' | 'der'>): CertificateFacts | undefined {
    let facts = this.#facts.get(sha256);
    if (facts) return facts;
    try {
      facts = parseCertificate(der);
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      return undefined;
    }
    this.#facts.set(sha256, facts);
    return facts;
  }
}

function sameKey(der: Uint8Array, spki: Uint8Array): boolean {
  try {
    return Buffer.compare(parseCertificate(der).spki, spki) === 0;
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    return false;
  }
}

/** As people copy it: with or without colons and blanks, in capitals or not, with leading zeros or not. */
function sameSerial(typed: string, serial: string): boolean {
  const plain = (text: string) => text.replace(/[\s:]/g, '').toLowerCase().replace(/^0+/, '');
  return plain(typed) !== '' && plain(typed) === plain(serial);
}
