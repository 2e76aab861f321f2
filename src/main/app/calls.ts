import type { z } from 'zod';
import {
  type Answer,
  type Channel,
  type ChannelOutput,
  type Channels,
  channels,
} from '../../shared/contract/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { errorFields, log } from './log.ts';

type Answered<T> = undefined extends T ? undefined | Promise<undefined> | Promise<void> : T | Promise<T>;

/** A handler for every channel of the contract: one that is missing or answers otherwise is a type error. */
export type Handlers = {
  [C in Channel]: (input: z.output<Channels[C]['input']>) => Answered<ChannelOutput<C>>;
};

/** The handlers of the channels that begin with one of these words, e.g. `HandlersOf<'pictures'>`. */
export type HandlersOf<Subject extends string> = Pick<Handlers, Extract<Channel, `${Subject}.${string}`>>;

/**
 * Answers one call: input checked by the channel's schema, handler, output checked; whatever goes wrong comes back as
 * `{code, details}`. What has no code of ours is logged with its cause.
 */
export async function answer(handlers: Handlers, channel: unknown, input: unknown): Promise<Answer<Channel>> {
  const name =
    typeof channel === 'string' && Object.hasOwn(channels, channel) ? (channel as Channel) : undefined;
  try {
    if (!name) throw new YinkeyError('request.refused', {});
    const table = channels[name];
    const parsed = table.input.safeParse(input);
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join('.') ?? '';
      throw new YinkeyError('request.invalid', { channel: name, field: where });
    }
    const handler = handlers[name] as (input: unknown) => unknown;
    const output = table.output.parse(await handler(parsed.data));
    return { ok: true, output: output as ChannelOutput<Channel> };
  } catch (error) {
    const wire = toWireError(error);
    const fields = { channel: name ?? 'unknown', code: wire.code };
    if (wire.code === 'unexpected') log.error('call.failed', { ...fields, error: errorFields(error) });
    else log.info('call.refused', fields);
    return { ok: false, error: wire };
  }
}

/** Dropped files: the preload tells main their paths, the page gets a ticket that is good once. */
export class Tickets {
  #paths = new Map<string, string>();

  add(ticket: unknown, path: unknown): void {
    if (typeof ticket !== 'string' || ticket.length > 64 || typeof path !== 'string') return;
    this.#paths.set(ticket, path);
    const [oldest] = this.#paths.keys();
    if (this.#paths.size > 64 && oldest !== undefined) this.#paths.delete(oldest);
  }

  /**
   * @throws YinkeyError request.refused for a ticket that was not given or was used; document.not-found where the
   * system could not say the file's path (dragged out of another program, or a name that its locale can't write)
   */
  take(ticket: string): string {
    const path = this.#paths.get(ticket);
    if (path === undefined) throw new YinkeyError('request.refused', {});
    this.#paths.delete(ticket);
    if (path === '') throw new YinkeyError('document.not-found', { name: '' });
    return path;
  }
}
