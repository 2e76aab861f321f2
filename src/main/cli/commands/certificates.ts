import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CertificateCard } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { certificateInFile, Holdings, pemOf } from '../../holdings/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

export interface CertificateOptions extends CommonOptions {
  cert?: string;
  token?: string;
  trust?: string;
  pinFd?: number;
  lastTry?: boolean;
}

async function holdingsOf(services: Services, options: CertificateOptions): Promise<Holdings> {
  const { store, audit } = await services.store();
  const { tokens } = await services.keys(options.module);
  return new Holdings({
    tokens,
    seen: store.certificates,
    audit,
    status: await services.status(),
    roots: () => services.rootsOr(options.trust),
    renewals: { superseded: () => store.renewals.superseded(), open: () => [] },
  });
}

/** The one that `--cert` begins to name, or all. */
function named(cards: CertificateCard[], cert: string | undefined): CertificateCard[] {
  if (cert === undefined) return cards;
  const found = cards.filter(({ certificate }) => certificate.sha256.startsWith(cert.toLowerCase()));
  if (found.length === 0 || cert === '') throw new YinkeyError('certificate.not-found', { id: cert });
  return found;
}

/**
 * What the authorities say of the certificates on the keys. Refused (1) when one of those asked about is revoked,
 * expired or not trusted; authority trouble (4) when one of them is unknown.
 */
export async function certificateStatus(
  services: Services,
  options: CertificateOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const holdings = await holdingsOf(services, options);
  const asked = named(holdings.cards(), options.cert).filter(({ plugged }) => plugged);
  for (const { certificate } of asked) await holdings.refresh(certificate.sha256, true);
  const wanted = new Set(asked.map(({ certificate }) => certificate.sha256));
  const cards = holdings.cards().filter(({ certificate }) => wanted.has(certificate.sha256));
  const bad = ({ certificate, status }: CertificateCard) =>
    status.revocation === 'revoked' || certificate.validity === 'expired' || status.chain !== 'trusted';
  const open = ({ status }: CertificateCard) => status.revocation === 'unknown';
  return {
    json: cards.map(({ certificate, token, status }) => ({ ...certificate, token, status })),
    lines: cards.map(({ certificate, token, status }) =>
      [
        certificate.id,
        certificate.holder,
        t(`cli:certs.revocation.${status.revocation}`),
        certificate.notAfter.slice(0, 10),
        t('cli:daysLeft', { count: certificate.daysLeft }),
        token.label,
      ].join('  '),
    ),
    exit: cards.some(bad) ? exitCodes.refused : cards.some(open) ? exitCodes.authority : exitCodes.done,
  };
}

/** Writes one certificate into a file, as PEM, DER, or PEM with those above it. An existing file is left alone. */
export async function exportCertificate(
  services: Services,
  options: CertificateOptions & { cert: string; out: string; format: 'pem' | 'der' | 'chain' },
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const holdings = await holdingsOf(services, options);
  const [card, another] = named(holdings.cards(), options.cert);
  if (!card || another) throw new YinkeyError('usage', { what: '--cert' });
  const chain = await holdings.chain(card.certificate.sha256);
  const [own] = chain;
  if (!own) throw new YinkeyError('certificate.not-found', { id: options.cert });
  const file = path.resolve(options.out);
  const content = options.format === 'der' ? own.der : pemOf(options.format === 'chain' ? chain : [own]);
  try {
    await writeFile(file, content, { flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const name = path.basename(file);
    if (code === 'EEXIST') throw new YinkeyError('document.output-exists', { name }, { cause: error });
    if (code === 'ENOENT')
      throw new YinkeyError('document.output-folder-missing', { name }, { cause: error });
    throw new YinkeyError('document.output-no-permission', { name }, { cause: error });
  }
  return {
    json: { file, sha256: own.sha256, certificates: options.format === 'chain' ? chain.length : 1 },
    lines: [t('cli:certs.exported', { file })],
    exit: exitCodes.done,
  };
}

/** Writes an issued certificate onto the token beside its private key. */
export async function importCertificate(
  services: Services,
  file: string,
  options: CertificateOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const facts = await certificateInFile(path.resolve(file));
  const holdings = await holdingsOf(services, options);
  const { tokens } = await services.keys(options.module);
  const key = chooseKey(tokens.snapshot(), options.token);
  const failures: (() => YinkeyError | undefined)[] = [];
  const open = () => {
    const [mine, hosts] = services.hosts.channel();
    const source = { fds: { pin: options.pinFd }, lastTryAgreed: options.lastTry ?? false, language };
    failures.push(answerPin(mine, source).failure);
    return hosts;
  };
  try {
    const done = await holdings.import(key, facts, { pinPort: open(), pinPortAgain: open });
    return { json: done, lines: [t('cli:certs.imported', { holder: done.holder })], exit: exitCodes.done };
  } catch (error) {
    // What was wrong with the PIN says more than that the question was given up.
    throw failures.map((failure) => failure()).find((each) => each !== undefined) ?? error;
  }
}
