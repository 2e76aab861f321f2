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
    await this.page.locator('#field').fill(pin);
  }

  /** The field for this very PIN is open. */
  async asksFor(field: 'pin' | 'so-pin' | 'new-pin' | 'new-so-pin'): Promise<void> {
    await this.page.locator(`html[data-step="ask"][data-field="${field}"] #field`).waitFor();
  }

  /** A new PIN, twice, key by key as a person types it; the second one confirms. */
  async makeNew(pin: string): Promise<void> {
    await this.page.locator('#field').pressSequentially(pin);
    await this.page.locator('#field').press('Enter');
    await this.page.locator('#repeat').pressSequentially(pin);
    await this.#last(this.page.locator('#repeat').press('Enter'));
  }

  /** The words of a failure, on their own page. */
  async told(): Promise<string> {
    return this.page.locator('html[data-step="failed"] .tell').innerText();
  }

  async close(): Promise<void> {
    await this.#last(this.page.locator('.btn-main').click());
  }

  /** Whether something stands outside the window or under something else: it is small, and texts are long. */
  async isCut(): Promise<boolean> {
    return this.page.evaluate(() => {
      const form = document.querySelector('.form')!;
      const acts = form.querySelector('.acts')!.getBoundingClientRect();
      const above = [...form.querySelectorAll('p, li, h1, h2, label, input')]
        .filter((one) => !one.closest('.acts') && !one.classList.contains('out-of-sight'))
        .map((one) => one.getBoundingClientRect().bottom);
      return acts.bottom > innerHeight || Math.max(...above) > acts.top;
    });
  }

  /** The holder takes the keyboard over. */
  async takeOver(): Promise<void> {
    await this.page.locator('html[data-step="hand-over"] .btn-main').click();
  }

  /** Enter confirms. */
  async confirm(): Promise<void> {
    await this.#last(this.page.locator('#field').press('Enter'));
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
