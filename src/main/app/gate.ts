import { type IpcMainEvent, type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import { type EventName, type EventPayload, events } from '../../shared/contract/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { answer, type Handlers, type Tickets } from './calls.ts';
import { log } from './log.ts';
import { CALL, EVENT, MAIN_ORIGIN, TICKET } from './origins.ts';

/** Who may call: the top frame of one window's contents, on our own origin. */
export interface Caller {
  contents(): WebContents | undefined;
}

type AnyEvent = Pick<IpcMainEvent | IpcMainInvokeEvent, 'sender' | 'senderFrame'>;

/** True for a message from the main window's own page; not from a frame in it, another window or a page gone by. */
export function isFromMainWindow(event: AnyEvent, caller: Caller): boolean {
  const contents = caller.contents();
  const frame = event.senderFrame;
  if (!contents || contents.isDestroyed() || event.sender !== contents || !frame) return false;
  return frame === contents.mainFrame && frame.parent === null && frame.origin === MAIN_ORIGIN;
}

/**
 * The one gate between the main window and everything with privileges. `handlers` may come later than the first
 * call: calls wait for it.
 */
export function openGate(caller: Caller, handlers: Promise<Handlers>, tickets: Tickets): void {
  ipcMain.handle(CALL, async (event, channel: unknown, input: unknown) => {
    if (!isFromMainWindow(event, caller)) {
      log.warn('call.stranger', { contents: event.sender.id });
      return { ok: false, error: toWireError(new YinkeyError('request.refused', {})) };
    }
    return answer(await handlers, channel, input);
  });
  ipcMain.on(TICKET, (event, ticket: unknown, path: unknown) => {
    if (isFromMainWindow(event, caller)) tickets.add(ticket, path);
    else log.warn('call.stranger', { contents: event.sender.id });
  });
}

/** Tells the main window something; nobody there: nobody told. */
export function tell<E extends EventName>(caller: Caller, event: E, payload: EventPayload<E>): void {
  const contents = caller.contents();
  if (!contents || contents.isDestroyed()) return;
  contents.send(EVENT, event, events[event].parse(payload));
}
