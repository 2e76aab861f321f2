import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { EventPayload } from '../../shared/contract/index.ts';
import { createTexts, type Language } from '../../shared/i18n/index.ts';

type Command = EventPayload<'app.command'>;

/**
 * The menu. On macOS it is where people look first, and where copy and paste live; on Windows and Linux the window
 * has no menu bar, and its own keys do all of this.
 */
export function setMenu(language: Language, command: (command: Command) => void): void {
  if (process.platform !== 'darwin') {
    Menu.setApplicationMenu(null);
    return;
  }
  const t = createTexts(language).getFixedT(language, 'desktop');
  const item = (label: string, name: Command, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => command(name),
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: app.name,
        submenu: [
          { role: 'about' },
          { type: 'separator' },
          item(t('menu.settings'), 'settings', 'Command+,'),
          { type: 'separator' },
          { role: 'services' },
          { type: 'separator' },
          { role: 'hide' },
          { role: 'hideOthers' },
          { role: 'unhide' },
          { type: 'separator' },
          { role: 'quit' },
        ],
      },
      {
        label: t('menu.file'),
        submenu: [
          item(t('menu.open'), 'open', 'Command+O'),
          item(t('menu.place'), 'place', 'Command+P'),
          { type: 'separator' },
          { role: 'close' },
        ],
      },
      {
        label: t('menu.edit'),
        submenu: [
          { role: 'undo' },
          { role: 'redo' },
          { type: 'separator' },
          { role: 'cut' },
          { role: 'copy' },
          { role: 'paste' },
          { role: 'selectAll' },
        ],
      },
      {
        label: t('menu.view'),
        submenu: [
          item(t('menu.keys'), 'keys', 'Command+1'),
          item(t('menu.documents'), 'documents', 'Command+4'),
          { type: 'separator' },
          { role: 'togglefullscreen' },
        ],
      },
      { label: t('menu.window'), role: 'windowMenu' },
      { label: t('menu.help'), role: 'help', submenu: [item(t('menu.keyboard'), 'help')] },
    ]),
  );
}
