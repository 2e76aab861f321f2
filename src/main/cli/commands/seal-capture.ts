import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { InkColour, SealCheck } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { createTexts, type Language } from '../../../shared/i18n/index.ts';
import type { CommonOptions } from '../options.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

interface SealCaptureOptions extends CommonOptions {
  out: string;
  diameter?: number;
  colour: InkColour;
  ownColour?: boolean;
  pick?: number;
  force?: boolean;
}

/** Takes a seal from a scan. A refused one is told in full and not written. */
export async function sealCapture(
  services: Services,
  input: string,
  options: SealCaptureOptions,
  language: Language,
): Promise<Outcome> {
  const { t } = createTexts(language);
  const output = path.resolve(options.out);
  if (!options.force && existsSync(output))
    throw new YinkeyError('document.output-exists', { name: path.basename(output) });
  const { result, png } = await services.documents.capture({
    input: path.resolve(input),
    diameterMm: options.diameter,
    colour: options.colour,
    pick: options.pick,
    ownColour: options.ownColour,
  });
  const written = result.verdict !== 'refuse';
  if (written) writePicture(output, png, options.force ?? false);
  return {
    json: { output: written ? output : null, ...result },
    lines: [
      t('seals:command.found', {
        shape: t(`seals:shape.${result.shape}`),
        width: result.widthMm,
        height: result.heightMm,
        rotation: result.rotation,
      }),
      ...result.checks.flatMap((check) => checkLines(t, check)),
      ...result.notes.map((note) => t(`seals:note.${note}`)),
      t(`seals:verdict.${result.verdict}`),
      written
        ? t('seals:command.written', { file: output, bytes: png.length, dpi: result.picture.dpi })
        : t('seals:command.notWritten'),
    ],
    exit: written ? exitCodes.done : exitCodes.refused,
  };
}

const marks = { good: '+', usable: '~', refuse: '!' } as const;

function checkLines(t: ReturnType<typeof createTexts>['t'], check: SealCheck): string[] {
  const { name, value, unit, limit, verdict, where } = check;
  const line = t('seals:command.check', {
    mark: marks[verdict],
    name: t(`seals:check.${name}`),
    value: t(`seals:unit.${unit}`, { value }),
    limit: t(`seals:limit.${name}`, { ...limit }),
  });
  if (verdict === 'good') return [line];
  const todo = where
    ? t(`seals:todo.${name}At`, {
        where: t(`seals:where.clock${where.clock}`),
        degrees: Math.round(where.degrees),
        length: where.lengthMm,
        clock: where.clock,
      })
    : t(`seals:todo.${name}`);
  return [line, `  ${todo}`];
}

function writePicture(file: string, png: Uint8Array, replace: boolean): void {
  try {
    writeFileSync(file, png, { flag: replace ? 'w' : 'wx' });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new YinkeyError(
      missing ? 'document.output-folder-missing' : 'document.output-no-permission',
      { name: path.basename(file) },
      { cause: error },
    );
  }
}
