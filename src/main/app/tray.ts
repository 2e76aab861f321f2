import { Menu, nativeImage, Tray } from 'electron';
import { createTexts, type Language } from '../../shared/i18n/index.ts';
import type { Reminder } from '../holdings/index.ts';

/** A key's outline of 16 x 16, row by row; drawn here so that no picture has to be found at run time. */
const rows = [
  '................',
  '.....######.....',
  '....##....##....',
  '....#..##..#....',
  '....#..##..#....',
  '....##....##....',
  '.....######.....',
  '.......##.......',
  '.......##.......',
  '.......##.......',
  '.......####.....',
  '.......##.......',
  '.......####.....',
  '.......##.......',
  '.......##.......',
  '................',
];

/** The mark in the tray while some certificate is due; none otherwise, for a tray is full enough. */
export class DueTray {
  #tray: Tray | undefined;
  #show: () => void;

  constructor(show: () => void) {
    this.#show = show;
  }

  update(due: readonly Reminder[], language: Language): void {
    if (due.length === 0) {
      this.remove();
      return;
    }
    const t = createTexts(language).getFixedT(language, 'desktop');
    if (!this.#tray) {
      this.#tray = new Tray(picture());
      this.#tray.on('click', this.#show);
    }
    const line = ({ urgency, seal, holder }: Reminder) =>
      t(`reminder.${urgency}`, { what: (seal || holder).slice(0, 40) });
    this.#tray.setToolTip(due.slice(0, 3).map(line).join('\n'));
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        ...due.slice(0, 8).map((each) => ({ label: line(each), click: this.#show })),
        { type: 'separator' as const },
        { label: t('reminder.open'), click: this.#show },
      ]),
    );
  }

  remove(): void {
    this.#tray?.destroy();
    this.#tray = undefined;
  }
}

/** Amber, which is seen on light and dark panels; BGRA. */
function picture() {
  const bytes = Buffer.alloc(16 * 16 * 4);
  for (const [y, row] of rows.entries()) {
    for (const [x, mark] of [...row].entries()) {
      if (mark === '#') bytes.set([0x2b, 0x8a, 0xd9, 0xff], (y * 16 + x) * 4);
    }
  }
  return nativeImage.createFromBitmap(bytes, { width: 16, height: 16 });
}
