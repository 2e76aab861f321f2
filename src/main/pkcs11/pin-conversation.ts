import { type PinReply, type PinRequest, pinRequestSchema } from '../../shared/contract/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { CallContext, Port } from '../../shared/hosts/index.ts';

/** The work that a driver does, each kind with a deadline of its own (module-client.ts). */
export type Phase = 'find' | 'login' | 'pad' | 'sign' | 'write' | 'generate';

export interface AskOptions {
  /** Milliseconds until the question is given up (token.hand-over-expired). */
  expiresIn?: number | null;
  /** Looks whether the key is still there, again and again while the person thinks; a rejection ends the question. */
  watch?: () => Promise<void>;
}

/** How often a key is looked at while a person types, in milliseconds; a slow driver rests four fifths of the time. */
const watchMillis = 1000;
const restFactor = 4;

/**
 * The host's side of the talk with the PIN window. The caller's deadline stands still while the person is asked.
 * What the person sends is handed over once and not kept here.
 */
export class PinConversation {
  #port: Port;
  #context: CallContext;
  #queue: PinRequest[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(port: Port, context: CallContext) {
    this.#port = port;
    this.#context = context;
    port.onMessage((message) => {
      const parsed = pinRequestSchema.safeParse(message);
      // What is not of the contract is taken as "again": the person sees the field once more, nothing is tried.
      this.#queue.push(parsed.success ? parsed.data : { type: 'again' });
      this.#wake?.();
    });
    port.onClose(() => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  say(reply: PinReply): void {
    this.#port.post(reply);
  }

  /** Tells the caller, not the person. */
  tell(progress: unknown): void {
    this.#context.progress(progress);
  }

  /** The driver's work that begins now; waits until the caller can know it, since the driver blocks this process. */
  async phase(name: Phase): Promise<void> {
    this.#context.phase(name);
    await messagesOut();
  }

  /** The caller's clock stands still until the next `phase`: nothing is under way. */
  stopClock(): void {
    this.#context.phase(null);
  }

  /**
   * Says something that needs an answer, and waits for it as long as it takes. Answers given before the question are
   * thrown away: a second Enter must not spend a try.
   * Errors: token.pin-cancelled (also when the window is gone), token.hand-over-expired, those of `watch`.
   */
  async ask(question: PinReply, options: AskOptions = {}): Promise<Exclude<PinRequest, { type: 'cancel' }>> {
    const early = this.#queue.splice(0);
    if (early.some(({ type }) => type === 'cancel')) throw new YinkeyError('token.pin-cancelled');
    this.say(question);
    this.#context.waiting();
    let ended: YinkeyError | undefined;
    const end = (error: YinkeyError) => {
      ended = error;
      this.#wake?.();
    };
    const over = { now: false };
    const expiry =
      typeof options.expiresIn === 'number'
        ? setTimeout(() => end(new YinkeyError('token.hand-over-expired')), options.expiresIn)
        : undefined;
    const watching = options.watch && this.#watch(options.watch, over, end);
    try {
      while (this.#queue.length === 0 && !this.#closed && !ended) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      over.now = true;
      clearTimeout(expiry);
      // The driver finishes what the watch has begun before anything else is asked of it.
      await watching?.stop();
      this.#context.resumed();
    }
    const answer = this.#queue.shift();
    // A closed window's last word still counts, if it is not a PIN that nobody waits for any more.
    if (answer?.type === 'cancel' || this.#closed) throw new YinkeyError('token.pin-cancelled');
    if (answer) return answer;
    throw ended ?? new YinkeyError('token.pin-cancelled');
  }

  #watch(look: () => Promise<void>, over: { now: boolean }, end: (error: YinkeyError) => void) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let running: Promise<void> = Promise.resolve();
    const again = (pause: number) => {
      timer = setTimeout(() => {
        running = once();
      }, pause);
    };
    const once = async () => {
      const began = performance.now();
      // The clock runs while the driver is asked: a hang here is a hang.
      await this.phase('find');
      try {
        await look();
      } catch (error) {
        if (error instanceof YinkeyError && error.code === 'token.removed') end(error);
      }
      if (over.now) return;
      this.#context.phase(null);
      again(Math.max(watchMillis, (performance.now() - began) * restFactor));
    };
    again(watchMillis);
    return {
      stop: () => {
        clearTimeout(timer);
        return running;
      },
    };
  }

  end(): void {
    this.#port.close();
  }
}

/** Lets messages leave the process before a call into the driver blocks it. */
export function messagesOut(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
