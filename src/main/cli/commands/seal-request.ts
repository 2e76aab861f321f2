import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CaptureResult,
  type CertificateInfo,
  type KeyInfo,
  type SealApplicationView,
  type SealRequest,
  sealMakingLimits,
  type TokenId,
} from '../../../shared/domain/index.ts';
import { fromWireError, YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { partToKeep, type SealApplications, type SealingOptions } from '../../seals/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

interface PinOptions {
  pinFd?: number;
  lastTry?: boolean;
}

export interface SealRequestOptions extends CommonOptions, PinOptions {
  name: string;
  kind: SealRequest['kind'];
  administrator: string;
  handler: string;
  contact: string;
  replaces?: string;
  authority?: string;
  diameter?: number;
  pick?: number;
  shrink?: boolean;
  token?: string;
  cert?: string;
  trust?: string;
}

export interface SealBindOptions extends CommonOptions, PinOptions {
  application?: string;
  /** Seconds that the authority's decision is waited for. */
  wait: number;
  trust?: string;
}

/** How often the application is looked at while the authority decides (ms). */
const lookEvery = 2000;

const tokenOf = ({ module, serial, label }: KeyInfo): TokenId => ({ module, serial, label });

/** Captures a seal from a scan and applies for it, signed with the certificate that is to use it. */
export async function sealRequest(
  services: Services,
  input: string,
  options: SealRequestOptions,
  language: Language,
): Promise<Outcome> {
  const authority = options.authority ?? services.practice?.authority?.url;
  if (authority === undefined) throw new YinkeyError('usage', { what: '--authority' });
  const [material, { tokens, snapshot }] = await Promise.all([
    captured(services, path.resolve(input), options),
    services.keys(options.module),
  ]);
  const seals = await services.seals(tokens, options.trust);
  const sealing = await services.sealing(tokens, seals, options.trust);
  const key = chooseKey(snapshot, options.token, options.cert);
  const certificate = chooseCertificate(key, options.cert);
  await seals.look();
  const { name, kind, administrator, handler, contact } = options;
  const draft = await sealing.draft({
    material,
    token: tokenOf(key),
    certificate: certificate.sha256,
    name,
    kind,
    administrator,
    handler,
    contact,
    replaces: options.replaces ?? null,
    authority,
  });
  const stop = draft.checks.find(({ state }) => state === 'stop');
  if (stop?.code) throw fromWireError({ code: stop.code, details: stop.details });
  const pin = pinOf(services, options, language);
  const view = await sealing.send(draft.id, pin.options);
  return outcome(view, pin.failure(), language);
}

/** Writes the seal of an application that was approved to its key. */
export async function sealBind(
  services: Services,
  options: SealBindOptions,
  language: Language,
): Promise<Outcome> {
  const { tokens } = await services.keys(options.module);
  const seals = await services.seals(tokens, options.trust);
  const sealing = await services.sealing(tokens, seals, options.trust);
  await sealing.resume();
  let view = chooseApplication(sealing, options.application);
  const until = Date.now() + options.wait * 1000;
  while (view.phase === 'review' && Date.now() < until) {
    await sleep(Math.min(lookEvery, Math.max(until - Date.now(), 1)));
    view = await sealing.look(view.id);
  }
  if (view.phase === 'review') {
    if (view.error) throw fromWireError(view.error);
    return { json: view, lines: lines(view, language), exit: exitCodes.authority };
  }
  if (view.phase !== 'approved' && view.phase !== 'binding') return outcome(view, undefined, language);
  const pin = pinOf(services, options, language);
  view = await sealing.bind(view.id, pin.options);
  return outcome(view, pin.failure(), language);
}

/** Applications that are open or ended lately. */
export async function sealApplications(
  services: Services,
  options: CommonOptions & { trust?: string },
  language: Language,
): Promise<Outcome> {
  const { tokens } = await services.keys(options.module);
  const seals = await services.seals(tokens, options.trust);
  const sealing = await services.sealing(tokens, seals, options.trust);
  await sealing.resume();
  const views = sealing.list();
  return { json: views, lines: views.flatMap((view) => lines(view, language)), exit: exitCodes.done };
}

function outcome(
  view: SealApplicationView,
  pinFailure: YinkeyError | undefined,
  language: Language,
): Outcome {
  if (pinFailure) throw pinFailure;
  if (view.error) throw fromWireError(view.error);
  return { json: view, lines: lines(view, language), exit: exitCodes.done };
}

function lines(view: SealApplicationView, language: Language): string[] {
  const { t } = createTexts(language);
  const { id, number, phase, name, bound, reviewUrl } = view;
  const line = [id, number, t(`cli:seal.phase.${phase}`), name].filter((part) => part !== '').join('  ');
  if (bound && phase === 'bound') {
    return [line, `  ${t(`cli:seal.bound.${bound.where === 'store' ? 'store' : bound.form}`)}`];
  }
  return phase === 'review' && reviewUrl !== null ? [line, `  ${reviewUrl}`] : [line];
}

function pinOf(
  services: Services,
  options: PinOptions,
  language: Language,
): { options: SealingOptions; failure: () => YinkeyError | undefined } {
  let pin: ReturnType<typeof answerPin> | undefined;
  return {
    failure: () => pin?.failure(),
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
    },
  };
}

/** The seal's pictures and the scan in the form that authorities take. */
async function captured(services: Services, input: string, options: SealRequestOptions) {
  const { documents } = services;
  const { result, png, views } = await documents.capture({
    input,
    diameterMm: options.diameter,
    pick: options.pick,
    views: true,
  });
  if (result.verdict === 'refuse' || !views) {
    const worst = result.checks.filter(({ verdict }) => verdict === 'refuse').map(({ name }) => name);
    throw new YinkeyError('seal.judged-unfit', { what: worst.join(', ') });
  }
  return { result, png, smallPng: views.smallPng, scanJpeg: await scanOf(services, input, result, options) };
}

async function scanOf(
  services: Services,
  input: string,
  result: CaptureResult,
  { shrink }: SealRequestOptions,
): Promise<Uint8Array> {
  const limit = sealMakingLimits.scanBytes;
  const { format, bytes } = result.source;
  if (format === 'jpeg' && bytes <= limit) return readFileSync(input);
  // Another format has to be made a JPEG anyway; a JPEG that is too large only where the user says so.
  if (format === 'jpeg' && !shrink) throw new YinkeyError('seal.scan-too-large', { bytes, limit });
  const keep = partToKeep(result);
  if (!keep) throw new YinkeyError('seal.no-seal-found', {});
  return services.documents.shrink({ input, keep, limit });
}

/** A certificate by its id, its fingerprint or its CKA_ID; without one, the only one that can sign. */
function chooseCertificate(key: KeyInfo, id: string | undefined): CertificateInfo {
  const wanted = id?.toLowerCase();
  const fitting = key.certificates.filter((one) =>
    wanted === undefined
      ? !one.isCa && one.canSign && one.hasPrivateKey !== false && !one.superseded
      : wanted !== '' && (one.sha256.startsWith(wanted) || one.ckaId.toLowerCase() === wanted),
  );
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (only) throw new YinkeyError('usage', { what: '--cert' });
  if (id !== undefined) throw new YinkeyError('certificate.not-found', { id });
  throw new YinkeyError('certificate.none');
}

/** An application by its id or number; without one, the only one that waits. */
function chooseApplication(sealing: SealApplications, wanted: string | undefined): SealApplicationView {
  const fitting = sealing
    .list()
    .filter(({ id, number, phase }) =>
      wanted === undefined
        ? phase === 'review' || phase === 'approved' || phase === 'binding'
        : id === wanted || (number !== '' && number === wanted),
    );
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only;
  if (only) throw new YinkeyError('usage', { what: '--application' });
  throw new YinkeyError('seal.application-unknown', {});
}
