import type { KeysSnapshot, LossReceipt, LossRequest, TokenId } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { SealsClient } from '../../authority/index.ts';
import { Holdings } from '../../holdings/index.ts';
import { Losses } from '../../seals/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin } from '../pin.ts';
import type { Services } from '../services.ts';

export interface SealLostOptions extends CommonOptions {
  /** The certificate on the lost key: the beginning of its SHA-256, or all of it where it was never seen here. */
  cert: string;
  reason: LossRequest['reason'];
  reporter: string;
  /** A certificate on another key of the unit that is plugged in. */
  signerCert?: string;
  creditCode?: string;
  handler?: string;
  reference?: string;
  authority?: string;
  trust?: string;
  pinFd?: number;
  lastTry?: boolean;
}

/** Reports a key as lost: certificate revoked and seal cancelled, both at once. */
export async function sealLost(
  services: Services,
  options: SealLostOptions,
  language: Language,
): Promise<Outcome> {
  const api = options.authority ?? services.practice?.authority?.url;
  if (api === undefined) throw new YinkeyError('usage', { what: '--authority' });
  const account = accountOf(options);
  const { store, audit } = await services.store();
  const { tokens, snapshot } = await services.keys(options.module);
  const roots = () => services.rootsOr(options.trust);
  const status = await services.status();
  const renewals = { superseded: () => store.renewals.superseded(), open: () => [] };
  const holdings = new Holdings({ tokens, seen: store.certificates, audit, status, roots, renewals });
  const seals = await services.seals(tokens, options.trust);
  const cards = holdings.cards();
  const losses = new Losses({
    tokens,
    audit,
    status: store.status,
    maker: (url) => new SealsClient({ url, http: services.http }),
    chain: (sha256) => holdings.chain(sha256),
    keyOf: (sha256) => cards.find(({ certificate }) => certificate.sha256 === sha256)?.token ?? null,
    ask: (sha256) => Promise.all([holdings.refresh(sha256, true), seals.refresh()]),
  });
  let pin: ReturnType<typeof answerPin> | undefined;
  const pinPort = () => {
    const [hostEnd, ownEnd] = services.hosts.channel();
    const lastTryAgreed = options.lastTry ?? false;
    pin = answerPin(ownEnd, { fds: { pin: options.pinFd }, lastTryAgreed, language });
    return hostEnd;
  };
  const report = {
    certificate: lostOf(
      cards.map(({ certificate }) => certificate.sha256),
      options.cert,
    ),
    reason: options.reason,
    reporter: options.reporter,
    signer: options.signerCert === undefined ? null : signerOf(snapshot, options.signerCert),
    account,
  };
  try {
    const receipt = await losses.report(report, api, () => ({ pinPort: pinPort(), pinPortAgain: pinPort }));
    return { json: receipt, lines: lines(receipt, language), exit: exitCodes.done };
  } catch (error) {
    throw pin?.failure() ?? error;
  }
}

/** All three of them, or none. */
function accountOf({ creditCode, handler, reference }: SealLostOptions): LossRequest['account'] {
  if (creditCode === undefined && handler === undefined && reference === undefined) return null;
  if (creditCode === undefined) throw new YinkeyError('usage', { what: '--credit-code' });
  if (handler === undefined) throw new YinkeyError('usage', { what: '--handler' });
  if (reference === undefined) throw new YinkeyError('usage', { what: '--reference' });
  return { creditCode, handler, reference };
}

function lostOf(known: readonly string[], cert: string): string {
  const wanted = cert.toLowerCase();
  const found = wanted === '' ? [] : known.filter((sha256) => sha256.startsWith(wanted));
  if (found.length > 1) throw new YinkeyError('usage', { what: '--cert' });
  const [only] = found;
  if (only !== undefined) return only;
  if (/^[0-9a-f]{64}$/.test(wanted)) return wanted;
  throw new YinkeyError('certificate.not-found', { id: cert.slice(0, 64) });
}

function signerOf(snapshot: KeysSnapshot, cert: string): { token: TokenId; certificate: string } {
  const wanted = cert.toLowerCase();
  const found = snapshot.keys.flatMap(({ module, serial, label, certificates }) =>
    certificates
      .filter(({ sha256, isCa }) => !isCa && wanted !== '' && sha256.startsWith(wanted))
      .map(({ sha256 }) => ({ token: { module, serial, label }, certificate: sha256 })),
  );
  const [only, ...others] = found;
  if (only && others.length === 0) return only;
  if (only) throw new YinkeyError('usage', { what: '--signer-cert' });
  throw new YinkeyError('certificate.not-found', { id: cert.slice(0, 64) });
}

function lines(receipt: LossReceipt, language: Language): string[] {
  const { t } = createTexts(language);
  const { number, at, certificate, seals } = receipt;
  return [
    [number, at, certificate.serialNumber, certificate.holder].join('  '),
    `  ${t('cli:seal.lost.revoked')}`,
    ...seals.map(({ id, name }) => `  ${t('cli:seal.lost.cancelled', { id, name })}`),
  ];
}
