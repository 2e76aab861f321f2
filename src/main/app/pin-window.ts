import path from 'node:path';
import { BrowserWindow, MessageChannelMain, session } from 'electron';
import type { PinPurpose } from '../../shared/contract/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import { hardenSession } from './hardening.ts';
import { portOf } from './hosts.ts';
import { log } from './log.ts';
import { PIN_BEGIN, PIN_HOST, PIN_URL } from './origins.ts';
import { backgroundColor, pagePreferences } from './windows.ts';

/** A field and what is to be known. Where a PIN is made, its rules and what changes need more room. */
const WIDTH = 420;
const HEIGHT = { stamp: 340, care: 500 };
/** In memory only: nothing of this window is ever written to disk. */
const PARTITION = 'pin';

interface Spare {
  window: BrowserWindow;
  loaded: Promise<void>;
}

/**
 * The window where a PIN is typed. Every PIN gets a window and a renderer process of its own, which end with the
 * call; one can be made ahead (hidden, empty) while a document is prepared.
 */
export class PinWindows {
  #out: string;
  #parent: () => BrowserWindow | undefined;
  #title: () => string;
  #spare: Spare | undefined;
  #hardened = false;

  constructor(options: { out: string; parent: () => BrowserWindow | undefined; title: () => string }) {
    this.#out = options.out;
    this.#parent = options.parent;
    this.#title = options.title;
  }

  /** Makes the next window ahead of its use. */
  prepare(): void {
    if (!this.#spare || this.#spare.window.isDestroyed()) this.#spare = this.#create();
  }

  /** Closes a window that was made ahead and isn't needed. */
  discard(): void {
    this.#spare?.window.destroy();
    this.#spare = undefined;
  }

  /**
   * Shows the window. `port` is the other end of its channel, for the token host. When the user closes the window the
   * channel closes, which the token host answers with token.pin-cancelled; `close` is for when the call has ended.
   */
  open(purpose: PinPurpose): { port: Port; close: () => void } {
    const spare = this.#spare?.window.isDestroyed() === false ? this.#spare : this.#create();
    this.#spare = undefined;
    const { window, loaded } = spare;
    const { port1, port2 } = new MessageChannelMain();
    // A window that goes away before its page has loaded takes the channel with it.
    const abandon = () => port1.close();
    window.once('closed', abandon);
    loaded.then(
      () => {
        if (window.isDestroyed()) return;
        window.off('closed', abandon);
        if (purpose.purpose !== 'stamp') {
          window.setContentSize(WIDTH, HEIGHT.care);
          this.#centre(window);
        }
        window.webContents.postMessage(PIN_BEGIN, purpose, [port1]);
        window.show();
        window.focus();
      },
      () => window.destroy(),
    );
    return {
      port: portOf(port2),
      close: () => {
        if (!window.isDestroyed()) window.destroy();
        const parent = this.#parent();
        if (parent && !parent.isDestroyed()) parent.focus();
      },
    };
  }

  /** In the middle of the main window, where the eye is. */
  #centre(window: BrowserWindow): void {
    const parent = this.#parent();
    if (!parent || parent.isDestroyed()) {
      window.center();
      return;
    }
    const around = parent.getBounds();
    const { width, height } = window.getBounds();
    window.setPosition(
      Math.round(around.x + (around.width - width) / 2),
      Math.max(around.y, Math.round(around.y + (around.height - height) / 2)),
    );
  }

  #create(): Spare {
    const own = session.fromPartition(PARTITION, { cache: false });
    if (!this.#hardened) hardenSession(own, PIN_HOST, path.join(this.#out, 'renderer'));
    this.#hardened = true;
    const parent = this.#parent();
    const window = new BrowserWindow({
      width: WIDTH,
      height: HEIGHT.stamp,
      useContentSize: true,
      // The page draws its own ink frame and title bar: no page of the main window can look like it.
      frame: false,
      show: false,
      ...(parent && { parent, modal: process.platform !== 'darwin' }),
      title: this.#title(),
      backgroundColor: backgroundColor(),
      resizable: false,
      minimizable: false,
      maximizable: false,
      fullscreenable: false,
      skipTaskbar: true,
      alwaysOnTop: true,
      autoHideMenuBar: true,
      webPreferences: {
        ...pagePreferences(path.join(this.#out, 'preload', 'pin.cjs')),
        session: own,
        devTools: false,
      },
    });
    window.setMenu(null);
    // Kept out of screenshots and shared screens, where the system can do that.
    window.setContentProtection(true);
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      if (reason !== 'clean-exit') log.warn('pin-window.gone', { reason });
      if (!window.isDestroyed()) window.destroy();
    });
    const loaded = window.loadURL(PIN_URL);
    loaded.catch(() => log.error('pin-window.not-loaded'));
    return { window, loaded };
  }
}
