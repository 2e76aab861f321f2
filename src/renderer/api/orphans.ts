import type { OrphanPair, TokenId } from '../../shared/domain/index.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** Left-over key pairs, as far as they were seen; empty where nobody looked yet. */
const store = createStore<readonly OrphanPair[]>([]);
let started = false;

/** Starts watching: each login of a renewal sees what lies on its key. Called once by the shell. */
export function watchOrphans(): void {
  if (started) return;
  started = true;
  on('renewal.changed', ({ state }) => {
    if (state !== 'working') void readOrphans();
  });
  void readOrphans();
}

/** What was seen before stays when it can't be read: the next renewal tells again, and one can look oneself. */
async function readOrphans(): Promise<void> {
  store.write(await call('renewal.orphans').catch(() => store.read()));
}

/** Looks for them on a key; main asks for the PIN. @throws YinkeyError */
export async function findOrphans(token: TokenId): Promise<readonly OrphanPair[]> {
  const found = await call('renewal.findOrphans', { token });
  store.write([...store.read().filter((pair) => !isOn(pair, token)), ...found]);
  return found;
}

/** Removes one from its key; main asks for the PIN. @throws YinkeyError */
export async function removeOrphan({ token, ckaId }: OrphanPair): Promise<void> {
  await call('renewal.removeOrphan', { token, ckaId });
  store.write(store.read().filter((pair) => pair.ckaId !== ckaId || !isOn(pair, token)));
}

/** Those that are known of one key. */
export function useOrphans(token: TokenId): OrphanPair[] {
  return useStore(store).filter((pair) => isOn(pair, token));
}

const isOn = ({ token }: OrphanPair, { module, serial, label }: TokenId) =>
  token.module === module && token.serial === serial && token.label === label;
