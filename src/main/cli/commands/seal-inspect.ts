import { open } from 'node:fs/promises';
import path from 'node:path';
import type { SealInspection } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import { inspectSeal } from '../../seals/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

interface InspectOptions {
  trust?: string;
}

/** More than any seal or picture of one has. */
const bytesLimit = 20 << 20;

async function readSealFile(file: string): Promise<Buffer> {
  const name = path.basename(file);
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path.resolve(file), 'r');
  } catch (error) {
    throw new YinkeyError('document.not-found', { name }, { cause: error });
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new YinkeyError('seal.unreadable', { name });
    if (stat.size > bytesLimit) throw new YinkeyError('seal.too-large', { name, bytes: stat.size });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * Says what a file is: a seal, a document's signature made with one, or a plain picture, which is no seal. Done is a
 * seal that is valid against the given roots, or the user's own.
 */
export async function sealInspect(
  services: Services,
  file: string,
  options: InspectOptions,
  language: Language,
): Promise<Outcome> {
  const bytes = await readSealFile(file);
  // Against roots of the caller's choice nothing of this user's client comes in.
  const known = options.trust === undefined ? (await services.store()).store.status : undefined;
  const report = await inspectSeal(bytes, {
    roots: await services.rootsOr(options.trust),
    at: new Date(),
    revocation: ({ sha256 }) => {
      const revoked = known?.revocation(sha256);
      return revoked ? { since: revoked.at } : null;
    },
    picture: async (data, type) => {
      if (!/^png$/i.test(type)) return null;
      const { widthPx, heightPx } = await services.documents.picture(Uint8Array.from(data));
      return { widthPx, heightPx };
    },
    lonePicture: (png) => services.documents.picture(png),
  });
  return {
    json: report,
    lines: describe(report, path.basename(file), language),
    exit: report.verdict === 'valid' ? exitCodes.done : exitCodes.refused,
  };
}

function describe(report: SealInspection, name: string, language: Language): string[] {
  const { t } = createTexts(language);
  const verdict = report.verdict === null ? '' : `, ${t(`cli:seal.verdict.${report.verdict}`)}`;
  const lines = [`${name}: ${t(`cli:seal.kind.${report.kind}`)}${verdict}`];
  if (report.code !== null) lines.push(`  ${t(`errors:${report.code}.heading`)} (${report.code})`);
  const { seal } = report;
  if (seal) {
    const { widthMm, heightMm, type } = seal.picture;
    lines.push(
      `  ${seal.name}  ${seal.id}  ${seal.standard}  ${type} ${widthMm} x ${heightMm} mm`,
      `  ${seal.validFrom} - ${seal.validUntil}`,
    );
  }
  for (const { step, state, reason } of report.steps) {
    const why = reason === 'right' ? '' : ` (${reason})`;
    lines.push(`  ${t(`cli:seal.step.${step}`)}: ${t(`cli:seal.state.${state}`)}${why}`);
  }
  return lines;
}
