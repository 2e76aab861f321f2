import type { KeysSnapshot } from '../../shared/domain/keys.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** What the window knows of keys and drivers: nothing yet, a snapshot, or why there is none. */
export interface KeysState {
  snapshot: KeysSnapshot | null;
  error: unknown;
}

/** Keeps the newer of two snapshots: answers and events may overtake one another. */
export function newer(known: KeysState, arrived: KeysSnapshot): KeysState {
  if (known.snapshot && arrived.revision < known.snapshot.revision) return known;
  return { snapshot: arrived, error: null };
}

const store = createStore<KeysState>({ snapshot: null, error: null });
let started = false;

/** Starts watching; called once by the shell before the first render. */
export function watchKeys(): void {
  if (started) return;
  started = true;
  on('keys.changed', (snapshot) => store.write(newer(store.read(), snapshot)));
  call('keys.snapshot').then(
    (snapshot) => store.write(newer(store.read(), snapshot)),
    (error: unknown) => store.write({ snapshot: store.read().snapshot, error }),
  );
}

/** Keys and drivers as they are now; re-renders with every change. */
export function useSnapshot(): KeysState {
  return useStore(store);
}

async function settle(answer: Promise<KeysSnapshot>): Promise<void> {
  const snapshot = await answer;
  store.write(newer(store.read(), snapshot));
}

/** Looks again at once; restarts a driver that crashed. */
export async function refreshKeys(): Promise<void> {
  try {
    await settle(call('keys.refresh'));
  } catch (error) {
    store.write({ snapshot: store.read().snapshot, error });
  }
}

/** Agrees to load this very file. @throws YinkeyError `driver.changed`, `driver.not-found` ... */
export async function agreeModule(path: string, sha256: string): Promise<void> {
  await settle(call('modules.agree', { path, sha256 }));
}

/** Takes the agreement back. @throws YinkeyError */
export async function forgetModule(path: string): Promise<void> {
  await settle(call('modules.forget', { path }));
}
