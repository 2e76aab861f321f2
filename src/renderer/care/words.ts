import { toWireError } from '../../shared/errors/index.ts';
import { describeError, type Translate } from '../look/index.ts';

/** Codes whose texts speak of a document; of a key alone there are others. */
const alone = ['removed', 'not-found', 'busy', 'used-by-other', 'failed', 'pin-locked'];

/** The words for a failure of an act on a key, where no document is in play. */
export function careWords(t: Translate, error: unknown): ReturnType<typeof describeError> {
  const words = describeError(t, error);
  const name = /^token\.(.+)$/.exec(words.code)?.[1];
  if (name === undefined || !alone.includes(name)) return words;
  const { details } = toWireError(error);
  return {
    ...words,
    meaning: t(`care:alone.${name}.meaning`, details),
    next: t(`care:alone.${name}.next`, details),
  };
}
