import type { CertificateCard } from '../../shared/domain/certificates.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** All certificates of all keys that are known here; null until they are. */
interface CertificatesState {
  cards: readonly CertificateCard[] | null;
  /** Why there is no list. */
  error: unknown;
}

const store = createStore<CertificatesState>({ cards: null, error: null });
let started = false;

const keep = (cards: readonly CertificateCard[]) => store.write({ cards, error: null });

/** Starts watching; called once by the shell before the first render. */
export function watchCertificates(): void {
  if (started) return;
  started = true;
  on('certificates.changed', keep);
  void readCertificates();
}

/** Reads the list anew; what goes wrong is in `useCertificates().error`. */
export async function readCertificates(): Promise<void> {
  try {
    keep(await call('certificates.list'));
  } catch (error) {
    store.write({ cards: store.read().cards, error });
  }
}

export function useCertificates(): CertificatesState {
  return useStore(store);
}

/** Asks the authorities anew how one certificate stands; null: all of them. @throws YinkeyError */
export async function checkStatus(sha256: string | null): Promise<void> {
  keep(await call('certificates.refresh', { sha256 }));
}

/** Takes a certificate off the list whose key is not plugged in. @throws YinkeyError */
export async function forgetCertificate(sha256: string): Promise<void> {
  keep(await call('certificates.forget', { sha256 }));
}
