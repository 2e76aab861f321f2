import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

export function lossHandlers(_services: Services): HandlersOf<'loss'> {
  const notYet = () => {
    throw new YinkeyError('request.refused', {});
  };
  return {
    'loss.report': notYet,
    'loss.receipt': notYet,
  };
}
