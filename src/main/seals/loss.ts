import type { LossReceipt, LossRequest, RevocationReason, TokenId } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { SealsClient } from '../authority/index.ts';
import { type CertificateFacts, parseCertificate } from '../certificates/index.ts';
import type { TokenService } from '../pkcs11/index.ts';
import type { StatusCacheRepository } from '../store/index.ts';
import { requestSigner } from './signer.ts';

/** What reports of lost keys are made of. */
export interface LossTools {
  tokens: Pick<TokenService, 'snapshot' | 'chain' | 'act'>;
  maker: (api: string) => Pick<SealsClient, 'reportLoss'>;
  audit: Pick<AuditLog, 'append'>;
  status: Pick<StatusCacheRepository, 'find' | 'keep' | 'revocation'>;
  /** A certificate that was seen on a key, and those above it. Errors: certificate.not-found. */
  chain: (sha256: string) => Promise<readonly CertificateFacts[]>;
  /** The key that a certificate was seen on; null: on none. */
  keyOf: (sha256: string) => Pick<TokenId, 'serial' | 'label'> | null;
  /** Asks authority and seal maker anew; what goes wrong is theirs to tell. */
  ask: (sha256: string) => Promise<unknown>;
  now?: () => Date;
}

export interface LossReport extends Omit<LossRequest, 'certificateSha256' | 'account'> {
  /** SHA-256 of the certificate on the lost key. */
  certificate: string;
  /** Another key of the unit, which signs the report; null: by the account's data. */
  signer: { token: TokenId; certificate: string } | null;
  account: LossRequest['account'];
}

type ActOptions = Parameters<TokenService['act']>[1];

/** What the authority enters for each reason (RFC 5280 section 5.3.1). */
const revocationReasons: Record<LossRequest['reason'], RevocationReason> = {
  lost: 'keyCompromise',
  stolen: 'keyCompromise',
  broken: 'cessationOfOperation',
};

/** Reports keys as lost: the authority revokes the certificate and cancels its seals, both at once. */
export class Losses {
  readonly #tools: LossTools;
  readonly #now: () => Date;

  constructor(tools: LossTools) {
    this.#tools = tools;
    this.#now = tools.now ?? (() => new Date());
  }

  /**
   * Reports a key as lost, and from then on this client knows it as revoked, whether or not anybody can be asked. Reported
   * again after an answer that was lost, it brings the same receipt. `pin`: only asked for with a signer.
   * @param api base of the authority's orders API
   * @throws YinkeyError loss.no-proof (neither a key nor account data), loss.same-key (the lost key can't report itself),
   *   loss.refused {reason} (the data are not those of the account), loss.already-revoked, certificate.not-found,
   *   certificate.key-unsupported, authority.*, token.*, driver.*
   */
  async report(report: LossReport, api: string, pin: () => ActOptions): Promise<LossReceipt> {
    const { certificate, signer, account } = report;
    if (signer === null && account === null) throw new YinkeyError('loss.no-proof');
    if (signer?.certificate === certificate) throw new YinkeyError('loss.same-key');
    let receipt: LossReceipt;
    try {
      receipt = signer ? await this.#signed(report, api, pin) : await this.#send(report, api, null);
    } catch (error) {
      const told = refused(error);
      this.#record(report, toWireError(told).code, null);
      // Revoked before, by whomever: then this client is to know it too.
      if (toWireError(told).code === 'loss.already-revoked') await this.#ask(certificate);
      throw told;
    }
    this.#record(report, 'ok', receipt);
    await this.#learn(report, receipt);
    return receipt;
  }

  /** Signed with the other key. Errors: certificate.not-found, certificate.key-unsupported, token.*, driver.*. */
  async #signed(report: LossReport, api: string, pin: () => ActOptions): Promise<LossReceipt> {
    const { token, certificate } = report.signer!;
    const { tokens } = this.#tools;
    const info = tokens
      .snapshot()
      .keys.find(({ serial, label }) => serial === token.serial && label === token.label)
      ?.certificates.find(({ sha256 }) => sha256 === certificate);
    const der = info && tokens.chain(token, info.id)[0];
    if (!info || !der) throw new YinkeyError('certificate.not-found', { id: certificate.slice(0, 16) });
    const facts = parseCertificate(der);
    const act = await tokens.act(token, pin());
    try {
      return await this.#send(report, api, requestSigner(act, facts, info.ckaId));
    } finally {
      await act.end();
    }
  }

  #send(
    report: LossReport,
    api: string,
    signer: Parameters<SealsClient['reportLoss']>[1],
  ): Promise<LossReceipt> {
    const { certificate, reason, reporter, account } = report;
    const request = { certificateSha256: certificate, reason, reporter, account };
    return this.#tools.maker(api).reportLoss(request, signer);
  }

  /** What lies here about certificate and seals is brought up to date at once. */
  async #learn(report: LossReport, receipt: LossReceipt): Promise<void> {
    const { certificate, reason } = report;
    const { status } = this.#tools;
    await this.#ask(certificate);
    if (status.revocation(certificate)) return;
    // No responder or list says it yet: the authority's receipt does, and that is enough to stamp no more.
    const issuer = status.find(certificate)?.issuer ?? (await this.#issuerOf(certificate));
    if (issuer === undefined) return;
    const { at } = receipt;
    status.keep(certificate, issuer, this.#now(), {
      revocation: 'revoked',
      source: 'crl',
      producedAt: at,
      validUntil: at,
      revokedAt: at,
      reason: revocationReasons[reason],
      ocsp: null,
      crl: null,
    });
  }

  async #issuerOf(certificate: string): Promise<string | undefined> {
    try {
      return (await this.#tools.chain(certificate))[1]?.sha256;
    } catch (error) {
      // A key that was never plugged in here: nothing is remembered of it.
      if (toWireError(error).code === 'certificate.not-found') return undefined;
      throw error;
    }
  }

  async #ask(certificate: string): Promise<void> {
    try {
      await this.#tools.ask(certificate);
    } catch (error) {
      // The report stands whether or not somebody answers now.
      if (!(error instanceof YinkeyError)) throw error;
    }
  }

  #record(report: LossReport, result: string, receipt: LossReceipt | null): void {
    const { certificate, reason, reporter } = report;
    const seal = receipt?.seals[0];
    const key = this.#tools.keyOf(certificate);
    this.#tools.audit.append({
      act: 'loss.report',
      subject: [receipt?.number ?? '', reason, reporter].filter((part) => part !== '').join(' '),
      token: key && { serial: key.serial, label: key.label },
      certificateSha256: certificate,
      documentIn: null,
      documentOut: null,
      ...(seal && { seal: { id: seal.id, sha256: null } }),
      result,
    });
  }
}

/** What the seal maker's refusals mean for a report. */
function refused(error: unknown): unknown {
  if (!(error instanceof YinkeyError)) return error;
  if (error.code === 'seal.refused-by-maker') {
    return new YinkeyError('loss.refused', { reason: String(error.details.reason ?? '') }, { cause: error });
  }
  if (error.code === 'authority.certificate-revoked')
    return new YinkeyError('loss.already-revoked', {}, { cause: error });
  return error;
}
