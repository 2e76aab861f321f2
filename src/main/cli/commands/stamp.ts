import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { CertificateInfo, KeyInfo, Placement } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { certificateObstacle, stampDocument } from '../../documents/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import { answerPin, secretFromDescriptor } from '../pin.ts';
import type { Services } from '../services.ts';
import { chooseKey } from './choose-key.ts';

interface StampOptions extends CommonOptions {
  out: string;
  token?: string;
  cert?: string;
  image: string;
  page: string;
  at: string;
  size?: number;
  pinFd?: number;
  passwordFd?: number;
  lastTry?: boolean;
  force?: boolean;
}

/** Seal pictures are small; more is no seal. The document host looks closer. */
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
  const picture = readPicture(options.image);
  const { documents } = services;
  const [facts, { tokens, snapshot }, { store, audit }] = await Promise.all([
    documents.picture(picture),
    services.keys(options.module),
    services.store(),
  ]);
  const key = chooseKey(snapshot, options.token);
  const obstacleOf = (one: CertificateInfo) => certificateObstacle(one, store.status.revocation(one.sha256));
  const certificate = chooseCertificate(key, options.cert, obstacleOf);
  const obstacle = obstacleOf(certificate);
  if (obstacle) throw obstacle;
  // --size is the seal's width, the diameter of a round one; the height follows the picture.
  const width = options.size ?? facts.widthMm;
  const placement: Placement = {
    pages: options.page,
    ...at,
    width,
    height: (width * facts.heightPx) / facts.widthPx,
  };
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
      chain: tokens.chain(key, certificate.id),
      beside: await services.roots(),
      picture,
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
      sealsOnKey: (token) => tokens.data(token),
      audit,
    },
    { pinPort: () => hostEnd, onProgress: progressLine(t) },
  ).catch((error: unknown) => {
    throw pin.failure() ?? error;
  });
  const { millis, ...rest } = stamped;
  return {
    json: {
      output,
      ...rest,
      level: 'B-B',
      defaultPin,
      millis: { total: round(millis.total), token: round(millis.token), fsync: round(millis.fsync) },
    },
    lines: [
      t('cli:stamp.done', { output, pages: stamped.pages.join(', ') }),
      ...(defaultPin ? [t('cli:stamp.defaultPin')] : []),
    ],
    exit: exitCodes.done,
  };
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

/** A certificate by its id, its fingerprint or its CKA_ID; without one, the only one that can stamp. */
function chooseCertificate(
  key: KeyInfo,
  id: string | undefined,
  obstacleOf: (certificate: CertificateInfo) => YinkeyError | undefined,
): CertificateInfo {
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
