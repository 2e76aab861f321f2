import path from 'node:path';
import { type BrowserWindow, dialog, type FileFilter } from 'electron';
import { createTexts, type Language } from '../../shared/i18n/index.ts';

export type SaveKind = 'stamped' | 'receipt' | 'environment' | 'certificate' | 'audit' | 'seal';
export type OpenKind = 'document' | 'picture' | 'scan' | 'module' | 'certificate';

/** The system's own dialogs, in the user's language, in front of the main window. */
export class Dialogs {
  #window: () => BrowserWindow | undefined;
  #language: () => Language;

  constructor(window: () => BrowserWindow | undefined, language: () => Language) {
    this.#window = window;
    this.#language = language;
  }

  #texts() {
    const language = this.#language();
    return createTexts(language).getFixedT(language, 'desktop');
  }

  /** One existing file, or undefined when the user closed the dialog. */
  async open(kind: OpenKind): Promise<string | undefined> {
    const t = this.#texts();
    const all: FileFilter = { name: t('dialog.all'), extensions: ['*'] };
    const about = {
      document: { title: t('dialog.openDocument'), filter: { name: t('dialog.pdf'), extensions: ['pdf'] } },
      picture: { title: t('dialog.choosePicture'), filter: { name: t('dialog.png'), extensions: ['png'] } },
      scan: {
        title: t('dialog.chooseScan'),
        filter: {
          name: t('dialog.scan'),
          extensions: ['jpg', 'jpeg', 'png', 'tif', 'tiff', 'webp', 'pdf'],
        },
      },
      module: {
        title: t('dialog.chooseModule'),
        filter: { name: t('dialog.module'), extensions: ['dll', 'so', 'dylib'] },
      },
      certificate: {
        title: t('dialog.chooseCertificate'),
        filter: { name: t('dialog.certificate'), extensions: ['cer', 'crt', 'pem', 'der'] },
      },
    }[kind];
    const options = {
      title: about.title,
      properties: ['openFile' as const],
      filters: [about.filter, all],
    };
    const window = this.#window();
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options));
    return canceled ? undefined : filePaths[0];
  }

  /** Where to save a stamped document; the dialog itself asks before an existing file is taken over. */
  saveStamped(suggested: string): Promise<string | undefined> {
    return this.save('stamped', suggested);
  }

  /** Where to save something; the dialog itself asks before an existing file is taken over. */
  async save(kind: SaveKind, suggested: string): Promise<string | undefined> {
    const t = this.#texts();
    const { title, filter } = {
      stamped: { title: t('dialog.saveStamped'), filter: { name: t('dialog.pdf'), extensions: ['pdf'] } },
      receipt: { title: t('dialog.saveReceipt'), filter: { name: t('dialog.pdf'), extensions: ['pdf'] } },
      environment: {
        title: t('dialog.saveEnvironment'),
        filter: { name: t('dialog.json'), extensions: ['json'] },
      },
      certificate: {
        title: t('dialog.saveCertificate'),
        filter: { name: t('dialog.certificate'), extensions: [path.extname(suggested).slice(1) || 'pem'] },
      },
      seal: { title: t('dialog.saveSeal'), filter: { name: t('dialog.esl'), extensions: ['esl'] } },
      audit: {
        title: t('dialog.saveAudit'),
        filter: { name: t('dialog.audit'), extensions: [path.extname(suggested).slice(1) || 'pdf'] },
      },
    }[kind];
    const options = {
      title,
      defaultPath: suggested,
      filters: [filter],
      properties: ['createDirectory' as const, 'showOverwriteConfirmation' as const],
    };
    const window = this.#window();
    const { canceled, filePath } = await (window
      ? dialog.showSaveDialog(window, options)
      : dialog.showSaveDialog(options));
    if (canceled || !filePath) return undefined;
    const extension = `.${filter.extensions[0]}`;
    return path.extname(filePath).toLowerCase() === extension ? filePath : `${filePath}${extension}`;
  }

  /** The user wants to close the window while a document is being stamped, or a certificate renewed. */
  async waitOrStop(during: 'stamp' | 'renewal'): Promise<'wait' | 'stop'> {
    const t = this.#texts();
    const of = during === 'stamp' ? 'closing' : 'closing.renewal';
    const options = {
      type: 'question' as const,
      message: t(`${of}.message`),
      detail: t(`${of}.detail`),
      buttons: [t('closing.wait'), t(`${of}.stop`)],
      defaultId: 0,
      cancelId: 0,
      noLink: true,
    };
    const window = this.#window();
    const { response } = await (window
      ? dialog.showMessageBox(window, options)
      : dialog.showMessageBox(options));
    return response === 1 ? 'stop' : 'wait';
  }
}
