import type { PinPurpose } from '../../shared/contract/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { PinWindows } from './pin-window.ts';

/** One act for which somebody types a PIN: its window, from the first question until it has nothing more to say. */
export class PinTalk {
  #pins: PinWindows;
  #close = () => {};
  #stays = false;

  constructor(pins: PinWindows) {
    this.#pins = pins;
  }

  /** Shows the window; the port is for the token host. */
  open(purpose: PinPurpose): Port {
    const { port, close } = this.#pins.open(purpose);
    this.#close = close;
    return port;
  }

  /** Closes the window, as its Cancel does. */
  cancel(): void {
    this.#close();
  }

  /** The act has failed. The window itself tells of trouble with the key, and stays until that was read. */
  failed(error: unknown): void {
    if (!(error instanceof YinkeyError)) return;
    this.#stays = /^(token|driver)\./.test(error.code) && error.code !== 'token.pin-cancelled';
  }

  /** The act is over, however it ended. */
  end(): void {
    if (!this.#stays) this.#close();
  }
}
