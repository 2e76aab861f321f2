import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { exitCodes, type Outcome } from '../output.ts';
import type { Services } from '../services.ts';

interface World {
  module: string;
  env: { SOFTHSM2_CONF: string };
  token: { label: string; serial: string; pin: string; soPin: string };
  certificates: { id: string; subject: string }[];
  trust: string;
  seal: string;
  documents: string[];
}

/**
 * Makes (or finds) a practice world. It comes from a bundle beside this one that packaged builds don't have: then
 * `practice.missing` tells so.
 */
export async function practiceUp(services: Services, options: { dir: string }): Promise<Outcome> {
  const bundle = services.practiceBundle;
  if (bundle === undefined) throw new YinkeyError('practice.missing');
  const { practiceUp: up } = (await import(/* @vite-ignore */ pathToFileURL(bundle).href)) as {
    practiceUp: (dir: string) => Promise<World>;
  };
  const world = await up(path.resolve(options.dir));
  return {
    json: world,
    lines: [
      `SOFTHSM2_CONF=${world.env.SOFTHSM2_CONF}`,
      `--module ${world.module}`,
      `--token ${world.token.serial}  ${world.token.label}  PIN ${world.token.pin}`,
      ...world.certificates.map(({ id, subject }) => `--cert ${id}  ${subject}`),
      `--trust ${world.trust}`,
      `--image ${world.seal}`,
      ...world.documents,
    ],
    exit: exitCodes.done,
  };
}
