import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

export function captureHandlers(_services: Services): HandlersOf<'capture'> {
  const notYet = () => {
    throw new YinkeyError('request.refused', {});
  };
  return {
    'capture.choose': notYet,
    'capture.dropped': notYet,
    'capture.judge': notYet,
    'capture.image': notYet,
    'capture.shrink': notYet,
    'capture.keep': notYet,
    'capture.close': notYet,
  };
}
