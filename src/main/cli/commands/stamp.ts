import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CertificateInfo, KeyInfo, Placement, SealStatusInfo } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { certificateObstacle, type PictureFacts, stampDocument } from '../../documents/index.ts';
import { type SealForStamp, type Seals, sealsOnKey } from '../../seals/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin, secretFromDescriptor } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

interface StampOptions extends CommonOptions {
  out: string;
  token?: string;
  cert?: string;
  /** Exactly one of the two: an electronic seal by its esID, or a signature picture. */
  seal?: string;
  image?: string;
  page: string;
  at: string;
  size?: number;
  pinFd?: number;
  passwordFd?: number;
  lastTry?: boolean;
  force?: boolean;
}

/** Signature pictures are small. The document host looks closer. */
const maxPictureBytes = 20 * 1024 * 1024;

/** Stamps one file, PIN from a descriptor or the terminal. */
export async function stamp(
  services: Services,
  input: string,
  options: StampOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const at = parsePoint(options.at);
  const { seal: esId, image, size } = options;
  if ((esId === undefined) === (image === undefined))
    throw new YinkeyError('usage', { what: '--seal, --image' });
  // A seal has its own size.
  if (esId !== undefined && size !== undefined) throw new YinkeyError('usage', { what: '--size' });
  const ownPicture = image === undefined ? undefined : readPicture(image);
  const { documents } = services;
  const [facts, { tokens, snapshot }, { store, audit }] = await Promise.all([
    ownPicture && documents.picture(ownPicture),
    services.keys(options.module),
    services.store(),
  ]);
  const seals = esId === undefined ? undefined : await services.seals(tokens);
  const serial = options.token ?? (esId === undefined ? undefined : await keyWithSeal(seals, esId));
  const key = chooseKey(snapshot, serial, options.cert);
  const token = { module: key.module, serial: key.serial, label: key.label };
  const seal = esId === undefined ? undefined : await seals?.forStamp(esId, token);
  const obstacleOf = (one: CertificateInfo) => certificateObstacle(one, store.status.revocation(one.sha256));
  const certificate = chooseCertificate(key, options.cert, obstacleOf, seal);
  const obstacle = obstacleOf(certificate);
  if (obstacle) throw obstacle;
  const chain = tokens.chain(token, certificate.id);
  const placement: Placement = { pages: options.page, ...at, ...sizeOf(seal, facts, size) };
  const [hostEnd, ownEnd] = services.hosts.channel();
  const pin = answerPin(ownEnd, {
    fds: { pin: options.pinFd },
    lastTryAgreed: options.lastTry ?? false,
    language,
  });
  const output = path.resolve(options.out);
  let defaultPin = false;
  const stamped = await stampDocument(
    {
      input: path.resolve(input),
      output,
      replace: options.force ?? false,
      expectedSha256: '',
      password:
        options.passwordFd === undefined
          ? undefined
          : secretFromDescriptor(options.passwordFd, '--password-fd'),
      key,
      certificate,
      chain,
      beside: await services.roots(),
      picture: seal?.picture ?? ownPicture ?? new Uint8Array(),
      seal: seal && {
        bytes: seal.bytes,
        id: seal.id,
        name: seal.name,
        statusList: seal.statusList,
        roots: (await services.roots()).map(({ der }) => der),
        pool: chain.slice(1),
        revoked: store.status.revoked(),
      },
      placement,
      now: new Date(),
    },
    {
      documents,
      sign: async (...call) => {
        const answer = await tokens.sign(...call);
        ({ defaultPin } = answer);
        return answer;
      },
      sealsOnKey: async (one) => sealsOnKey(await tokens.data(one)),
      audit,
    },
    { pinPort: () => hostEnd, onProgress: progressLine(t) },
  ).catch((error: unknown) => {
    throw pin.failure() ?? error;
  });
  const { millis, sealStatus, ...rest } = stamped;
  return {
    json: {
      output,
      ...rest,
      mark: seal ? { kind: 'seal', id: seal.id, name: seal.name, status: sealStatus } : { kind: 'picture' },
      level: 'B-B',
      defaultPin,
      millis: { total: round(millis.total), token: round(millis.token), fsync: round(millis.fsync) },
    },
    lines: [
      t(seal ? 'cli:stamp.done' : 'cli:stamp.donePicture', { output, pages: stamped.pages.join(', ') }),
      ...(sealStatus ? standingLines(sealStatus, t) : []),
      ...(defaultPin ? [t('cli:stamp.defaultPin')] : []),
    ],
    exit: exitCodes.done,
  };
}

/** What is not known of the seal's standing: no list of its maker, or one that should have been replaced. */
function standingLines(
  { state, asOf, stale }: SealStatusInfo,
  t: ReturnType<typeof createTexts>['t'],
): string[] {
  if (asOf === null) return [t('verify:seal.unasked')];
  const date = asOf.slice(0, 10);
  return stale ? [t('verify:seal.stale', { date, state: t(`verify:seal.state.${state}`) })] : [];
}

const round = (millis: number) => Math.round(millis * 10) / 10;

function progressLine(t: (key: string) => string): (step: string, share: number | null) => void {
  if (!process.stderr.isTTY) return () => {};
  let last = '';
  return (step) => {
    if (step === last) return;
    last = step;
    process.stderr.write(`${t(`cli:progress.${step}`)}\n`);
  };
}

/** Serial number of the plugged key that holds the seal; undefined where none does, or nobody has looked. */
async function keyWithSeal(seals: Seals | undefined, id: string): Promise<string | undefined> {
  await seals?.look();
  return seals?.cards().find((card) => card.id === id && card.present)?.token.serial;
}

/** The size on paper: the seal's own, or the picture's, whose height follows the width that was asked for. */
function sizeOf(
  seal: SealForStamp | undefined,
  picture: PictureFacts | undefined,
  size: number | undefined,
): { width: number; height: number } {
  if (seal) return { width: seal.widthMm, height: seal.heightMm };
  if (!picture) throw new YinkeyError('seal.not-found');
  const width = size ?? picture.widthMm;
  return { width, height: (width * picture.heightPx) / picture.widthPx };
}

function parsePoint(text: string): { x: number; y: number } {
  const match = /^\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)\s*$/.exec(text);
  if (!match) throw new YinkeyError('usage', { what: `--at ${text}` });
  return { x: Number(match[1]), y: Number(match[2]) };
}

function readPicture(file: string): Uint8Array {
  try {
    const bytes = readFileSync(path.resolve(file));
    if (bytes.length > maxPictureBytes)
      throw new YinkeyError('seal.too-large', { name: path.basename(file) });
    return bytes;
  } catch (error) {
    if (error instanceof YinkeyError) throw error;
    throw new YinkeyError('seal.not-found', { name: path.basename(file) }, { cause: error });
  }
}

/**
 * A certificate by its id, its fingerprint or its CKA_ID; without one, that of the seal, or the only one that can stamp.
 * A seal is used with its own certificate only.
 */
function chooseCertificate(
  key: KeyInfo,
  id: string | undefined,
  obstacleOf: (certificate: CertificateInfo) => YinkeyError | undefined,
  seal: SealForStamp | undefined,
): CertificateInfo {
  if (seal) {
    const own = key.certificates.find(({ sha256 }) => sha256 === seal.certificateSha256);
    const named = id === undefined ? own : chooseCertificate(key, id, obstacleOf, undefined);
    if (!own || named?.sha256 !== own.sha256)
      throw new YinkeyError('seal.not-listed', { id: seal.id, name: seal.name });
    return own;
  }
  if (id !== undefined) {
    const wanted = id.toLowerCase();
    const found = key.certificates.find(
      (one) => one.id === wanted || one.sha256 === wanted || one.ckaId.toLowerCase() === wanted,
    );
    if (found) return found;
    throw new YinkeyError(key.certificates.length === 0 ? 'certificate.none' : 'certificate.not-found', {
      id,
    });
  }
  const [only, ...others] = key.certificates.filter((one) => obstacleOf(one) === undefined);
  if (only && others.length === 0) return only;
  if (only) throw new YinkeyError('usage', { what: '--cert' });
  throw new YinkeyError('certificate.none');
}
