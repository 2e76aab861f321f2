import type {
  Channel,
  ChannelInput,
  ChannelOutput,
  EventName,
  EventPayload,
  MainWindowApi,
} from '../../shared/contract/channels.ts';
import { fromWireError } from '../../shared/errors/index.ts';

declare global {
  interface Window {
    /** Put there by the main window's preload. */
    readonly yinkey: MainWindowApi;
  }
}

/** Channels without an input are called with the name alone. */
type Input<C extends Channel> = undefined extends ChannelInput<C> ? [] : [input: ChannelInput<C>];

/**
 * Asks main for something over the contract's table.
 * @throws YinkeyError with the code that main answered.
 */
export async function call<C extends Channel>(
  channel: C,
  ...[input]: Input<C> | []
): Promise<ChannelOutput<C>> {
  const answer = await window.yinkey.call(channel, input as ChannelInput<C>);
  if (answer.ok) return answer.output;
  throw fromWireError(answer.error);
}

/** Listens to what main tells unasked; returns the way to stop. */
export function on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void {
  return window.yinkey.on(event, listener);
}

/** Registers a dropped file; the ticket is what `documents.dropped` takes. */
export function ticketFor(file: File): string {
  return window.yinkey.ticketFor(file);
}

/** What the window knows without asking. */
export function initial(): MainWindowApi['initial'] {
  return window.yinkey.initial;
}
