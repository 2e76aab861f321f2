import { contextBridge, ipcRenderer } from 'electron';
import type { PinPurpose, PinReply, PinRequest } from '../../../shared/contract/index.ts';
import { PIN_BEGIN } from '../origins.ts';

// This window's only door is the port to one token host. Nothing here sends to main: what is typed can't go there.

let port: MessagePort | undefined;
let purpose: PinPurpose | undefined;
let onPurpose: ((purpose: PinPurpose) => void) | undefined;
let onReply: ((reply: PinReply) => void) | undefined;
let early: PinReply[] = [];
let onEnd: (() => void) | undefined;
let ended = false;

ipcRenderer.once(PIN_BEGIN, (event, told: PinPurpose) => {
  port = event.ports[0];
  if (!port) return;
  port.onmessage = ({ data }: MessageEvent<PinReply>) => {
    if (onReply) onReply(data);
    else early.push(data);
  };
  // The token host has closed its end, or is gone; what it said before has been heard.
  port.addEventListener('close', () => {
    ended = true;
    onEnd?.();
  });
  port.start();
  purpose = told;
  onPurpose?.(told);
});

contextBridge.exposeInMainWorld('yinkeyPin', {
  /** Who asks for what; told once, also when the page is ready later than main. */
  start: (listener: (purpose: PinPurpose) => void) => {
    onPurpose = listener;
    if (purpose) listener(purpose);
  },
  send: (request: PinRequest) => port?.postMessage(request),
  onReply: (listener: (reply: PinReply) => void) => {
    onReply = listener;
    const waiting = early;
    early = [];
    for (const reply of waiting) listener(reply);
  },
  /** The token host has nothing more to say. */
  onEnd: (listener: () => void) => {
    onEnd = listener;
    if (ended) listener();
  },
  /** Ends the conversation, and with it the window. */
  close: () => {
    port?.close();
    window.close();
  },
});
