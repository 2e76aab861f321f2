import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';

const notYet = (): never => {
  throw new YinkeyError('request.refused', {});
};

export function renewalHandlers(): HandlersOf<'renewal'> {
  return {
    'renewal.list': notYet,
    'renewal.start': notYet,
    'renewal.check': notYet,
    'renewal.confirm': notYet,
    'renewal.pay': notYet,
    'renewal.go': notYet,
    'renewal.stop': notYet,
    'renewal.end': notYet,
    'renewal.removeOld': notYet,
    'renewal.receipt': notYet,
    'renewal.form': notYet,
    'renewal.orphans': notYet,
    'renewal.removeOrphan': notYet,
  };
}
