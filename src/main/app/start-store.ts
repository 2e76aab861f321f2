import path from 'node:path';
import { app } from 'electron';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type OpenedStore, openStore, STORE_FILE, type Store } from '../store/index.ts';
import type { Notice } from './context.ts';
import { errorFields, log } from './log.ts';

/**
 * The addon that fits this runtime: better-sqlite3's own wants Node-API 10, which Electron has since version 36. For an
 * older one the set-up compiles one (native/better-sqlite3).
 */
export function nativeBinding(): string | undefined {
  if (Number(process.versions.napi) >= 10 || app.isPackaged) return undefined;
  return path.join(app.getAppPath(), '.cache', 'native', 'better_sqlite3-napi9.node');
}

/**
 * Opens the store in the data folder. Where that can't be done at all (no permission, full disk) the client works
 * with one in memory and says so: what is on the key and in documents is still there.
 */
export async function startStore(userData: string): Promise<{ store: Store; notices: Notice[] }> {
  const since = performance.now();
  const binding = nativeBinding();
  let opened: OpenedStore;
  const notices: Notice[] = [];
  try {
    opened = await openStore({ file: path.join(userData, STORE_FILE), nativeBinding: binding });
  } catch (error) {
    log.error('store.failed', { error: errorFields(error) });
    if (!(error instanceof YinkeyError)) throw error;
    notices.push({ code: error.code, details: error.details });
    opened = await openStore({ file: ':memory:', nativeBinding: binding });
  }
  if (opened.notice) {
    notices.push(opened.notice);
    log.error('store.aside', { code: opened.notice.code });
  }
  log.info('store.open', { millis: Math.round(performance.now() - since) });
  return { store: opened.store, notices };
}
