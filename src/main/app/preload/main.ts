import { contextBridge, ipcRenderer, webUtils } from 'electron';
import type { MainWindowApi } from '../../../shared/contract/index.ts';
import { CALL, EVENT, INITIAL_SWITCH, TICKET } from '../origins.ts';
import { channelNames, eventNames } from './names.ts';

type Listener = (payload: unknown) => void;
const listeners = new Map<string, Set<Listener>>();

/** What came before the page listened: a file that was opened with the client must not get lost. */
const early = new Map<string, unknown[]>();
const EARLY_AT_MOST = 32;

ipcRenderer.on(EVENT, (_event, name: string, payload: unknown) => {
  const set = listeners.get(name);
  if (set) for (const listener of set) listener(payload);
  else early.set(name, [...(early.get(name) ?? []), payload].slice(-EARLY_AT_MOST));
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
    for (const payload of early.get(event) ?? []) listener(payload);
    early.delete(event);
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
