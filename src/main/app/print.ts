import { randomUUID } from 'node:crypto';
import { BrowserWindow, session } from 'electron';
import { denyOthers } from './hardening.ts';
import { PRINT_HOST, PRINT_ORIGIN, SCHEME } from './origins.ts';
import { CONTENT_SECURITY_POLICY } from './pages.ts';

/**
 * A page of ours as a PDF. It is served to a hidden window that runs no script and can reach nothing; `html` must
 * have everything but the style sheet in it, with what people typed escaped.
 */
export async function printPdf(html: string, css: string): Promise<Uint8Array> {
  const own = session.fromPartition(`print-${randomUUID()}`, { cache: false });
  denyOthers(own, PRINT_HOST);
  const served: Record<string, { type: string; text: string }> = {
    '/page.html': { type: 'text/html; charset=utf-8', text: html },
    '/page.css': { type: 'text/css; charset=utf-8', text: css },
  };
  own.protocol.handle(SCHEME, ({ url }) => {
    const found = url.startsWith(`${PRINT_ORIGIN}/`) ? served[new URL(url).pathname] : undefined;
    if (!found) return new Response(null, { status: 404 });
    return new Response(found.text, {
      headers: { 'Content-Type': found.type, 'Content-Security-Policy': CONTENT_SECURITY_POLICY },
    });
  });
  const window = new BrowserWindow({
    show: false,
    webPreferences: {
      session: own,
      sandbox: true,
      contextIsolation: true,
      javascript: false,
      devTools: false,
    },
  });
  try {
    await window.loadURL(`${PRINT_ORIGIN}/page.html`);
    return await window.webContents.printToPDF({
      pageSize: 'A4',
      printBackground: true,
      preferCSSPageSize: true,
    });
  } finally {
    window.destroy();
    own.protocol.unhandle(SCHEME);
  }
}
