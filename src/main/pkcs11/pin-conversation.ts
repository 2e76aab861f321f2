import { type PinReply, type PinRequest, pinRequestSchema } from '../../shared/contract/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { CallContext, Port } from '../../shared/hosts/index.ts';

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

  /**
   * Says something that needs an answer, and waits for it as long as it takes. Answers given before the question are
   * thrown away: a second Enter must not spend a try. Errors: token.pin-cancelled (also when the window is gone).
   */
  async ask(question: PinReply): Promise<Exclude<PinRequest, { type: 'cancel' }>> {
    const early = this.#queue.splice(0);
    if (early.some(({ type }) => type === 'cancel')) throw new YinkeyError('token.pin-cancelled');
    this.say(question);
    this.#context.waiting();
    try {
      while (this.#queue.length === 0 && !this.#closed) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.#context.resumed();
    }
    const answer = this.#queue.shift();
    // A closed window's last word still counts, if it is not a PIN that nobody waits for any more.
    if (!answer || answer.type === 'cancel' || this.#closed) throw new YinkeyError('token.pin-cancelled');
    return answer;
  }

  end(): void {
    this.#port.close();
  }
}

/** Lets messages leave the process before a call into the driver blocks it. */
export function messagesOut(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}
