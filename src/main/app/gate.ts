import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import { log } from './log.ts';
import { CALL, MAIN_ORIGIN, TICKET } from './origins.ts';

/** Who may call: the top frame of one window's contents, on our own origin. */
export interface Caller {
  contents(): WebContents | undefined;
}

/** What stands behind the gate. */
export interface Answering {
  /** Never throws: failures are answers too. */
  answer(channel: unknown, input: unknown): Promise<unknown>;
  addTicket(ticket: unknown, path: unknown): void;
}

type AnyEvent = Pick<IpcMainEvent | IpcMainInvokeEvent, 'sender' | 'senderFrame'>;

/** True for a message from the main window's own page; not from a frame in it, another window or a page gone by. */
function isFromMainWindow(event: AnyEvent, caller: Caller): boolean {
  const contents = caller.contents();
  const frame = event.senderFrame;
  if (!contents || contents.isDestroyed() || event.sender !== contents || !frame) return false;
  return frame === contents.mainFrame && frame.parent === null && frame.origin === MAIN_ORIGIN;
}

/**
 * The one gate between the main window and everything with privileges. What answers may come later than the first
 * call: calls wait for it.
 */
export function openGate(caller: Caller, answering: Promise<Answering>): void {
  ipcMain.handle(CALL, async (event, channel: unknown, input: unknown) => {
    if (!isFromMainWindow(event, caller)) {
      log.warn('call.stranger', { contents: event.sender.id });
      return { ok: false, error: { code: 'request.refused', details: {} } };
    }
    return (await answering).answer(channel, input);
  });
  ipcMain.on(TICKET, (event, ticket: unknown, path: unknown) => {
    if (!isFromMainWindow(event, caller)) {
      log.warn('call.stranger', { contents: event.sender.id });
      return;
    }
    // A ticket that nothing answers for is worth nothing; the start's failure is told elsewhere.
    answering.then(
      (behind) => behind.addTicket(ticket, path),
      () => {},
    );
  });
}
