import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import type { DocumentInfo } from '../../shared/domain/documents.ts';

/** The six places of the rail, in the order of Ctrl/Cmd+1..6, and the settings. */
export const places = ['keys', 'certificates', 'seals', 'documents', 'services', 'support'] as const;
export type Place = (typeof places)[number] | 'settings';

/**
 * Why a place was entered. The documents screen takes `choose` (open the file dialog, to stamp or to verify), `opened` (this document was
 * opened from outside), `place` (put the seal on the page); the keys screen takes `driver` (add a driver).
 */
export type Intent =
  | { type: 'choose'; mode?: 'stamp' | 'verify' }
  | { type: 'opened'; document: DocumentInfo }
  | { type: 'place' }
  /** The support screen, with this key chosen. */
  | { type: 'care'; key: string }
  | { type: 'certificate'; key: string; certificate: string }
  /** The certificates screen, with this one (its SHA-256); `renew`: its renewal, begun where there is none yet. */
  | { type: 'one'; sha256: string; renew?: boolean }
  /** The certificates screen, with the authority's address and the trust list. */
  | { type: 'authority' }
  /** The seals screen, taking a seal from its impression. */
  | { type: 'collect' };

interface Route {
  place: Place;
  /** The wish that came with the last move, until the screen takes it. */
  intent: Intent | null;
}

interface Router extends Route {
  go(place: Place, intent?: Intent): void;
  /** The screen has taken the intent up; it will not be shown again. */
  taken(): void;
}

const RouterContext = createContext<Router | null>(null);

export function RouterProvider({ children, first = 'keys' }: { children: ReactNode; first?: Place }) {
  const [route, setRoute] = useState<Route>({ place: first, intent: null });
  const go = useCallback((place: Place, intent?: Intent) => setRoute({ place, intent: intent ?? null }), []);
  const taken = useCallback(() => setRoute((now) => ({ ...now, intent: null })), []);
  const router = useMemo(() => ({ ...route, go, taken }), [route, go, taken]);
  return <RouterContext value={router}>{children}</RouterContext>;
}

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error('useRouter outside RouterProvider');
  return router;
}
