import type { KeyInfo, KeysSnapshot } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';

/** The token by its serial number; without one, the only token there is. */
export function chooseKey(snapshot: KeysSnapshot, serial: string | undefined): KeyInfo {
  const trouble = snapshot.modules.find((module) => module.error !== null)?.error;
  const fitting = snapshot.keys.filter((key) => serial === undefined || key.serial === serial);
  const [key, ...others] = fitting;
  if (key && others.length === 0) return key;
  if (key) throw new YinkeyError('usage', { what: '--token' });
  if (trouble) throw new YinkeyError(trouble.code as never, trouble.details);
  if (serial !== undefined) throw new YinkeyError('token.not-found', { serial });
  throw new YinkeyError('token.none');
}
