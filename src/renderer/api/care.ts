import type { Channel, ChannelInput } from '../../shared/contract/channels.ts';
import type { CareAct, CareEntry, CareResult, CareStep } from '../../shared/domain/care.ts';
import type { TokenId } from '../../shared/domain/keys.ts';
import { toWireError } from '../../shared/errors/index.ts';
import { call, on } from './bridge.ts';
import { createStore, useStore } from './store.ts';

/** The channels of acts on a key's PINs. */
type CareChannel = Extract<
  Channel,
  'keys.changePin' | 'keys.unlock' | 'keys.initialise' | 'keys.changeSoPin' | 'keys.settleSoPin'
>;

/** Which act is meant, on which key: `key` of the snapshot, or of a blank one. */
interface CareJob {
  act: CareAct;
  key: string;
  label: string;
}

export interface CareState {
  /** In progress; `handedOver`: the holder has the keyboard, or had it. */
  running: (CareJob & { step: CareStep; handedOver: boolean }) | null;
  /** How the last one ended; null when there was none, when its end was read, or when somebody just closed the window. */
  ended: (CareJob & ({ result: CareResult } | { error: unknown })) | null;
}

const state = createStore<CareState>({ running: null, ended: null });
/** Keys that were found to have the PIN they came with, and that nobody was told of yet. */
const noticed = createStore<readonly TokenId[]>([]);
let started = false;

/** Starts listening; called once by the shell before the first render. */
export function watchCare(): void {
  if (started) return;
  started = true;
  on('keys.progress', ({ step }) => {
    const { running, ended } = state.read();
    if (!running || running.step === step) return;
    const handedOver = running.handedOver || step === 'hand-over';
    state.write({ running: { ...running, step, handedOver }, ended });
  });
  on('keys.noticed', ({ token }) => {
    if (!noticed.read().some((known) => same(known, token))) noticed.write([...noticed.read(), token]);
  });
}

const same = (one: TokenId, other: TokenId) =>
  one.module === other.module && one.serial === other.serial && one.label === other.label;

export function useCare(): CareState {
  return useStore(state);
}

/** Takes the words about the last act off the screen. */
export function careRead(): void {
  state.write({ ...state.read(), ended: null });
}

/** Does one act on a key's PINs; one at a time. What came of it is in `useCare().ended`. */
export async function care<C extends CareChannel>(
  job: CareJob,
  channel: C,
  input: ChannelInput<C>,
): Promise<void> {
  if (state.read().running) return;
  state.write({ running: { ...job, step: 'token', handedOver: false }, ended: null });
  try {
    // The channel's type and its input's are one pair; the compiler can't see that through a type parameter.
    const result = (await (call as (name: Channel, input: unknown) => Promise<unknown>)(
      channel,
      input,
    )) as CareResult;
    state.write({ running: null, ended: { ...job, result } });
    if (job.act === 'pin.change') forgetNotice(result.token);
  } catch (error) {
    const givenUp = toWireError(error).code === 'token.pin-cancelled';
    state.write({ running: null, ended: givenUp ? null : { ...job, error } });
  }
}

/** Closes the PIN window of the act in progress. */
export async function cancelCare(): Promise<void> {
  await call('keys.cancel');
}

export function useNoticed(): readonly TokenId[] {
  return useStore(noticed);
}

/** The holder was told, or has changed the PIN. */
export function forgetNotice(token: TokenId): void {
  noticed.write(noticed.read().filter((known) => !same(known, token)));
}

/** Acts at the counter that were cut off, and those that ended. @throws YinkeyError */
export function careJournal(): Promise<CareEntry[]> {
  return call('keys.careJournal');
}
