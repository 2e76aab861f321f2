import type { KeyInfo } from '../../shared/domain/keys.ts';
import { care } from '../api/index.ts';

/** The holder changes the PIN of this key, in the PIN window. */
export function changePin(key: Pick<KeyInfo, 'key' | 'module' | 'serial' | 'label'>): void {
  const { module, serial, label } = key;
  void care({ act: 'pin.change', key: key.key, label }, 'keys.changePin', {
    token: { module, serial, label },
  });
}
