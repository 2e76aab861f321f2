// What launch.ts starts in the client's place: the client itself, held back before its first window until Playwright
// is attached. One that attaches while the first page is being gone to may miss that the page came, and then waits for
// it without end, before a window that stands there finished.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const ready = app.whenReady();
const attached = new Promise((resolve) => Object.assign(globalThis, { yinkeyBegin: resolve }));
app.whenReady = () => attached.then(() => ready);

// From here on as when the client's own folder is started.
const folder = process.env.YINKEY_APP ?? path.resolve(import.meta.dirname, '../..');
const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
app.setName(manifest.productName ?? manifest.name);
// What Electron's own start of an app calls; its types don't have them.
const identity = /** @type {{ setVersion(version: string): void, setAppPath(folder: string): void }} */ (
  /** @type {unknown} */ (app)
);
identity.setVersion(manifest.version);
identity.setAppPath(folder);
await import(pathToFileURL(path.join(folder, manifest.main)).href);
