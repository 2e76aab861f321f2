import type { RenewalView } from '../../shared/domain/renewal.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

interface RenewalsState {
  /** Null until they are known. */
  views: readonly RenewalView[] | null;
  error: unknown;
}

const store = createStore<RenewalsState>({ views: null, error: null });
let started = false;

/** Puts one view in the place of what was known of the same renewal. */
export function withView(known: readonly RenewalView[], view: RenewalView): readonly RenewalView[] {
  const place = known.findIndex(({ id }) => id === view.id);
  return place === -1 ? [...known, view] : known.with(place, view);
}

/** Shows a renewal as it now is. */
export function keepRenewal(view: RenewalView): RenewalView {
  store.write({ views: withView(store.read().views ?? [], view), error: null });
  return view;
}

/** Starts watching; called once by the shell before the first render. */
export function watchRenewals(): void {
  if (started) return;
  started = true;
  on('renewal.changed', keepRenewal);
  void readRenewals();
}

/** Reads all of them anew; what goes wrong is in `useRenewals().error`. */
export async function readRenewals(): Promise<void> {
  try {
    store.write({ views: await call('renewal.list'), error: null });
  } catch (error) {
    store.write({ views: store.read().views, error });
  }
}

export function useRenewals(): RenewalsState {
  return useStore(store);
}
