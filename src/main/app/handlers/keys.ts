import path from 'node:path';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

/** Plugged keys, and the drivers that find them. */
export function keyHandlers(
  services: Services,
): Pick<HandlersOf<'keys'>, 'keys.snapshot' | 'keys.refresh'> & HandlersOf<'modules'> {
  const { tokens, dialogs, audit } = services;
  const record = (act: 'module.agree' | 'module.forget', file: string) =>
    audit.append({
      act,
      subject: path.basename(file),
      token: null,
      certificateSha256: null,
      documentIn: null,
      documentOut: null,
      result: 'ok',
    });
  /** Drivers whose files the user chose in the dialog. */
  const chosen = new Set<string>();
  return {
    'keys.snapshot': () => tokens.snapshot(),
    'keys.refresh': () => tokens.refresh(),
    'modules.choose': async () => {
      const file = await dialogs.open('module');
      if (file === undefined) return null;
      const examined = await tokens.examine(file);
      chosen.add(examined.path);
      return examined;
    },
    'modules.agree': async ({ path: file, sha256 }) => {
      // A page can't name just any file: what is agreed was chosen by hand, or is in the list that was shown.
      const shown = tokens.snapshot().modules.some((module) => module.path === file);
      if (!shown && !chosen.has(file)) throw new YinkeyError('request.refused', {});
      const snapshot = await tokens.agree(file, sha256);
      record('module.agree', file);
      return snapshot;
    },
    'modules.forget': async ({ path: file }) => {
      const snapshot = await tokens.forget(file);
      record('module.forget', file);
      return snapshot;
    },
  };
}
