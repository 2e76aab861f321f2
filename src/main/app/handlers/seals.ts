import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

export function sealHandlers(_services: Services): HandlersOf<'seals'> {
  const notYet = () => {
    throw new YinkeyError('request.refused', {});
  };
  return {
    'seals.list': () => [],
    'seals.refresh': notYet,
    'seals.picture': notYet,
    'seals.detail': notYet,
    'seals.export': notYet,
    'seals.forget': notYet,
  };
}
