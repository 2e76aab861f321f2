import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SealCard } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import type { Seals } from '../../seals/index.ts';
import type { CommonOptions } from '../options.ts';
import { asYinkeyError, exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

interface SealOptions extends CommonOptions {
  trust?: string;
}

/** Seals as the keys and their makers tell them now; what could not be asked is said on standard error. */
async function seen(services: Services, options: SealOptions, language: Language): Promise<Seals> {
  const { tokens } = await services.keys(options.module);
  const seals = await services.seals(tokens, options.trust);
  try {
    await seals.refresh();
  } catch (error) {
    const { code } = asYinkeyError(error);
    if (code === 'unexpected') throw error;
    const { t } = createTexts(language);
    process.stderr.write(`${t(`errors:${code}.heading`)} (${code})\n`);
  }
  return seals;
}

/** Every seal on every key that is here or was. */
export async function sealList(
  services: Services,
  options: SealOptions,
  language: Language,
): Promise<Outcome> {
  const cards = (await seen(services, options, language)).cards();
  return { json: cards, lines: cards.map((card) => line(card, language)), exit: exitCodes.done };
}

/** One seal with its verification and where it was used. Done is a seal that could stamp now. */
export async function sealShow(
  services: Services,
  id: string,
  options: SealOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const detail = (await seen(services, options, language)).detail(id);
  const { card, uses } = detail;
  const { status, steps, code } = card;
  const said = {
    unit: card.unit,
    creditCode: card.creditCode,
    administrator: card.administrator,
    maker: card.maker,
    size: t('cli:seal.millimetres', { width: card.widthMm, height: card.heightMm }),
    dates: `${card.validFrom.slice(0, 10)} - ${card.validUntil.slice(0, 10)}`,
    certificate: card.certificate?.id ?? '',
    key: `${card.token.label} (${card.token.serial})`,
    where: t(`cli:seal.where.${card.where}`),
    status: statusLine(card, language),
  };
  return {
    json: detail,
    lines: [
      line(card, language),
      ...Object.entries(said)
        .filter(([, value]) => value !== '')
        .map(([name, value]) => `  ${t(`cli:seal.fact.${name}`)}: ${value}`),
      ...steps.map(({ step, state }) => `  ${t(`cli:seal.step.${step}`)}: ${t(`cli:seal.state.${state}`)}`),
      ...(code === null ? [] : [`  ${t(`errors:${code}.heading`, { id, name: card.name })} (${code})`]),
      ...uses.map(({ at, document, result }) => `  ${at}  ${document}  ${result}`),
    ],
    exit: code === null && status.state !== 'cancelled' ? exitCodes.done : exitCodes.refused,
  };
}

/** The SESeal as a file; never over another one unless that is said. */
export async function sealExport(
  services: Services,
  id: string,
  options: SealOptions & { out: string; force?: boolean },
  language: Language,
): Promise<Outcome> {
  const output = path.resolve(options.out);
  const name = path.basename(output);
  if (!options.force && existsSync(output)) throw new YinkeyError('document.output-exists', { name });
  let size = 0;
  await (await seen(services, options, language)).export(id, (bytes) => {
    size = bytes.length;
    try {
      writeFileSync(output, bytes, { flag: options.force ? 'w' : 'wx' });
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw new YinkeyError(
        missing ? 'document.output-folder-missing' : 'document.output-no-permission',
        { name },
        { cause: error },
      );
    }
  });
  const { t } = createTexts(language);
  return {
    json: { output, id, bytes: size },
    lines: [t('cli:seal.exported', { output, bytes: size })],
    exit: exitCodes.done,
  };
}

function line(card: SealCard, language: Language): string {
  const { t } = createTexts(language);
  const { id, name, kind, validUntil, token, present } = card;
  return [
    id,
    name,
    kind === null ? '' : t(`seals:kind.${kind}`),
    t(`cli:seal.verdict.${card.verdict}`),
    statusLine(card, language),
    validUntil.slice(0, 10),
    present ? token.label : t('cli:seal.away', { label: token.label }),
  ]
    .filter((part) => part !== '')
    .join('  ');
}

function statusLine({ status }: SealCard, language: Language): string {
  const { t } = createTexts(language);
  const word = t(`cli:seal.status.${status.state}`);
  return status.asOf === null
    ? word
    : t('cli:seal.asOf', { status: word, date: status.asOf.slice(0, 16).replace('T', ' ') });
}
