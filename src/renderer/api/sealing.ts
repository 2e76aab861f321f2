import type { SealApplicationView } from '../../shared/domain/seal-making.ts';
import { call, on } from './bridge.ts';
import { useImageUrl } from './seals.ts';
import { createStore, useStore } from './store.ts';

interface ApplicationsState {
  /** Newest first; null until they are known. */
  views: readonly SealApplicationView[] | null;
  error: unknown;
}

const store = createStore<ApplicationsState>({ views: null, error: null });
let started = false;

/**
 * Puts one view in the place of what was known of the same application; a new one comes first. A draft that nobody sent
 * gives way to the next application for its certificate, as in main.
 */
export function withApplication(
  known: readonly SealApplicationView[],
  view: SealApplicationView,
): readonly SealApplicationView[] {
  const place = known.findIndex(({ id }) => id === view.id);
  if (place !== -1) return known.with(place, view);
  const { sha256 } = view.certificate;
  return [
    view,
    ...known.filter(({ phase, certificate }) => phase !== 'draft' || certificate.sha256 !== sha256),
  ];
}

/** Shows an application as it now is. */
export function keepApplication(view: SealApplicationView): SealApplicationView {
  store.write({ views: withApplication(store.read().views ?? [], view), error: null });
  return view;
}

/** Starts watching; called once before the first render. */
export function watchApplications(): void {
  if (started) return;
  started = true;
  on('sealing.changed', keepApplication);
  void readApplications();
}

/** Reads all of them anew; what goes wrong is in `useApplications().error`. */
export async function readApplications(): Promise<void> {
  try {
    store.write({ views: await call('sealing.list'), error: null });
  } catch (error) {
    store.write({ views: store.read().views, error });
  }
}

export function useApplications(): ApplicationsState {
  return useStore(store);
}

/** The picture that the application asks for as an address for `<img>`; '' while it is read or where it cannot be. */
export function useApplicationUrl({ id }: Pick<SealApplicationView, 'id'>): string {
  return useImageUrl(`application ${id}`, () => call('sealing.picture', { id }));
}
