import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { MainWindowApi } from '../../../shared/contract/index.ts';
import { CALL, EVENT, INITIAL_SWITCH, TICKET } from '../origins.ts';
import { channelNames, eventNames } from './names.ts';

type Listener = (payload: unknown) => void;
const listeners = new Map<string, Set<Listener>>();

ipcRenderer.on(EVENT, (_event, name: string, payload: unknown) => {
  for (const listener of listeners.get(name) ?? []) listener(payload);
});

const given = process.argv.find((argument) => argument.startsWith(INITIAL_SWITCH)) ?? INITIAL_SWITCH;

const api = {
  call: (channel: string, input: unknown) => {
    if (!Object.hasOwn(channelNames, channel)) {
      return Promise.resolve({ ok: false, error: { code: 'request.refused', details: {} } });
    }
    return ipcRenderer.invoke(CALL, channel, input);
  },
  on: (event: string, listener: Listener) => {
    if (!Object.hasOwn(eventNames, event)) throw new TypeError('no such event');
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set.add(listener));
    return () => {
      set.delete(listener);
    };
  },
  // The path goes to main, the page gets a word for it.
  ticketFor: (file: File) => {
    const ticket = crypto.randomUUID();
    ipcRenderer.send(TICKET, ticket, webUtils.getPathForFile(file));
    return ticket;
  },
  initial: JSON.parse(decodeURIComponent(given.slice(INITIAL_SWITCH.length))),
} as unknown as MainWindowApi;

contextBridge.exposeInMainWorld('yinkey', api);
