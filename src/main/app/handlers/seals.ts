import path from 'node:path';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { saveWhole } from '../save.ts';

/** My seals: shown with what is known; keys and makers are asked afterwards, and what changed is told. */
export function sealHandlers(services: Services): HandlersOf<'seals'> {
  const { seals, dialogs } = services;
  return {
    'seals.list': () => seals.cards(),
    'seals.refresh': () => seals.refresh(),
    'seals.picture': ({ id }) => new Uint8Array(seals.picture(id)),
    'seals.detail': ({ id }) => seals.detail(id),
    'seals.export': async ({ id }) => {
      const { card } = seals.detail(id);
      const suggested = `${card.name}-${card.id}`.replace(/[^\p{L}\p{N}.-]+/gu, '_').slice(0, 80);
      const file = await dialogs.save('seal', `${suggested}.esl`);
      if (file === undefined) return null;
      await seals.export(id, (bytes) => saveWhole(file, bytes));
      return { name: path.basename(file) };
    },
    'seals.forget': ({ id }) => seals.forget(id),
  };
}
