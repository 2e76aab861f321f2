import path from 'node:path';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../services.ts';

/** Plugged keys, and the drivers that find them. */
export function keyHandlers(services: Services): HandlersOf<'keys' | 'modules'> {
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
  return {
    'keys.snapshot': () => tokens.snapshot(),
    'keys.refresh': () => tokens.refresh(),
    'modules.choose': async () => {
      const file = await dialogs.open('module');
      return file === undefined ? null : tokens.examine(file);
    },
    'modules.agree': async ({ path: file, sha256 }) => {
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
