import path from 'node:path';
import { app } from 'electron';
import { YinkeyError } from '../../shared/errors/index.ts';
import { hostEnvironment } from '../../shared/hosts/index.ts';
import { AuditLog } from '../audit/index.ts';
import { authorityHttp, StatusService } from '../authority/index.ts';
import { shippedRoots, systemRoots, TrustList } from '../certificates/index.ts';
import { DocumentHost } from '../documents/index.ts';
import { dueReminders, Holdings } from '../holdings/index.ts';
import { TokenService } from '../pkcs11/index.ts';
import { Renewals } from '../renewal/index.ts';
import { carriedBy, SealApplications, Seals } from '../seals/index.ts';
import { answer, type Handlers } from './calls.ts';
import { comeToRest } from './closing.ts';
import type { Client, Frame, Notice, Services } from './context.ts';
import { OpenDocuments } from './documents.ts';
import { appHandlers } from './handlers/app.ts';
import { auditHandlers } from './handlers/audit.ts';
import { CaptureDesk } from './handlers/capture.ts';
import { CareDesk } from './handlers/care.ts';
import { askStatus, certificateHandlers } from './handlers/certificates.ts';
import { DocumentDesk } from './handlers/documents.ts';
import { environmentHandlers } from './handlers/environment.ts';
import { keyHandlers } from './handlers/keys.ts';
import { lossHandlers } from './handlers/loss.ts';
import { pictureHandlers } from './handlers/pictures.ts';
import { RenewalDesk } from './handlers/renewal.ts';
import { SealingDesk } from './handlers/sealing.ts';
import { sealHandlers } from './handlers/seals.ts';
import { hostSpawner } from './hosts.ts';
import { errorFields, log } from './log.ts';
import { seedDocuments, seedSeals } from './practice.ts';
import { Reminders } from './reminders.ts';
import { DueTray } from './tray.ts';
import { trustHandlers, usesSystemRoots } from './trust.ts';

/** Puts the use cases together. Host processes start with the first call that needs them. */
export function startServices(frame: Frame): Client {
  const { store, out, practice, notices, tell, userData } = frame;
  const environment = hostEnvironment({ ...process.env, ...practice?.env });
  const documentHost = () =>
    new DocumentHost({ spawn: hostSpawner({ out, script: 'document-host.js', environment }) });
  const reader = documentHost();
  const audit = new AuditLog(store.audit);
  if (practice) seedDocuments(practice, store);
  const tokens = new TokenService({
    spawn: hostSpawner({ out, script: 'token-host.js', environment }),
    env: process.env,
    ledger: store.modules,
    superseded: () => store.renewals.superseded(),
  });
  tokens.onChange((snapshot) => tell('keys.changed', snapshot));
  const notice = (found: Notice) => {
    const same = (each: Notice) => JSON.stringify(each) === JSON.stringify(found);
    if (!notices.some(same)) notices.push(found);
  };
  const trust = new TrustList({
    folder: path.join(userData, 'trust'),
    practice: practice?.trust,
    shipped: shippedRoots,
    system: async () => (usesSystemRoots(store) ? systemRoots() : []),
    unreadable: (name) => notice({ code: 'trust.unreadable', details: { name } }),
  });
  const http = authorityHttp();
  const status = new StatusService({ http, cache: store.status });
  const roots = () => trust.roots();
  const revocation = (sha256: string) => store.status.revocation(sha256);
  const picture = (png: Uint8Array) => reader.picture(new Uint8Array(png));
  const seals = new Seals({
    tokens,
    seals: store.seals,
    lists: store.sealStatus,
    audit,
    http,
    roots,
    seen: () => store.certificates.list(),
    revocation,
    picture,
    trouble: (error) => log.info('seals.look', { error: errorFields(error) }),
  });
  const renewals = new Renewals({
    tokens,
    http,
    journal: store.renewals,
    audit,
    roots,
    status: async (certificate, pool) =>
      (await status.check([certificate, ...pool], { roots: await roots() })).revocation,
    seals: carriedBy(seals, http),
  });
  const holdings = new Holdings({
    tokens,
    seen: store.certificates,
    audit,
    status,
    roots,
    renewals: {
      superseded: () => store.renewals.superseded(),
      open: () => renewals.list().filter(({ state }) => state !== 'done' && state !== 'ended'),
    },
  });
  const sealing = new SealApplications({
    tokens,
    http,
    journal: store.sealApplications,
    audit,
    seals,
    roots,
    revocation,
    picture,
  });
  const services: Services = {
    ...frame,
    audit,
    tokens,
    http,
    holdings,
    renewals,
    seals,
    sealing,
    trust,
    open: new OpenDocuments(),
    reader,
    writer: documentHost(),
    seeded: practice ? seedSeals(practice, store, (png) => reader.picture(png)) : Promise.resolve(),
    notice,
  };
  services.seeded.catch((error: unknown) => log.error('practice.seed', { error: errorFields(error) }));
  const auditChecked = checkAudit(audit, services);
  const desk = new DocumentDesk(services);
  const care = new CareDesk(services);
  const renewing = new RenewalDesk(services);
  const capturing = new CaptureDesk(services);
  const sealingDesk = new SealingDesk(services, capturing);
  seals.onChange((cards) => tell('seals.changed', cards));
  const show = () => {
    frame.show();
    tell('app.command', 'certificates');
  };
  const tray = new DueTray(show);
  const language = () => frame.settings.read().language;
  const reminders = new Reminders({ store, cards: () => holdings.cards(), language, show });
  tokens.onChange(({ loading }) => {
    if (loading) return;
    const cards = holdings.cards();
    tell('certificates.changed', cards);
    // Answers that still hold are not asked for again.
    void askStatus(services, null);
    reminders.look(cards);
    seals.look().catch((error: unknown) => log.error('seals.look', { error: errorFields(error) }));
    tray.update(dueReminders(cards, new Date()), language());
  });
  const handlers: Handlers = {
    ...appHandlers(services),
    ...environmentHandlers(services),
    ...keyHandlers(services),
    ...care.handlers(),
    ...desk.handlers(),
    ...pictureHandlers(services),
    ...sealHandlers(services),
    ...capturing.handlers(),
    ...sealingDesk.handlers(),
    ...lossHandlers(services, (act) => sealingDesk.during(act)),
    ...trustHandlers(services),
    ...certificateHandlers(services),
    ...renewing.handlers(),
    ...auditHandlers(services),
  };
  return {
    answer: (channel, input) => answer(handlers, channel, input),
    addTicket: (ticket, file) => frame.tickets.add(ticket, file),
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
    mayClose: () =>
      comeToRest({
        care: {
          cancel: () => {
            care.cancel();
            sealingDesk.cancel();
          },
          idle: async () => {
            await Promise.all([care.idle(), sealingDesk.idle()]);
          },
        },
        renewing,
        stamping: {
          get busy() {
            return desk.busy;
          },
          stop: async () => {
            desk.cancel();
            // Where the key is at work already, its host is ended; what was begun is taken back and written down.
            await Promise.allSettled([tokens.stop(), services.writer.stop()]);
          },
          idle: () => desk.idle(),
        },
        ask: (during) => frame.dialogs.waitOrStop(during),
      }),
    stop: async () => {
      reminders.stop();
      tray.remove();
      await auditChecked;
      await renewing.stop();
      await sealingDesk.stop();
      seals.close();
      http.close();
      await Promise.allSettled([
        tokens.stop(),
        reader.stop(),
        services.writer.stop(),
        services.open.closeAll(),
        capturing.stop(),
      ]);
      store.close();
      app.releaseSingleInstanceLock();
    },
  };
}

async function checkAudit(audit: AuditLog, services: Services): Promise<void> {
  try {
    const verdict = await audit.verifyGently();
    if (verdict.ok) return;
    log.error('audit.broken', { reason: verdict.reason });
    services.notice({
      code: 'audit.broken',
      details: { entry: verdict.firstBroken, reason: verdict.reason },
    });
  } catch (error) {
    log.error('audit.unread', { error: errorFields(error) });
  }
}
