// Becomes resources/default_app.asar of an Electron that came without one: starts the app in the folder that the
// command line names, the way `electron <folder>` does.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { app } from 'electron';

const folder = path.resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-')) ?? '.');
const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });
// Electron's own, without a place in its published types.
const inner = /** @type {{ setVersion(version: string): void, setAppPath(folder: string): void }} */ (
  /** @type {unknown} */ (app)
);
app.setName(manifest.productName ?? manifest.name);
inner.setVersion(manifest.version ?? '0.0.0');
inner.setAppPath(folder);
// Awaited: Electron holds back "ready" until this module is done, so the app sees every event.
await import(pathToFileURL(path.join(folder, manifest.main ?? 'index.js')).href);
