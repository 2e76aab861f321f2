import type { Locator, Page } from 'playwright';

const places = ['keys', 'certificates', 'seals', 'documents', 'services', 'support'] as const;
export type PlaceName = (typeof places)[number] | 'settings';

/** The main window's frame, and its keys screen. */
export class WindowPage {
  readonly page: Page;
  /** Key cards, in the order of the list. */
  readonly keys: Locator;
  /** Certificates in the key cards that can be seen. */
  readonly certificates: Locator;
  /** The key chip at the top right. */
  readonly chip: Locator;
  readonly title: Locator;
  readonly panel: Locator;
  readonly emptyKeys: Locator;
  readonly drivers: Locator;
  readonly dialog: Locator;

  constructor(page: Page) {
    this.page = page;
    this.keys = page.getByTestId('key');
    this.certificates = page.getByTestId('certificate').locator('visible=true');
    this.chip = page.locator('.chip');
    this.title = page.locator('.top h1');
    this.panel = page.locator('.panel:visible');
    this.emptyKeys = page.getByTestId('no-key');
    this.drivers = page.getByTestId('driver');
    this.dialog = page.getByRole('dialog');
  }

  /** The window can be used. */
  async ready(): Promise<void> {
    await this.page.locator('html[data-usable="true"]').waitFor();
  }

  /** By the keyboard: Ctrl/Cmd+1..6, and Ctrl/Cmd+, for the settings. */
  async go(place: PlaceName): Promise<void> {
    const stroke = place === 'settings' ? ',' : String(places.indexOf(place) + 1);
    await this.page.keyboard.press(`ControlOrMeta+${stroke}`);
    await this.page.locator(`.rail button[data-place="${place}"][aria-current="page"]`).waitFor();
    await this.page.locator('main[data-pane="stage"]:visible').waitFor();
    await this.title.waitFor();
  }

  async switchLanguage(): Promise<void> {
    const before = await this.page.locator('html').getAttribute('lang');
    await this.page.getByTestId('language').click();
    await this.page.locator(`html:not([lang="${before}"])`).waitFor();
  }

  /** Panes with something in them that sticks out to the side; there should be none. */
  async tooWide(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.stage, .panel, .certs, .seal-nav')]
        .filter((pane) => pane.scrollWidth > pane.clientWidth + 1)
        .map((pane) => `too wide: ${pane.className}`),
    );
  }

  /** Whether anything but the stage and the panel could scroll: the frame must not. */
  async frameScrolls(): Promise<boolean> {
    return this.page.evaluate(
      () =>
        document.documentElement.scrollHeight > innerHeight ||
        document.documentElement.scrollWidth > innerWidth,
    );
  }
}
