import type { Page } from 'playwright';

/** The PIN window: a page of its own, in a window of its own. */
export class PinPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The field is open and asks for a PIN. */
  async asks(): Promise<void> {
    await this.page.locator('html[data-step="ask"] input[type="password"]').waitFor();
  }

  /** The key refused the PIN that was typed and counted it. */
  async refused(): Promise<void> {
    await this.page.locator('html[data-step="ask"] [role="alert"]').waitFor();
  }

  async type(pin: string): Promise<void> {
    await this.page.locator('input[type="password"]').fill(pin);
  }

  /** Enter confirms. */
  async confirm(): Promise<void> {
    await this.#last(this.page.locator('input[type="password"]').press('Enter'));
  }

  async cancel(): Promise<void> {
    await this.#last(this.page.keyboard.press('Escape'));
  }

  /** The window may be gone before the stroke that closes it is answered. */
  async #last(stroke: Promise<void>): Promise<void> {
    await stroke.catch((error: unknown) => {
      if (!this.page.isClosed()) throw error;
    });
  }
}
