import { app } from 'electron';
import type { EventName, EventPayload } from '../../shared/contract/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { hostEnvironment } from '../../shared/hosts/index.ts';
import { AuditLog } from '../audit/index.ts';
import { DocumentHost } from '../documents/index.ts';
import type { Store } from '../store/index.ts';
import type { Handlers, Tickets } from './calls.ts';
import type { Dialogs } from './dialogs.ts';
import { OpenDocuments } from './documents.ts';
import { appHandlers } from './handlers/app.ts';
import { DocumentDesk } from './handlers/documents.ts';
import { keyHandlers } from './handlers/keys.ts';
import { sealHandlers } from './handlers/seals.ts';
import { hostSpawner } from './hosts.ts';
import { errorFields, log } from './log.ts';
import type { PinWindows } from './pin-window.ts';
import { type Practice, seedDocuments, seedSeals } from './practice.ts';
import type { SettingsService } from './settings.ts';
import type { Notice } from './start-store.ts';
import { TokenService } from './tokens.ts';

/** What was there before: made with the window. */
export interface Frame {
  store: Store;
  settings: SettingsService;
  notices: Notice[];
  practice: Practice | undefined;
  userData: string;
  /** The folder `out` of the app. */
  out: string;
  pins: PinWindows;
  tickets: Tickets;
  dialogs: Dialogs;
  tell<E extends EventName>(event: E, payload: EventPayload<E>): void;
}

/** Everything that handlers work with. */
export interface Services extends Frame {
  audit: AuditLog;
  tokens: TokenService;
  open: OpenDocuments;
  /** Reads and verifies. Apart from the writer, so that a file that ends it ends no stamp in progress. */
  reader: DocumentHost;
  /** Stamps. */
  writer: DocumentHost;
  /** Settles when the practice world's pictures are in the store; at once without one. */
  seeded: Promise<void>;
  notice(notice: Notice): void;
}

/** The client at work, as the life cycle sees it. */
export interface Client {
  handlers: Handlers;
  /** Opens documents that the system hands over, and tells the window. */
  openFiles(files: readonly string[]): Promise<void>;
  /** Asks the user when a stamp is in progress. */
  mayClose(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Puts the use cases together. Host processes start with the first call that needs them. */
export function startServices(frame: Frame): Client {
  const { store, out, practice, notices, tell } = frame;
  const environment = hostEnvironment({ ...process.env, ...practice?.env });
  const documentHost = () =>
    new DocumentHost({ spawn: hostSpawner({ out, script: 'document-host.js', environment }) });
  const reader = documentHost();
  const audit = new AuditLog(store.audit);
  if (practice) seedDocuments(practice, store);
  const tokens = new TokenService({
    spawn: hostSpawner({ out, script: 'token-host.js', environment }),
    ledger: store.modules,
  });
  tokens.onChange((snapshot) => tell('keys.changed', snapshot));
  const services: Services = {
    ...frame,
    audit,
    tokens,
    open: new OpenDocuments(),
    reader,
    writer: documentHost(),
    seeded: practice ? seedSeals(practice, store, (png) => reader.picture(png)) : Promise.resolve(),
    notice: (notice) => {
      const same = (each: Notice) => JSON.stringify(each) === JSON.stringify(notice);
      if (!notices.some(same)) notices.push(notice);
    },
  };
  services.seeded.catch((error: unknown) => log.error('practice.seed', { error: errorFields(error) }));
  const verdict = audit.verify();
  if (!verdict.ok) {
    log.error('audit.broken', { details: verdict.reason });
    services.notice({ code: 'audit.broken', details: { entry: verdict.firstBroken } });
  }
  const desk = new DocumentDesk(services);
  const handlers: Handlers = {
    ...appHandlers(services),
    ...keyHandlers(services),
    ...desk.handlers(),
    ...sealHandlers(services),
  };
  return {
    handlers,
    openFiles: async (files) => {
      for (const file of files) {
        try {
          tell('documents.opened', await desk.open(file));
        } catch (error) {
          if (!(error instanceof YinkeyError)) throw error;
          log.info('open.refused', { code: error.code });
          services.notice({ code: error.code, details: error.details });
        }
      }
    },
    mayClose: async () => {
      if (!desk.busy) return true;
      if ((await frame.dialogs.waitOrStop()) === 'stop') {
        desk.cancel();
        return true;
      }
      await desk.idle();
      return true;
    },
    stop: async () => {
      await Promise.allSettled([
        tokens.stop(),
        reader.stop(),
        services.writer.stop(),
        services.open.closeAll(),
      ]);
      app.releaseSingleInstanceLock();
    },
  };
}
