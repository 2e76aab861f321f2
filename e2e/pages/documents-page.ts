import type { ElectronApplication, Locator, Page } from 'playwright';

export interface Spot {
  left: number;
  top: number;
}

/** The documents screen of the main window: open, place, stamp, look at the result, verify. */
export class DocumentsPage {
  readonly page: Page;
  readonly start: Locator;
  readonly workbench: Locator;
  readonly sheet: Locator;
  readonly seal: Locator;
  readonly stampButton: Locator;
  readonly stamping: Locator;
  readonly done: Locator;
  readonly verdict: Locator;
  readonly band: Locator;

  constructor(page: Page) {
    this.page = page;
    this.start = page.getByTestId('documents-start');
    this.workbench = page.getByTestId('workbench');
    this.sheet = page.locator('.page-sheet');
    this.seal = page.getByTestId('seal');
    this.stampButton = page.getByTestId('stamp');
    this.stamping = page.getByTestId('stamping');
    this.done = page.getByTestId('done');
    this.verdict = page.getByTestId('verify-view');
    this.band = page.locator('.band-row .band');
  }

  /** By the keyboard, as LOOK says: Ctrl/Cmd+4. */
  async enter(): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+4');
    await this.start.waitFor();
  }

  async openRecent(name: string): Promise<void> {
    await this.page.getByTestId('recent').filter({ hasText: name }).first().getByRole('button').click();
  }

  /** Drops a file of the disk on one of the two ways in, as a file manager does. */
  async drop(app: ElectronApplication, file: string, way: 'stamp' | 'verify'): Promise<void> {
    const box = await boxOf(this.page.getByTestId(`way-${way}`));
    const session = await app.context().newCDPSession(this.page);
    const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const data = { items: [], files: [file], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, ...at, data });
    await session.detach();
  }

  /** The page in view is drawn. */
  async drawn(): Promise<void> {
    await this.sheet.locator('canvas').first().waitFor();
  }

  /** CSS pixels for a millimetre, from the sheet on the screen. */
  async scale(widthMm: number): Promise<number> {
    return (await boxOf(this.sheet)).width / widthMm;
  }

  /** The seal follows the mouse over the page until a click drops it with its centre there. */
  async placeByMouse(centre: Spot, widthMm: number): Promise<void> {
    const box = await boxOf(this.sheet);
    const scale = box.width / widthMm;
    const x = box.x + centre.left * scale;
    const y = box.y + centre.top * scale;
    await this.page.mouse.move(x - 60, y - 60);
    await this.page.mouse.move(x, y, { steps: 4 });
    await this.page.mouse.down();
    await this.page.mouse.up();
    await this.seal.waitFor();
  }

  /** Drags the seal so that its centre lies there. */
  async dragTo(centre: Spot, widthMm: number): Promise<void> {
    const seal = await boxOf(this.seal);
    const box = await boxOf(this.sheet);
    const scale = box.width / widthMm;
    await this.page.mouse.move(seal.x + seal.width / 2, seal.y + seal.height / 2);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + centre.left * scale, box.y + centre.top * scale, { steps: 8 });
    await this.page.mouse.up();
  }

  /** What the read-out at the foot says, in millimetres. */
  async readOut(): Promise<Spot & { width: number }> {
    const numbers = await this.page.locator('.read b').allInnerTexts();
    const [left, top, width] = numbers.map(Number);
    return { left: left ?? Number.NaN, top: top ?? Number.NaN, width: width ?? Number.NaN };
  }

  /** Waits until nothing stands in the way of stamping. */
  async readyToStamp(): Promise<void> {
    await this.page.locator('[data-testid="stamp"]:not([disabled])').waitFor();
  }

  /** States of the checks by name. */
  async checks(): Promise<Record<string, string>> {
    const lines = await this.page.locator('.checks [data-check]').all();
    const states: Record<string, string> = {};
    for (const line of lines)
      states[(await line.getAttribute('data-check')) ?? ''] = (await line.getAttribute('data-state')) ?? '';
    return states;
  }

  async pickSigner(part: string): Promise<void> {
    await this.page.getByTestId('signer-choice').click();
    await this.page.getByRole('option').filter({ hasText: part }).click();
  }

  /** An electronic seal of a plugged key. */
  async pickSeal(name: string): Promise<void> {
    await this.#pickMark('seal', name);
  }

  /** A signature picture, which is no seal. */
  async pickPicture(name: string): Promise<void> {
    await this.#pickMark('picture', name);
  }

  async #pickMark(kind: 'seal' | 'picture', name: string): Promise<void> {
    await this.page.getByTestId('seal-choice').click();
    await this.page.locator(`[role="option"][data-kind="${kind}"]`).filter({ hasText: name }).first().click();
    await this.page.locator(`[data-testid="mark-kind"][data-kind="${kind}"]`).waitFor();
  }

  async close(): Promise<void> {
    await this.page.getByTestId('close').click();
    await this.start.waitFor();
  }

  /** The verdict once it is there: valid, limited, invalid or unsigned. */
  async standing(): Promise<string> {
    await this.page.locator('[data-testid="verify-view"]:not([data-standing="pending"])').waitFor();
    return (await this.verdict.getAttribute('data-standing')) ?? '';
  }
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (!box) throw new Error('not on the screen');
  return box;
}
