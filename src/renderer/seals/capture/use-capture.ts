import { useCallback, useEffect, useRef, useState } from 'react';
import type { ChannelInput } from '../../../shared/contract/channels.ts';
import type { CaptureSession } from '../../../shared/domain/index.ts';
import { call, ticketFor } from '../../api/index.ts';
import { begun, changed, type History, redone, undone } from './history.ts';

/** What the user asks for on top of what is found. */
export type Wishes = Omit<ChannelInput<'capture.judge'>, 'id'>;

const nothingAsked: Wishes = {
  pick: null,
  diameterMm: null,
  colour: 'red',
  ownColour: false,
  adjust: { rotate: 0, dx: 0, dy: 0, threshold: 0 },
};

export interface Capture {
  session: CaptureSession | null;
  wishes: Wishes;
  /** A scan is being read for the first time. */
  opening: boolean;
  /** The scan is being judged anew. */
  judging: boolean;
  shrinking: boolean;
  /** Why the last act failed; what is wrong with the scan itself is in the session. */
  error: unknown;
  canUndo: boolean;
  canRedo: boolean;
  choose(): void;
  drop(file: File): void;
  /** `key` names the control: moving the same one again is one step of undo. */
  change(next: Partial<Wishes>, key: string): void;
  adjust(next: Partial<Wishes['adjust']>, key: string): void;
  reset(): void;
  undo(): void;
  redo(): void;
  shrink(): void;
}

/** One scan on its way to a seal: chosen, judged, helped by hand, with undo. Closed when the screen goes. */
export function useCapture(): Capture {
  const [session, setSession] = useState<CaptureSession | null>(null);
  const [history, setHistory] = useState<History<Wishes>>(begun(nothingAsked));
  const [busy, setBusy] = useState<'opening' | 'judging' | 'shrinking' | null>(null);
  const [error, setError] = useState<unknown>(null);
  const open = useRef<CaptureSession | null>(null);
  const wanted = useRef<Wishes | null>(null);
  const working = useRef(false);

  const show = useCallback((next: CaptureSession | null) => {
    open.current = next;
    setSession(next);
  }, []);
  const close = useCallback((id: string | undefined) => {
    if (id !== undefined) call('capture.close', { id }).catch(() => undefined);
  }, []);
  useEffect(() => () => close(open.current?.id), [close]);

  const read = useCallback(
    async (answer: () => Promise<CaptureSession | null>) => {
      if (working.current) return;
      working.current = true;
      setBusy('opening');
      setError(null);
      try {
        const next = await answer();
        if (!next) return;
        close(open.current?.id);
        setHistory(begun(nothingAsked));
        show(next);
      } catch (reason) {
        setError(reason);
      } finally {
        working.current = false;
        setBusy(null);
      }
    },
    [close, show],
  );

  /** One question at a time, and always the newest: what was asked meanwhile and is outdated is never asked. */
  const judge = useCallback(
    async (next: Wishes) => {
      wanted.current = next;
      if (working.current || !open.current) return;
      working.current = true;
      setBusy('judging');
      setError(null);
      try {
        while (wanted.current && open.current) {
          const wishes: Wishes = wanted.current;
          wanted.current = null;
          const { id }: CaptureSession = open.current;
          const answer = await call('capture.judge', { id, ...wishes });
          if (open.current?.id === id) show(answer);
        }
      } catch (reason) {
        setError(reason);
      } finally {
        working.current = false;
        setBusy(null);
      }
    },
    [show],
  );

  const go = (next: History<Wishes>) => {
    if (next === history) return;
    setHistory(next);
    void judge(next.now);
  };
  const wishes = history.now;
  const change: Capture['change'] = (next, key) => go(changed(history, { ...wishes, ...next }, key));
  return {
    session,
    wishes,
    opening: busy === 'opening',
    judging: busy === 'judging',
    shrinking: busy === 'shrinking',
    error,
    canUndo: history.before.length > 0,
    canRedo: history.after.length > 0,
    choose: () => void read(() => call('capture.choose')),
    drop: (file) => void read(() => call('capture.dropped', { ticket: ticketFor(file) })),
    change,
    adjust: (next, key) => change({ adjust: { ...wishes.adjust, ...next } }, key),
    reset: () => change({ adjust: nothingAsked.adjust }, 'reset'),
    undo: () => go(undone(history)),
    redo: () => go(redone(history)),
    shrink: () => {
      const { id } = open.current ?? {};
      if (id === undefined || working.current) return;
      working.current = true;
      setBusy('shrinking');
      setError(null);
      call('capture.shrink', { id })
        .then(show, setError)
        .finally(() => {
          working.current = false;
          setBusy(null);
        });
    },
  };
}

/** A picture of the session as an address for `<img>`; the one before stays until the new one is there. */
export function useCaptureImage(
  session: CaptureSession | null,
  which: 'sheet' | 'scan' | 'seal',
  there: boolean,
): string {
  const [url, setUrl] = useState('');
  const id = session?.id;
  // The sheet stays the same whatever is judged.
  const revision = which === 'sheet' ? 0 : session?.revision;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new revision is a new picture
  useEffect(() => {
    if (id === undefined || !there) {
      setUrl('');
      return;
    }
    let wanted = true;
    call('capture.image', { id, which }).then(
      (bytes) => {
        if (wanted) setUrl(URL.createObjectURL(new Blob([new Uint8Array(bytes)])));
      },
      () => wanted && setUrl(''),
    );
    return () => {
      wanted = false;
    };
  }, [id, which, there, revision]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}
