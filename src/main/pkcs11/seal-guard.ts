import { YinkeyError } from '../../shared/errors/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import { judgeSealUse } from '../seals/ses/index.ts';
import type { Session } from './cryptoki.ts';
import { digestApplication, type SealOfUse, sealApplication } from './data-api.ts';
import { type DataOnToken, dataOnToken, readValue } from './data-objects.ts';

/** What the token shows of the key that is to stamp. */
interface StampingKey {
  session: Session;
  /** DER of its certificate. */
  certificate: Uint8Array;
  /** null: the token shows no private keys before the login. */
  hasPrivateKey: boolean | null;
}

/** A time of the request; one that can't be read is none: then the certificate was always revoked. */
function dateOf(text: string | null): Date | null {
  const date = text === null ? null : new Date(text);
  return date && !Number.isNaN(date.getTime()) ? date : null;
}

/**
 * Keeps a seal from being misused, in the process that makes the signature: whoever asks for it is not believed what lies
 * on the key, whose certificate it is or what time it is. The objects of the key are read for each judgement.
 */
export class SealGuard {
  readonly #seal: SealOfUse;
  readonly #roots: CertificateFacts[];
  readonly #pool: CertificateFacts[];
  readonly #revoked: Map<string, { since: Date | null }>;
  /** What the last judgement found on the key. */
  #data: DataOnToken[] = [];

  /** Errors: certificate.unreadable. */
  constructor(seal: SealOfUse) {
    this.#seal = seal;
    this.#roots = seal.roots.map(parseCertificate);
    this.#pool = seal.pool.map(parseCertificate);
    this.#revoked = new Map(seal.revoked.map((each) => [each.sha256, { since: dateOf(each.since) }]));
  }

  /**
   * Before anybody is asked for a PIN. `next` is called before each piece of the driver's work.
   * Errors: those of judgeSealUse, token.*.
   */
  async judge(key: StampingKey, next: () => Promise<void>): Promise<void> {
    this.#data = await dataOnToken(key.session, next);
    await this.#judge(key);
  }

  /** Right before the key signs. Errors: those of judgeSealUse, seal.swapped for a seal that went in between; token.*. */
  async judgeAgain(key: StampingKey, next: () => Promise<void>): Promise<void> {
    this.#data = await dataOnToken(key.session, next);
    await this.#judgeAgain(key);
  }

  async #judgeAgain(key: StampingKey): Promise<void> {
    try {
      await this.#judge(key);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'seal.not-on-key') throw error;
      throw new YinkeyError('seal.swapped', error.details, { cause: error });
    }
  }

  /**
   * While a signature is under way and a person was asked for its PIN, when a token searches for nothing: the objects that
   * were found are read once more. Errors: as `judgeAgain`.
   */
  async judgeFound(key: StampingKey, next: () => Promise<void>): Promise<void> {
    for (const each of this.#data) {
      await next();
      each.value = readValue(key.session, each);
    }
    await this.#judgeAgain(key);
  }

  async #judge({ certificate, hasPrivateKey }: StampingKey): Promise<void> {
    const { bytes, embeddedSha256, drawnSha256, statusList } = this.#seal;
    const of = (application: string) =>
      this.#data.flatMap((each) => (each.application === application && each.value ? [each.value] : []));
    await judgeSealUse({
      seal: bytes,
      onKey: {
        seals: of(sealApplication),
        digests: of(digestApplication).map((value) => Buffer.from(value).toString('hex')),
      },
      certificate: parseCertificate(certificate),
      hasPrivateKey,
      drawnSha256,
      embeddedSha256,
      statusList,
      roots: this.#roots,
      pool: this.#pool,
      revocation: (each) => this.#revoked.get(each.sha256) ?? null,
      at: new Date(),
    });
  }
}
