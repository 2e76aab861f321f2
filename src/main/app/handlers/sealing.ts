import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

export function sealingHandlers(_services: Services): HandlersOf<'sealing'> {
  const notYet = () => {
    throw new YinkeyError('request.refused', {});
  };
  return {
    'sealing.list': () => [],
    'sealing.draft': notYet,
    'sealing.send': notYet,
    'sealing.look': notYet,
    'sealing.bind': notYet,
    'sealing.withdraw': notYet,
    'sealing.picture': notYet,
  };
}
