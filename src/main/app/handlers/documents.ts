import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { shell } from 'electron';
import type {
  CertificateInfo,
  DocumentInfo,
  KeyInfo,
  Mark,
  StampRequest,
  StampResult,
} from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CheckInput,
  certificateObstacle,
  checkStamp,
  type StampSeal,
  stampDocument,
  withRevocations,
} from '../../documents/index.ts';
import { sealsOnKey } from '../../seals/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { folderForPeople, type OpenDocument, stampedName } from '../documents.ts';
import { errorFields, log } from '../log.ts';
import { PinTalk } from '../pin-talk.ts';

/** Documents: opened by dialog, drop or from the list; previewed by ranges; checked, stamped, verified. */
export class DocumentDesk {
  #services: Services;
  /** What the host found in each open document. */
  #infos = new Map<string, DocumentInfo>();
  #stamping: { cancelled: boolean; cancel: () => void; ended: Promise<void> } | undefined;

  constructor(services: Services) {
    this.#services = services;
  }

  /** True while a document is being stamped: the window should not close then. */
  get busy(): boolean {
    return this.#stamping !== undefined;
  }

  /** Settles when no stamp is in progress (any more), however it ended. */
  async idle(): Promise<void> {
    await this.#stamping?.ended;
  }

  /** Opens a file, reads it in the document host, and puts it on top of the list. */
  async open(file: string): Promise<DocumentInfo> {
    const document = await this.#services.open.open(file);
    return this.#inspect(document);
  }

  /** The open document of that handle, or the one of the list opened anew. */
  async openById(id: string): Promise<DocumentInfo> {
    const info = this.#infos.get(id);
    if (info) {
      this.#services.open.get(id);
      return info;
    }
    const recent = this.#services.store.recent.get(id);
    if (recent) return this.open(recent.path);
    return this.#inspect(this.#services.open.get(id));
  }

  async #inspect(document: OpenDocument): Promise<DocumentInfo> {
    const { open, reader, store } = this.#services;
    const name = path.basename(document.path);
    try {
      const { password } = document;
      const inspection = await reader.inspect({ input: document.path, password });
      document.sha256 = inspection.sha256;
      store.recent.put({ path: document.path, name, openedAt: new Date(), stamped: false });
      const info = { id: document.id, name, folder: folderForPeople(document.path), ...inspection };
      this.#infos.set(document.id, info);
      return info;
    } catch (error) {
      if (error instanceof YinkeyError && error.code.startsWith('document.password-')) {
        // It stays open: the window asks for the password and comes back with this handle.
        document.password = undefined;
        throw new YinkeyError(error.code, { ...error.details, name, id: document.id }, { cause: error });
      }
      await open.close(document.id);
      if (error instanceof YinkeyError) {
        throw new YinkeyError(error.code, { name, ...error.details }, { cause: error });
      }
      throw error;
    }
  }

  async unlock(id: string, password: string): Promise<DocumentInfo> {
    const document = this.#services.open.get(id);
    document.password = password;
    return this.#inspect(document);
  }

  async close(id: string): Promise<undefined> {
    this.#infos.delete(id);
    await this.#services.open.close(id);
  }

  /** Ends the stamp in progress where that is still possible; the key's own work is never interrupted. */
  cancel(): undefined {
    this.#stamping?.cancel();
  }

  async stamp(request: StampRequest & { target: 'beside' | 'ask' | 'replace' }): Promise<StampResult | null> {
    if (this.#stamping) throw new YinkeyError('request.refused', {});
    const { writer, pins } = this.#services;
    let step = 'preparing';
    const talk = new PinTalk(pins);
    let end = () => {};
    const run = {
      ended: new Promise<void>((resolve) => {
        end = resolve;
      }),
      cancelled: false,
      cancel: () => {
        if (step !== 'preparing' && step !== 'pin') return;
        run.cancelled = true;
        talk.cancel();
        if (step === 'preparing') void writer.stop().catch(reportLater);
      },
    };
    this.#stamping = run;
    try {
      const { document, job } = await this.#jobFor(request);
      if (!job) return null;
      if (run.cancelled) throw new YinkeyError('document.cancelled', {});
      pins.prepare();
      const { settings, tokens, audit, store, open, tell } = this.#services;
      const shown = job.seal?.name ?? pictureOf(this.#services, request.mark)?.name ?? '';
      const stamped = await stampDocument(
        job,
        {
          documents: writer,
          sign: async (token, sign, options) => {
            const answer = await tokens.sign(token, sign, options);
            const { module, serial, label } = token;
            if (answer.defaultPin)
              tell('keys.noticed', { token: { module, serial, label }, notice: 'default-pin' });
            return answer;
          },
          sealsOnKey: async (token) => sealsOnKey(await tokens.data(token)),
          audit,
        },
        {
          pinPort: () => {
            return talk.open({
              purpose: 'stamp',
              document: path.basename(document.path),
              seal: shown,
              picture: !job.seal,
              tokenLabel: job.key.label,
              tokenSerial: job.key.serial,
              holder: job.certificate.holder,
              unit: job.certificate.unit,
              ...settings.read(),
            });
          },
          onProgress: (now, share) => {
            step = now;
            this.#services.tell('documents.progress', { step: now, share });
          },
        },
      );
      // The original stays open for the window that shows it, also when its path now holds the stamped one.
      const output = await open.open(job.output);
      output.sha256 = stamped.sha256;
      output.password = job.password;
      if (job.seal) store.certificates.noteSeal(job.certificate.sha256, shown);
      const name = path.basename(job.output);
      store.recent.put({ path: job.output, name, openedAt: new Date(), stamped: true });
      return {
        document: output.id,
        name,
        folder: folderForPeople(job.output),
        sha256: stamped.sha256,
        field: stamped.field,
        pages: stamped.pages,
        level: 'B-B',
        bytesAppended: stamped.bytesAppended,
        millis: { total: stamped.millis.total, token: stamped.millis.token },
      };
    } catch (error) {
      if (run.cancelled) throw new YinkeyError('document.cancelled', {}, { cause: error });
      talk.failed(error);
      throw error;
    } finally {
      talk.end();
      pins.discard();
      this.#stamping = undefined;
      end();
      // The seal was used once more, or its maker has said that it must not be.
      if (request.mark.kind === 'seal') this.#services.seals.look().catch(reportLater);
    }
  }

  /** Everything a stamp needs, checked; without a job when the user closed the save dialog. */
  async #jobFor(request: StampRequest & { target: 'beside' | 'ask' | 'replace' }) {
    const { open, store, tokens, settings, dialogs } = this.#services;
    const document = open.get(request.document);
    if (request.sha256 !== document.sha256 || document.sha256 === '') {
      throw new YinkeyError('document.changed', { name: path.basename(document.path) });
    }
    const { key, certificate } = this.#chosen(request);
    if (!key) throw new YinkeyError('token.not-found', { serial: request.token.serial });
    if (!certificate) throw new YinkeyError('certificate.not-found', {});
    const obstacle = certificateObstacle(certificate, store.status.revocation(certificate.sha256));
    if (obstacle) throw obstacle;
    const { picture, seal } = await this.#markFor(request.mark, key, certificate);
    const beside = stampedName(document.path, settings.read().language, existsSync);
    let output = request.target === 'replace' ? document.path : beside;
    if (request.target === 'ask') {
      const chosen = await dialogs.saveStamped(beside);
      if (chosen === undefined) return { document, job: undefined };
      output = chosen;
    }
    const job = {
      input: document.path,
      output,
      // 'ask': the system's dialog has asked before it gave us a name that exists.
      replace: request.target !== 'beside',
      expectedSha256: document.sha256,
      password: document.password,
      key,
      certificate,
      chain: tokens.chain(request.token, certificate.id),
      beside: await this.#services.trust.roots(),
      picture,
      seal,
      placement: request.placement,
      now: new Date(),
    };
    return { document, job };
  }

  /** What is drawn, and with a seal everything that its use is judged by. The certificate has to be the seal's own. */
  async #markFor(
    mark: Mark,
    { module, serial, label }: KeyInfo,
    certificate: CertificateInfo,
  ): Promise<{ picture: Uint8Array; seal?: StampSeal }> {
    const { store, seals, tokens, trust } = this.#services;
    if (mark.kind === 'picture') return { picture: store.pictures.bytes(mark.id) };
    const token = { module, serial, label };
    const { bytes, id, name, picture, statusList, certificateSha256 } = await seals.forStamp(mark.id, token);
    if (certificateSha256 !== certificate.sha256) throw new YinkeyError('seal.not-listed', { id, name });
    const [, ...pool] = tokens.chain(token, certificate.id);
    const roots = (await trust.roots()).map(({ der }) => der);
    return { picture, seal: { bytes, id, name, statusList, roots, pool, revoked: store.status.revoked() } };
  }

  #chosen(request: { token?: StampRequest['token'] | undefined; certificate?: string | undefined }) {
    const { token } = request;
    const key = this.#services.tokens
      .snapshot()
      .keys.find(
        (each) =>
          token !== undefined &&
          each.module === token.module &&
          each.serial === token.serial &&
          each.label === token.label,
      );
    return { key, certificate: key?.certificates.find((each) => each.id === request.certificate) };
  }

  #markToCheck(mark: Mark): CheckInput['mark'] {
    if (mark.kind === 'picture') return pictureOf(this.#services, mark) && { kind: 'picture' };
    const card = this.#services.seals.cards().find(({ id }) => id === mark.id);
    return card && { kind: 'seal', card };
  }

  /** Only of documents that were opened or made here. */
  #pathOf(id: string): string {
    return this.#services.store.recent.get(id)?.path ?? this.#services.open.get(id).path;
  }

  handlers(): HandlersOf<'documents'> {
    const { open, store, dialogs, reader, tickets, trust } = this.#services;
    return {
      'documents.choose': async () => {
        const file = await dialogs.open('document');
        return file === undefined ? null : this.open(file);
      },
      'documents.dropped': ({ ticket }) => this.open(tickets.take(ticket)),
      'documents.open': ({ id }) => this.openById(id),
      'documents.unlock': ({ id, password }) => this.unlock(id, password),
      'documents.close': ({ id }) => this.close(id),
      'documents.recent': () =>
        Promise.all(
          store.recent.list().map(async ({ id, path: file, name, openedAt, stamped }) => ({
            id,
            name,
            folder: folderForPeople(file),
            openedAt,
            stamped,
            // Asked without waiting in main: a network drive may take its time.
            present: await access(file).then(
              () => true,
              () => false,
            ),
          })),
        ),
      'documents.bytes': ({ id, offset, length }) => open.read(id, offset, length),
      'documents.check': async (request) => {
        const document = await this.openById(request.document);
        const mark = request.mark && this.#markToCheck(request.mark);
        const chosen = this.#chosen(request);
        const { certificate } = chosen;
        const revocation = certificate && store.status.revocation(certificate.sha256);
        return checkStamp({ document, ...chosen, revocation, mark, placement: request.placement });
      },
      'documents.stamp': (request) => this.stamp(request),
      'documents.cancel': () => this.cancel(),
      'documents.verify': async ({ id }) => {
        const info = await this.openById(id);
        const document = open.get(info.id);
        const roots = await trust.roots();
        const verification = await reader.verify({
          input: document.path,
          password: document.password,
          roots: roots.map(({ der }) => der),
          revoked: store.status.revoked(),
          statusLists: store.sealStatus.all(),
          now: new Date().toISOString(),
        });
        if (verification.file.sha256 !== document.sha256) {
          throw new YinkeyError('document.changed', { name: info.name });
        }
        // Nobody is asked here: what was heard of a certificate before is enough to speak against a seal.
        const judged = withRevocations(verification, (sha256) => store.status.revocation(sha256));
        return { ...judged, file: { ...judged.file, name: info.name } };
      },
      'documents.reveal': ({ id }) => shell.showItemInFolder(this.#pathOf(id)) as undefined,
      'documents.external': async ({ id }) => {
        const file = this.#pathOf(id);
        // What is opened by another program is a document, never something that could run.
        if (path.extname(file).toLowerCase() !== '.pdf') throw new YinkeyError('request.refused', {});
        const trouble = await shell.openPath(file);
        if (trouble !== '') throw new YinkeyError('unexpected', { name: 'openPath' });
      },
    };
  }
}

function pictureOf({ store }: Services, { kind, id }: Mark) {
  return kind === 'picture' ? store.pictures.list().find((each) => each.id === id) : undefined;
}

function reportLater(error: unknown): void {
  log.error('stamp.after', { error: errorFields(error) });
}
