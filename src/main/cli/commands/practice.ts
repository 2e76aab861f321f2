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
  seal: { id: string; name: string };
  picture: string;
  documents: string[];
}

/**
 * Makes (or finds) a practice world. It comes from a bundle beside this one that packaged builds don't have: then
 * `practice.missing` tells so. Unless `authority` is false, its authority runs from then on, in a process of its own
 * that ends on SIGTERM or when the world's folder is gone, and one more key is enrolled at it.
 */
export async function practiceUp(
  services: Services,
  options: { dir: string; authority?: boolean; seed?: boolean },
): Promise<Outcome> {
  const bundle = services.practiceBundle;
  if (bundle === undefined) throw new YinkeyError('practice.missing');
  const fixtures = (await import(/* @vite-ignore */ pathToFileURL(bundle).href)) as {
    practiceUp: (dir: string) => Promise<World>;
    seedKeys: (world: World) => Promise<{ state: string; token: World['token'] }[]>;
    openAuthority: (dir: string) => Promise<{ url: string; api: string; pid: number }>;
    enrolPracticeKey: (world: World, authorityUrl: string) => Promise<{ token: World['token'] }>;
  };
  const dir = path.resolve(options.dir);
  const world = await fixtures.practiceUp(dir);
  const seeded = options.seed === true ? await fixtures.seedKeys(world) : [];
  const authority = options.authority === false ? null : await fixtures.openAuthority(dir);
  const enrolled = authority && (await fixtures.enrolPracticeKey(world, authority.url));
  return {
    json: world,
    lines: [
      `SOFTHSM2_CONF=${world.env.SOFTHSM2_CONF}`,
      `--module ${world.module}`,
      `--token ${world.token.serial}  ${world.token.label}  PIN ${world.token.pin}`,
      ...world.certificates.map(({ id, subject }) => `--cert ${id}  ${subject}`),
      ...seeded.map(({ state, token }) => `--token ${token.serial}  ${token.label}  ${state}`),
      ...(enrolled ? [`--token ${enrolled.token.serial}  ${enrolled.token.label}  enrolled`] : []),
      `--trust ${world.trust}`,
      ...(authority ? [`--authority ${authority.api}  (kill ${authority.pid})`] : []),
      `--seal ${world.seal.id}  ${world.seal.name}`,
      `--image ${world.picture}`,
      ...world.documents,
    ],
    exit: exitCodes.done,
  };
}
