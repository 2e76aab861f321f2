import { setTimeout as sleep } from 'node:timers/promises';
import type {
  CertificateInfo,
  KeyInfo,
  KeysSnapshot,
  RenewalView,
  TokenId,
} from '../../../shared/domain/index.ts';
import { fromWireError, YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { type GoOptions, isPairType, Renewals, subjectFromText } from '../../renewal/index.ts';
import { carriedBy } from '../../seals/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin, secretFromDescriptor } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

export interface RenewOptions extends CommonOptions {
  authority?: string;
  token?: string;
  cert?: string;
  years?: number;
  pinFd?: number;
  lastTry?: boolean;
  trust?: string;
  /** Seconds that the payment, or the authority's decision, is waited for. */
  wait: number;
  resume?: boolean;
  list?: boolean;
  end?: string;
  removeOld?: string;
  serial?: string;
}

/** How often the order is looked at while its payment is waited for (ms). */
const lookEvery = 2000;

interface Desk {
  renewals: Renewals;
  snapshot: KeysSnapshot;
  options: GoOptions;
  /** What the PIN said, where it ended an act. */
  pinFailure: () => YinkeyError | undefined;
}

async function deskOf(
  services: Services,
  options: Pick<RenewOptions, 'module' | 'trust' | 'pinFd' | 'lastTry'>,
  language: Language,
): Promise<Desk> {
  const { t } = createTexts(language);
  const { store, audit } = await services.store();
  const { tokens, snapshot } = await services.keys(options.module);
  const status = await services.status();
  const roots = () => services.rootsOr(options.trust);
  const renewals = new Renewals({
    tokens,
    http: services.http,
    journal: store.renewals,
    audit,
    roots,
    status: async (certificate, pool) =>
      (await status.check([certificate, ...pool], { roots: await roots() })).revocation,
    seals: carriedBy(await services.seals(tokens, options.trust), services.http),
  });
  services.onClose(() => renewals.close());
  let pin: ReturnType<typeof answerPin> | undefined;
  let told = '';
  return {
    renewals,
    snapshot,
    pinFailure: () => pin?.failure(),
    options: {
      pinPort: () => {
        const [hostEnd, ownEnd] = services.hosts.channel();
        pin = answerPin(ownEnd, {
          fds: { pin: options.pinFd },
          lastTryAgreed: options.lastTry ?? false,
          language,
        });
        return hostEnd;
      },
      onChange: ({ history }) => {
        const last = history.at(-1)?.what ?? '';
        if (last === told || !process.stderr.isTTY) return;
        told = last;
        process.stderr.write(`${t(`renewal:history.${last}`)}\n`);
      },
    },
  };
}

/** Renews a certificate, or goes on with, lists, ends renewals; exit code 4 while the authority has it. */
export async function renew(services: Services, options: RenewOptions, language: Language): Promise<Outcome> {
  const desk = await deskOf(services, options, language);
  const { renewals } = desk;
  await renewals.resumeAll(desk.snapshot);
  if (options.list) {
    const views = [...renewals.list(), ...renewals.enrolments()];
    return { json: views, lines: views.map((view) => line(view, language)), exit: exitCodes.done };
  }
  if (options.end !== undefined) {
    const view = await renewals.end(options.end, desk.options);
    return outcome(view, desk, language);
  }
  if (options.removeOld !== undefined) {
    const view = await renewals.removeOld(options.removeOld, options.serial ?? '', desk.options);
    return outcome(view, desk, language);
  }
  if (options.resume) {
    const views: RenewalView[] = [];
    for (const view of renewals.list()) {
      if (view.state === 'done' || view.state === 'ended') continue;
      views.push(await onward(desk, view, options, language));
    }
    const outcomes = views.map((view) => outcome(view, desk, language));
    return {
      json: views,
      lines: outcomes.flatMap(({ lines }) => lines),
      exit: Math.max(exitCodes.done, ...outcomes.map(({ exit }) => exit)),
    };
  }
  const authority = options.authority ?? services.practice?.authority?.url;
  if (authority === undefined) throw new YinkeyError('usage', { what: '--authority' });
  const key = chooseKey(desk.snapshot, options.token, options.cert);
  const { store } = await services.store();
  const certificate = chooseRenewable(key, options.cert, store.renewals.superseded());
  const view = await renewals.start(tokenOf(key), certificate.sha256, { authority });
  return outcome(await onward(desk, view, options, language), desk, language);
}

/** Does what the renewal offers, as far as it goes: order, wait for the payment, PIN, wait for the authority. */
async function onward(
  desk: Desk,
  from: RenewalView,
  options: RenewOptions,
  language: Language,
): Promise<RenewalView> {
  const { renewals } = desk;
  const { t } = createTexts(language);
  const until = Date.now() + options.wait * 1000;
  let view = from;
  let told = false;
  for (;;) {
    if (view.step === 'check') {
      if (view.checks.length === 0) view = await renewals.check(view.id);
      const stop = view.checks.find(({ state }) => state === 'stop');
      if (stop?.code) throw fromWireError({ code: stop.code, details: stop.details });
    }
    if (view.actions.includes('confirm')) {
      if (view.quote && options.years === undefined && view.step === 'check') {
        throw new YinkeyError('usage', { what: '--years' });
      }
      view = await renewals.confirm(view.id, options.years ?? null);
      if (view.actions.includes('confirm')) return view;
    } else if (view.actions.includes('pay') || view.state === 'waiting-review') {
      if (view.order && view.actions.includes('pay') && !told) {
        const { number, fees, payUrl } = view.order;
        process.stderr.write(
          `${t('cli:renew.pay', { number, total: (fees.total / 100).toFixed(2), payUrl })}\n`,
        );
        told = true;
      }
      if (Date.now() >= until) return view;
      await sleep(Math.min(lookEvery, Math.max(until - Date.now(), 1)));
      await renewals.resumeAll();
      view = renewals.get(view.id);
      // Only the key's own request can tell whether an authority without orders has decided.
      if (view.state === 'waiting-review' && !view.order) return view;
    } else if (view.actions.includes('go') && view.state !== 'waiting-key') {
      view = await renewals.go(view.id, desk.options);
      if (view.state !== 'waiting-review' && view.state !== 'waiting-payment') return view;
    } else return view;
  }
}

function outcome(view: RenewalView, desk: Pick<Desk, 'pinFailure'>, language: Language): Outcome {
  if (view.state === 'done' || (view.state === 'ended' && !view.error)) {
    return { json: view, lines: [line(view, language)], exit: exitCodes.done };
  }
  const pin = desk.pinFailure();
  if (pin) throw pin;
  if (view.state === 'waiting-payment' || view.state === 'waiting-review') {
    return { json: view, lines: [line(view, language)], exit: exitCodes.authority };
  }
  if (view.error) throw fromWireError(view.error);
  const { serial } = view.token;
  throw new YinkeyError('token.not-found', { serial });
}

function line(view: RenewalView, language: Language): string {
  const { t } = createTexts(language);
  const { id, old, state, fresh, order } = view;
  const end = (fresh?.notAfter ?? old.notAfter).slice(0, 10);
  const number = order?.number ?? '';
  return [id, t(`cli:renew.state.${state}`), old.holder, end, number]
    .filter((part) => part !== '')
    .join('  ');
}

const tokenOf = ({ module, serial, label }: KeyInfo): TokenId => ({ module, serial, label });

/** A certificate by its id, its fingerprint or its CKA_ID; without one, the only one that could be renewed. */
function chooseRenewable(
  key: KeyInfo,
  id: string | undefined,
  superseded: ReadonlySet<string>,
): CertificateInfo {
  const wanted = id?.toLowerCase();
  const fitting = key.certificates.filter((one) =>
    wanted === undefined
      ? !one.isCa && one.hasPrivateKey !== false && !superseded.has(one.sha256)
      : wanted !== '' && (one.sha256.startsWith(wanted) || one.ckaId.toLowerCase() === wanted),
  );
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (only) throw new YinkeyError('usage', { what: '--cert' });
  if (id !== undefined) throw new YinkeyError('certificate.not-found', { id });
  throw new YinkeyError('certificate.none');
}

export interface EnrolOptions extends CommonOptions {
  authority: string;
  token?: string;
  reference: string;
  secretFd: number;
  subject: string;
  keyType: string;
  label?: string;
  pkcs10?: boolean;
  pinFd?: number;
  lastTry?: boolean;
  trust?: string;
}

/** The first certificate of a key, under the reference number and secret code of the counter. */
export async function enrol(services: Services, options: EnrolOptions, language: Language): Promise<Outcome> {
  const { keyType } = options;
  if (!isPairType(keyType)) throw new YinkeyError('usage', { what: `--key-type ${keyType}` });
  const subject = subjectFromText(options.subject);
  const secret = Buffer.from(secretFromDescriptor(options.secretFd, '--secret-fd'), 'utf8');
  try {
    const desk = await deskOf(services, options, language);
    const key = chooseKey(desk.snapshot, options.token);
    const label = options.label ?? /CN\s*=\s*([^,]+)/i.exec(options.subject)?.[1] ?? options.reference;
    const view = await desk.renewals.enrol(
      {
        token: tokenOf(key),
        authority: options.authority,
        reference: options.reference,
        subject,
        keyType,
        label,
        pkcs10: options.pkcs10 ?? false,
      },
      { ...desk.options, secret },
    );
    return outcome(view, desk, language);
  } finally {
    secret.fill(0);
  }
}
