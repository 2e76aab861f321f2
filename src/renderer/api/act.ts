import { useCallback, useRef, useState } from 'react';
import { toWireError } from '../../shared/errors/index.ts';

export interface Act {
  /** Which act is under way, by the name it was given; null: none. */
  running: string | null;
  /** Why the last one failed; null when it did not, or when somebody just closed the PIN window. */
  error: unknown;
  /** What the last one has to tell. */
  said: string | null;
  /** Does one thing at a time: while one is under way, a second one is left out. What `act` answers is told. */
  run(name: string, act: () => Promise<string | null | undefined>): Promise<void>;
}

const idle = { running: null, error: null as unknown, said: null };

/** One act of a screen at a time, and how it ended. */
export function useAct(): Act {
  const [state, setState] = useState<Pick<Act, 'running' | 'error' | 'said'>>(idle);
  const busy = useRef(false);
  const run = useCallback<Act['run']>(async (name, act) => {
    if (busy.current) return;
    busy.current = true;
    setState({ ...idle, running: name });
    try {
      setState({ ...idle, said: (await act()) ?? null });
    } catch (error) {
      const givenUp = toWireError(error).code === 'token.pin-cancelled';
      setState({ ...idle, error: givenUp ? null : error });
    } finally {
      busy.current = false;
    }
  }, []);
  return { ...state, run };
}
