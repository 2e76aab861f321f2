/** What may be under way when somebody wants to close the window. */
export interface Works {
  /** Changes of PINs: short, and never cut off. */
  care: { cancel(): void; idle(): Promise<void> };
  renewing: {
    /** A key is at work for a renewal. */
    readonly busy: boolean;
    cancelPins(): void;
    /** Ends it at the next safe point. */
    halt(): Promise<void>;
    idle(): Promise<void>;
  };
  stamping: { readonly busy: boolean; stop(): Promise<void>; idle(): Promise<void> };
  ask(during: 'stamp' | 'renewal'): Promise<'wait' | 'stop'>;
}

/**
 * Before the window closes: PIN windows that wait are closed, what a key is at work for is waited for or stopped, as the
 * user says; true when nothing is under way any more.
 */
export async function comeToRest({ care, renewing, stamping, ask }: Works): Promise<boolean> {
  care.cancel();
  await care.idle();
  if (renewing.busy) {
    if ((await ask('renewal')) === 'stop') await renewing.halt();
  } else renewing.cancelPins();
  await renewing.idle();
  if (stamping.busy) {
    if ((await ask('stamp')) === 'stop') await stamping.stop();
    await stamping.idle();
  }
  return true;
}
