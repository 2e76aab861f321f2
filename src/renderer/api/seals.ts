import { useEffect, useState } from 'react';
import type { SealCard } from '../../shared/domain/seals.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** Every seal of every key that is known here; null until they are. */
interface SealsState {
  cards: readonly SealCard[] | null;
  /** Why there is no list. */
  error: unknown;
}

const store = createStore<SealsState>({ cards: null, error: null });
let started = false;

const keep = (cards: readonly SealCard[]) => store.write({ cards, error: null });

/** Starts watching; called once before the first render. */
export function watchSeals(): void {
  if (started) return;
  started = true;
  on('seals.changed', keep);
  void readSeals();
}

/** Reads the list anew; what goes wrong is in `useSeals().error`. */
export async function readSeals(): Promise<void> {
  try {
    keep(await call('seals.list'));
  } catch (error) {
    store.write({ cards: store.read().cards, error });
  }
}

export function useSeals(): SealsState {
  return useStore(store);
}

/** Reads the keys and asks the makers how their seals stand. @throws YinkeyError */
export async function refreshSeals(): Promise<void> {
  keep(await call('seals.refresh'));
}

/** Takes a seal off the list whose key is not plugged in. @throws YinkeyError */
export async function forgetSeal(id: string): Promise<void> {
  keep(await call('seals.forget', { id }));
}

/** Pictures by what they are of, kept for the life of the window: each is shown in several places. */
const urls = new Map<string, Promise<string>>();

function urlOf(name: string, read: () => Promise<Uint8Array>): Promise<string> {
  const known = urls.get(name);
  if (known) return known;
  const made = read().then((bytes) =>
    URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: 'image/png' })),
  );
  urls.set(name, made);
  // A failure is not kept: the next one who asks tries again.
  made.catch(() => urls.delete(name));
  return made;
}

/** An address for `<img>`; '' while the picture is read or where it cannot be. `name`: null where there is none. */
export function useImageUrl(name: string | null, read: () => Promise<Uint8Array>): string {
  const [held, setHeld] = useState({ name: '', url: '' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: `name` says all that `read` depends on
  useEffect(() => {
    if (name === null) return;
    let wanted = true;
    const hold = (url: string) => wanted && setHeld({ name, url });
    urlOf(name, read).then(hold, () => hold(''));
    return () => {
      wanted = false;
    };
  }, [name]);
  return held.name === name ? held.url : '';
}

/** The picture of a seal as an address for `<img>`; '' while it is read or where it cannot be. */
export function useSealUrl(seal: Pick<SealCard, 'id' | 'sha256'> | null): string {
  return useImageUrl(seal && `seal ${seal.sha256}`, () => call('seals.picture', { id: seal?.id ?? '' }));
}
