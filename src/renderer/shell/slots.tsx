import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { createPortal } from 'react-dom';

interface Slots {
  title: HTMLElement | null;
  setTitle(element: HTMLElement | null): void;
  announce(text: string): void;
  said: string;
}

const SlotsContext = createContext<Slots | null>(null);
const ActiveContext = createContext(true);

export function SlotsProvider({ children }: { children: ReactNode }) {
  const [title, setTitle] = useState<HTMLElement | null>(null);
  const [said, setSaid] = useState('');
  const turn = useRef(false);
  const announce = useCallback((text: string) => {
    // The same words twice in a row are still news: a no-break space makes them another text.
    turn.current = !turn.current;
    setSaid(turn.current ? text : `${text}\u00a0`);
  }, []);
  const slots = useMemo(() => ({ title, setTitle, announce, said }), [title, announce, said]);
  return <SlotsContext value={slots}>{children}</SlotsContext>;
}

export function useSlots(): Slots {
  const slots = useContext(SlotsContext);
  if (!slots) throw new Error('useSlots outside SlotsProvider');
  return slots;
}

/** Tells screen readers of a change that is seen elsewhere on the screen. */
export function useAnnounce(): (text: string) => void {
  return useSlots().announce;
}

/** Marks a screen as the one in front, or as kept in the background. */
export function ActiveProvider({ active, children }: { active: boolean; children: ReactNode }) {
  return <ActiveContext value={active}>{children}</ActiveContext>;
}

/**
 * False while the screen is kept but another place is in front (the documents screen stays mounted, so that an open
 * document is still there when one comes back). Global key handlers of a screen must look at it.
 */
export function useActive(): boolean {
  return useContext(ActiveContext);
}

/** What stands in the top bar: the name of the thing, and a note beside it. One for each screen. */
export function TopTitle({ title, note }: { title: string; note?: ReactNode }) {
  const { title: slot } = useSlots();
  const active = useActive();
  if (!slot || !active) return null;
  return createPortal(
    <>
      <h1 title={title}>{title}</h1>
      {note && <p className="note">{note}</p>}
    </>,
    slot,
  );
}

/** Announces a text when it changes, but not the first one. */
export function useAnnounceChanges(text: string): void {
  const announce = useAnnounce();
  const last = useRef(text);
  useEffect(() => {
    if (last.current === text) return;
    last.current = text;
    announce(text);
  }, [text, announce]);
}
