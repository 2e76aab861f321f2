import { useCallback, useState } from 'react';
import type { ModuleInfo } from '../../shared/domain/keys.ts';
import { agreeModule, call, forgetModule } from '../api/index.ts';

/** A driver's file that the user is asked about. */
export interface Candidate {
  path: string;
  name: string;
  vendor: string;
  sha256: string;
  /** 'known': one of the makers' drivers that YinKey knows. 'changed': agreed to before, but the file is another one now. */
  standing: 'known' | 'unknown' | 'changed';
}

export interface Drivers {
  /** Who is asked about now; null: the dialog is closed. */
  candidate: Candidate | null;
  busy: boolean;
  error: unknown;
  ask(module: ModuleInfo): void;
  /** Opens the file dialog; the file is checked without being loaded. */
  add(): Promise<void>;
  agree(): Promise<void>;
  forget(path: string): Promise<void>;
  close(): void;
}

/** The way of a driver into the client: chosen or found, looked at, agreed to; and out again. */
export function useDrivers(): Drivers {
  const [candidate, setCandidate] = useState<Candidate | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  const attempt = useCallback(async (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }, []);

  return {
    candidate,
    busy,
    error,
    ask(module) {
      setError(null);
      setCandidate({
        path: module.path,
        name: module.name,
        vendor: module.vendor,
        sha256: module.sha256,
        standing: module.state === 'changed' ? 'changed' : 'known',
      });
    },
    add: () =>
      attempt(async () => {
        const chosen = await call('modules.choose');
        if (!chosen) return;
        setCandidate({
          path: chosen.path,
          name: chosen.name,
          vendor: '',
          sha256: chosen.sha256,
          standing: chosen.known ? 'known' : 'unknown',
        });
      }),
    agree: () =>
      attempt(async () => {
        if (!candidate) return;
        await agreeModule(candidate.path, candidate.sha256);
        setCandidate(null);
      }),
    forget: (path) => attempt(() => forgetModule(path)),
    close() {
      setCandidate(null);
      setError(null);
    },
  };
}
