import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright';

/** What axe finds wrong with the window as it is now: one line for each rule, with the elements. Empty is good. */
export async function violations(page: Page): Promise<string[]> {
  // Electron opens no further pages, which axe would like for frames of other origins; there are none here.
  const { violations: found } = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
