import type { SealApplicationView } from '../../../shared/domain/index.ts';
import type { JourneyStep } from '../Journey.tsx';

/**
 * What the application's page shows: its phase, and for two of them apart whether the client is at it or was interrupted.
 */
export type ApplicationPage = SealApplicationView['phase'] | 'sending-stuck' | 'binding-stopped';

export function pageOfApplication({ phase, progress }: SealApplicationView): ApplicationPage {
  if (phase === 'sending' && progress === null) return 'sending-stuck';
  if (phase === 'binding' && progress === null) return 'binding-stopped';
  return phase;
}

/** The step of the journey that is marked. */
export function journeyOf({ phase }: SealApplicationView): { at: JourneyStep; done: boolean } {
  const binds = phase === 'approved' || phase === 'binding' || phase === 'bound';
  return { at: binds ? 'bind' : 'make', done: phase === 'bound' };
}

/** The key is at work: it must not be pulled out. */
export const holdsKey = ({ progress }: SealApplicationView): boolean =>
  progress === 'writing' || progress === 'checking';

/** Nobody has decided yet, and no key holds anything of it. */
export const canWithdraw = ({ phase, progress }: SealApplicationView): boolean =>
  progress === null && (phase === 'draft' || phase === 'review' || phase === 'approved');

/** What is to be said of how the seal lies on the key: the store before the form. */
export function boundWord({ bound }: SealApplicationView): 'full' | 'digests' | 'small' | 'store' | null {
  if (!bound) return null;
  return bound.where === 'store' ? 'store' : bound.form;
}
