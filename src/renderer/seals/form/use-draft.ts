import { useCallback, useEffect, useRef, useState } from 'react';
import type { ChannelInput } from '../../../shared/contract/channels.ts';
import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { call } from '../../api/index.ts';

export type DraftInput = ChannelInput<'sealing.draft'>;

interface DraftState {
  /** The checked application; null: nothing was checked, or what was has changed since. */
  view: SealApplicationView | null;
  checking: boolean;
  error: unknown;
}

/** Milliseconds without a further key before what was typed is checked. */
const pause = 600;

/** Has the application checked whenever its data rest. `input`: null while something is missing. */
export function useDraft(input: DraftInput | null): DraftState & { again(): void } {
  const [state, setState] = useState<DraftState>({ view: null, checking: false, error: null });
  const asked = useRef(0);
  const text = JSON.stringify(input);
  const check = useCallback(async (draft: DraftInput) => {
    asked.current += 1;
    const mine = asked.current;
    const settle = (next: DraftState) => {
      if (mine === asked.current) setState(next);
    };
    setState({ view: null, checking: true, error: null });
    try {
      settle({ view: await call('sealing.draft', draft), checking: false, error: null });
    } catch (error) {
      settle({ view: null, checking: false, error });
    }
  }, []);
  useEffect(() => {
    asked.current += 1;
    const draft = JSON.parse(text) as DraftInput | null;
    setState({ view: null, checking: draft !== null, error: null });
    if (!draft) return;
    const timer = setTimeout(() => void check(draft), pause);
    return () => clearTimeout(timer);
  }, [text, check]);
  return { ...state, again: () => input && void check(input) };
}
