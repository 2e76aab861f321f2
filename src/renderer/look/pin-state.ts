import type { PinState } from '../../shared/domain/keys.ts';
import type { IconName } from './icons.ts';

/** Icon and tone of a PIN state; its word is `keys:pin.<state>.word`. Danger is told by words, not by red. */
export function pinSign(state: PinState): { tone: 'ok' | 'warn'; icon: IconName } {
  switch (state) {
    case 'ok':
      return { tone: 'ok', icon: 'check-c' };
    case 'locked':
      return { tone: 'warn', icon: 'lock' };
    case 'not-set':
    case 'to-be-changed':
      return { tone: 'warn', icon: 'pin' };
    case 'low':
    case 'final-try':
      return { tone: 'warn', icon: 'warn' };
  }
}
