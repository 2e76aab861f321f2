import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';

const notYet = (): never => {
  throw new YinkeyError('request.refused', {});
};

export function certificateHandlers(): HandlersOf<'certificates'> &
  HandlersOf<'trust'> &
  HandlersOf<'authority'> {
  return {
    'certificates.list': notYet,
    'certificates.refresh': notYet,
    'certificates.detail': notYet,
    'certificates.export': notYet,
    'certificates.import': notYet,
    'certificates.remove': notYet,
    'certificates.forget': notYet,
    'trust.list': notYet,
    'trust.choose': notYet,
    'trust.confirm': notYet,
    'trust.remove': notYet,
    'authority.read': notYet,
    'authority.write': notYet,
  };
}
