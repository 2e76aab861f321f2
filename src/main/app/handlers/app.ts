import path from 'node:path';
import { app, shell } from 'electron';
import type { MainWindowApi } from '../../../shared/contract/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';

/** What the window asks of the client itself. */
export function appHandlers(
  services: Services,
): Pick<HandlersOf<'app'>, 'app.info'> & HandlersOf<'settings' | 'practice'> {
  const { settings, notices, practice } = services;
  return {
    'app.info': () => ({
      version: app.getVersion(),
      platform: process.platform as MainWindowApi['initial']['platform'],
      practice: practice !== undefined,
      notices: [...notices],
    }),
    'settings.read': () => settings.read(),
    'settings.write': ({ language, theme }) =>
      settings.write({
        ...(language === undefined ? {} : { language }),
        ...(theme === undefined ? {} : { theme }),
      }),
    'practice.reveal': async () => {
      if (!practice) throw new YinkeyError('request.refused', {});
      const trouble = await shell.openPath(practice.dir);
      if (trouble) throw new YinkeyError('practice.missing', { folder: path.basename(practice.dir) });
    },
  };
}
