import type { Locator, Page } from 'playwright';

type Act = 'token.unlock' | 'so-pin.change' | 'token.initialise';
type Field = 'reason' | 'reference' | 'staff' | 'label' | 'serial';

/** The support screen: choose a key, choose an act, fill in the case, hand over, receipt. */
export class CounterPage {
  readonly page: Page;
  readonly startButton: Locator;
  readonly done: Locator;
  readonly blank: Locator;
  readonly computer: Locator;
  readonly tryPin: Locator;

  constructor(page: Page) {
    this.page = page;
    this.startButton = page.getByTestId('counter-start');
    this.done = page.getByTestId('counter-done');
    this.blank = page.getByTestId('case-blank').first();
    this.tryPin = page.getByTestId('trial-go');
    this.computer = page.getByTestId('case-computer');
  }

  /** The step on which one stands, if it is called so. */
  step(name: string): Locator {
    return this.page.locator('.steps [aria-current="step"]', { hasText: name });
  }

  act(act: Act): Locator {
    return this.page.getByTestId(`act-${act}`);
  }

  async offers(act: Act): Promise<void> {
    await this.act(act).waitFor();
  }

  async begin(act: Act): Promise<void> {
    await this.act(act).getByRole('button').click();
  }

  async fill(fields: Partial<Record<Field, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) {
      await this.page.locator(`.case-field input[name="${name}"]`).fill(value);
    }
  }

  /** From the form on; stays there while something is missing. */
  async next(): Promise<void> {
    await this.page.locator('form.hand button[type="submit"]').click();
  }

  /** Names of the fields that are marked as not right. */
  async invalid(): Promise<string[]> {
    return this.page
      .locator('.case-field input[aria-invalid="true"]')
      .evaluateAll((fields) => fields.map((field) => field.getAttribute('name') ?? ''));
  }

  async saveReceipt(): Promise<void> {
    await this.done.locator('.receipt-save button').click();
  }

  /** Saves the log of acts from the screen of the environment check. */
  async saveLog(format: 'pdf' | 'jsonl'): Promise<void> {
    await this.page
      .getByTestId('audit')
      .getByRole('button', { name: format === 'pdf' ? '(PDF)' : '(JSON)' })
      .click();
  }

  async finish(): Promise<void> {
    await this.done.locator('.btn-main').click();
  }
}
