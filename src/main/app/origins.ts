/** The scheme that serves the client's own pages; nothing else is ever loaded. */
export const SCHEME = 'yinkey';

/** Each window has an origin of its own, so that the PIN page shares nothing with the page that shows documents. */
export const MAIN_HOST = 'app';
export const PIN_HOST = 'pin';

export const MAIN_ORIGIN = `${SCHEME}://${MAIN_HOST}`;
/** What is printed: pages without script, in a window of their own that nobody sees. */
export const PRINT_HOST = 'print';

const PIN_ORIGIN = `${SCHEME}://${PIN_HOST}`;
export const MAIN_URL = `${MAIN_ORIGIN}/index.html`;
export const PRINT_ORIGIN = `${SCHEME}://${PRINT_HOST}`;
export const PIN_URL = `${PIN_ORIGIN}/pin/index.html`;

/** IPC names. There is one door for questions, one for dropped files, one for events and one for the PIN window. */
export const CALL = 'yinkey:call';
export const TICKET = 'yinkey:ticket';
export const EVENT = 'yinkey:event';
export const PIN_BEGIN = 'pin:begin';

/** How main hands the preload what the first paint needs: a command line switch of the window's process. */
export const INITIAL_SWITCH = '--yinkey-initial=';
