import { createHash, randomUUID } from 'node:crypto';
import type {
  CaptureResult,
  Catalogue,
  KeyInfo,
  SealApplicationAnswer,
  SealApplicationView,
  SealForm,
  SealRequest,
  TokenId,
} from '../../shared/domain/index.ts';
import { sealMakingLimits, sealRequestSchema } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { AuditLog, AuditRecord } from '../audit/index.ts';
import { type AuthorityHttp, OrdersClient, SealsClient } from '../authority/index.ts';
import { type CertificateFacts, creditCodeOf, holderName, parseCertificate } from '../certificates/index.ts';
import type { TokenAct, TokenService } from '../pkcs11/index.ts';
import type { Lease, SealApplicationRepository } from '../store/index.ts';
import { boundOn, boundView, readBack } from './application-binding.ts';
import { checkDraft } from './application-checks.ts';
import { Entry, Refused } from './application-entry.ts';
import { type ApplicationWork, isOver, workSchema } from './application-work.ts';
import { pictureOnce } from './card.ts';
import { type AskedSeal, judgeIssued } from './issued.ts';
import { type Seals, sealsOnKey } from './my-seals.ts';
import type { SealQuestion } from './ses/index.ts';
import { requestSigner } from './signer.ts';

type Phase = SealApplicationView['phase'];
type SealMaker = Pick<SealsClient, 'apply' | 'read' | 'seal' | 'bound' | 'withdraw'>;

/** What applications for seals are made of. */
export interface SealingTools {
  tokens: Pick<TokenService, 'snapshot' | 'act' | 'chain' | 'data' | 'canGenerate'>;
  http: AuthorityHttp;
  journal: SealApplicationRepository;
  audit: Pick<AuditLog, 'append'>;
  /** My seals: what is bound already, where a seal is written, and who hears of it. */
  seals: Pick<Seals, 'cards' | 'bind' | 'reread'>;
  roots(): Promise<readonly CertificateFacts[]>;
  /** When a certificate was revoked, as far as this client has heard. */
  revocation(sha256: string): { at: Date } | undefined;
  /** Decodes a PNG in the document host. */
  picture(png: Uint8Array): Promise<{ widthPx: number; heightPx: number }>;
  now?: () => Date;
  /** For tests: other peers, and a client that ends at a certain step. */
  maker?: (api: string) => SealMaker;
  catalogue?: (api: string) => Promise<Catalogue | null>;
  atStep?: (phase: Phase, id: string) => void | Promise<void>;
}

/** What was captured, and what the user says of it. */
export interface SealDraft {
  material: { png: Uint8Array; smallPng: Uint8Array; scanJpeg: Uint8Array; result: CaptureResult };
  token: TokenId;
  /** SHA-256 of the certificate that is to use the seal. */
  certificate: string;
  name: string;
  kind: SealRequest['kind'];
  administrator: string;
  handler: string;
  contact: string;
  /** esID of the seal that this one takes the place of. */
  replaces: string | null;
  /** Address of the authority. */
  authority: string;
}

export interface SealingOptions {
  /** The host's end of the channel to whoever types the PIN; asked for when the key is needed. */
  pinPort: () => Port;
  onChange?: (view: SealApplicationView) => void;
}

/** Answers after which it is certain that the authority did not take the application. */
const refusals =
  /^(seal\.|authority\.(certificate-|signature-refused|clock-off|order-invalid|url)|certificate\.)/;
/**
 * The same of one that was sent before without an answer: who looks for the one from before first, and then refuses by the
 * rules, has none. Any other refusal may stand before that look.
 */
const refusalsAgain = /^seal\.(certificate-taken|refused-by-maker)$/;
/** Trouble of the key: what was to be signed was not sent. */
const ofKey = /^(token|driver)\./;

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * All applications for seals of this client, each step in the journal before the key or the authority is touched. What
 * became of one is in its view (`phase`, `error`); calls throw only where they can't be taken up at all:
 * seal.application-state, request.refused (no such application), store.*; and what `draft` names.
 */
export class SealApplications {
  readonly #tools: SealingTools;
  readonly #now: () => Date;
  readonly #picture: SealQuestion['picture'];
  readonly #listeners = new Set<(view: SealApplicationView) => void>();
  readonly #running = new Map<string, Promise<unknown>>();
  #closed = false;

  constructor(tools: SealingTools) {
    this.#tools = tools;
    this.#now = tools.now ?? (() => new Date());
    this.#picture = pictureOnce(tools.picture);
  }

  /** Tells every change from now on. Returns what ends the telling. */
  onChange(listener: (view: SealApplicationView) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Those that are open, and those that ended in the last 90 days; newest first. */
  list(): SealApplicationView[] {
    return this.#tools.journal
      .list(this.#now())
      .filter(({ work }) => workSchema.safeParse(work).success)
      .map(({ view }) => view);
  }

  /** @throws YinkeyError request.refused when there is no such application */
  get(id: string): SealApplicationView {
    return this.#tools.journal.get(id).view;
  }

  /** The captured picture. @throws YinkeyError request.refused */
  picture(id: string): Uint8Array {
    return new Uint8Array(this.#tools.journal.material(id).picture);
  }

  /**
   * Makes a draft and checks it; nothing is sent. A draft that the certificate already has gives way to it.
   * @throws YinkeyError seal.scan-too-large, seal.too-large (the picture), certificate.not-found, token.not-found,
   *   certificate.unreadable, seal.application-state (another application for this certificate is under way), request.invalid
   *   {where} (what no authority could take: a name that is missing or too long)
   */
  async draft(draft: SealDraft): Promise<SealApplicationView> {
    const { material, token } = draft;
    assertSizes(material);
    const { key, info, certificate } = this.#holder(token, draft.certificate);
    const name = draft.name.trim().normalize('NFC');
    const api = draft.authority;
    const { revocation, seals, journal } = this.#tools;
    const checks = checkDraft({
      name,
      kind: draft.kind,
      replaces: draft.replaces,
      result: material.result,
      pictureBytes: material.png.length,
      info,
      certificate,
      revoked: revocation(info.sha256) !== undefined,
      cards: seals.cards(),
      room: await orTrouble(this.#tools.tokens.canGenerate(token).then(({ freePublic }) => freePublic)),
      catalogue: await orTrouble(this.#catalogue(api)),
    });
    const id = randomUUID();
    const now = this.#now();
    const { module, serial, label } = key;
    const view: SealApplicationView = {
      id,
      number: '',
      phase: 'draft',
      token: { module, serial, label },
      certificate: {
        sha256: info.sha256,
        holder: holderName(certificate.subject),
        unit: certificate.subject.organization ?? '',
      },
      name,
      kind: draft.kind,
      administrator: draft.administrator.trim(),
      widthMm: material.result.widthMm,
      heightMm: material.result.heightMm,
      checks,
      sealId: null,
      reviewUrl: null,
      reason: '',
      bound: null,
      progress: null,
      error: null,
      createdAt: now.toISOString(),
      updatedAt: now.toISOString(),
    };
    const { shape, widthMm, heightMm, rotation, verdict, checks: measured } = material.result;
    const work: ApplicationWork = {
      version: 1,
      api,
      idempotencyKey: randomUUID(),
      remoteId: null,
      unit: certificate.subject.organization ?? '',
      creditCode: creditCodeOf(certificate.subject)?.value ?? '',
      handler: draft.handler.trim(),
      contact: draft.contact.trim(),
      replaces: draft.replaces,
      measured: { shape, widthMm, heightMm, rotation, verdict, checks: measured },
      pictures: { full: sha256(material.png), small: sha256(material.smallPng) },
      forms: {},
      told: false,
    };
    const pictures = { picture: material.png, smallPicture: material.smallPng, scan: material.scanJpeg };
    // Found out now: in the middle of sending it could neither be sent nor taken back.
    if (!checks.some(({ state }) => state === 'stop')) assertSendable(requestOf(view, work, pictures));
    this.#forgetDraft(info.sha256);
    if (!journal.begin({ id, certificate: info.sha256, view, work, ...pictures }, now)) {
      throw new YinkeyError('seal.application-state', {
        state: journal.openFor(info.sha256)?.view.phase ?? '',
      });
    }
    this.#tell(view);
    return view;
  }

  /**
   * Signs the application with the certificate's key and sends it. One whose answer was lost is sent again as the same one.
   * What goes wrong is in the view.
   */
  send(id: string, options: SealingOptions): Promise<SealApplicationView> {
    return this.#work(id, options, async (entry) => {
      entry.allow('draft', 'sending');
      const stop = entry.view.checks.find(({ state }) => state === 'stop');
      if (entry.phase === 'draft' && stop?.code) {
        throw new Refused(new YinkeyError(stop.code as never, stop.details));
      }
      await this.#withKey(entry, options, (act) => this.#apply(entry, act));
    });
  }

  /** Asks the authority how it stands. */
  look(id: string): Promise<SealApplicationView> {
    return this.#work(id, {}, async (entry) => {
      if (isOver(entry.phase) || entry.work.remoteId === null) return;
      entry.show('asking');
      await this.#lookAt(entry);
    });
  }

  /** Fetches the seal, writes it to the key, reads it back and tells the authority. Goes on after it was cut off. */
  bind(id: string, options: SealingOptions): Promise<SealApplicationView> {
    return this.#work(id, options, async (entry) => {
      if (entry.phase === 'review') {
        entry.show('asking');
        await this.#lookAt(entry);
      }
      entry.allow('approved', 'binding');
      if (entry.phase === 'approved') this.#assertOfUse(entry);
      await this.#withKey(entry, options, (act) => this.#bind(entry, act));
      await this.#tools.seals.reread(entry.view.token);
    });
  }

  /** Takes it back; one that was sent is signed with the key. */
  withdraw(id: string, options: SealingOptions): Promise<SealApplicationView> {
    return this.#work(id, options, async (entry) => {
      entry.allow('draft', 'sending', 'review', 'approved');
      if (entry.phase === 'draft') {
        await entry.note('withdrawn');
        return;
      }
      await this.#withKey(entry, options, async (act) => {
        // Nobody knows whether the authority has it: sent as the same one, it has it for certain.
        if (entry.work.remoteId === null) await this.#apply(entry, act);
        if (isOver(entry.phase)) return;
        const signer = this.#signer(entry, act);
        entry.show('asking');
        const answer = await this.#audited(entry, 'seal.withdraw', () =>
          this.#maker(entry).withdraw(entry.work.remoteId!, signer),
        );
        await this.#take(entry, answer);
      });
    });
  }

  /**
   * At start and whenever keys come and go: finds what was cut off and brings it to its true state, as far as that goes
   * without a PIN. Resolves when that is done.
   */
  async resume(): Promise<void> {
    if (this.#tools.tokens.snapshot().loading) return;
    const open = this.#tools.journal.list(this.#now()).filter((row) => row.open);
    await Promise.all(
      open.map(async ({ id, view }) => {
        if (view.phase === 'draft' || this.#running.has(id) || this.#closed) return;
        await this.#resume(id).catch((error: unknown) => {
          // Somebody else is at it; or the disk refuses: the next look will tell.
          const { code } = toWireError(error);
          if (code !== 'seal.application-state' && code !== 'store.failed') throw error;
        });
      }),
    );
  }

  /** Looks no more by itself. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#running.values()]);
    this.#listeners.clear();
  }

  #resume(id: string): Promise<SealApplicationView> {
    return this.#work(id, {}, async (entry) => {
      if (entry.view.progress !== null) entry.put({ progress: null });
      if (entry.work.remoteId === null) return;
      await this.#lookAt(entry);
      if (entry.phase === 'binding') await this.#askKey(entry);
    });
  }

  /** After a crash in the middle of binding: what the key holds is what is true. */
  async #askKey(entry: Entry): Promise<void> {
    const { tokens } = this.#tools;
    const { serial, label } = entry.view.token;
    const key = tokens.snapshot().keys.find((one) => one.serial === serial && one.label === label);
    if (!key) return;
    const found = boundOn(entry.work.forms, sealsOnKey(await tokens.data(entry.view.token)));
    // Nothing of it on the key: it is as if it had not begun.
    if (!found) await entry.note('approved', { view: { bound: null, error: null } });
    else entry.put({ bound: found, error: null });
  }

  async #apply(entry: Entry, act: TokenAct): Promise<void> {
    const { work, view } = entry;
    const before = entry.phase;
    const signer = this.#signer(entry, act);
    const { scan, ...pictures } = this.#tools.journal.material(entry.id);
    if (scan === null) throw new YinkeyError('seal.application-state', { state: entry.phase });
    const request = requestOf(view, work, { ...pictures, scan });
    await entry.note('sending', { progress: 'sending' });
    try {
      const answer = await this.#audited(entry, 'seal.request', () =>
        this.#maker(entry).apply(request, signer, work.idempotencyKey),
      );
      await this.#take(entry, answer);
    } catch (error) {
      const { code } = toWireError(error);
      const notTaken =
        before === 'draft' ? refusals.test(code) || ofKey.test(code) : refusalsAgain.test(code);
      if (notTaken) await entry.note('draft');
      throw error;
    }
  }

  async #lookAt(entry: Entry): Promise<void> {
    const { remoteId } = entry.work;
    if (remoteId === null) return;
    await this.#take(entry, await this.#maker(entry).read(remoteId));
  }

  /** What the authority says, written down. */
  async #take(entry: Entry, answer: SealApplicationAnswer): Promise<void> {
    const { certificate, name, kind } = entry.view;
    const other =
      answer.certificateSha256 !== certificate.sha256 || answer.name !== name || answer.kind !== kind;
    if (other) throw new YinkeyError('authority.answer-unreadable', { reason: 'another application' });
    const { number, reason, sealId, reviewUrl } = answer;
    const error =
      answer.state === 'refused' ? toWireError(new YinkeyError('seal.refused-by-maker', { reason })) : null;
    const binding = entry.phase === 'binding' && answer.state === 'approved';
    await entry.note(binding ? 'binding' : answer.state, {
      work: { remoteId: answer.id },
      view: { number, reason, sealId, reviewUrl, error },
    });
    // The authority has it.
    this.#tools.journal.dropScan(entry.id);
  }

  /** Written, read back, verified, told: each once, and found again after a crash. */
  async #bind(entry: Entry, act: TokenAct): Promise<void> {
    const signer = this.#signer(entry, act);
    const question = await this.#question(entry);
    const asked = this.#asked(entry);
    const fetched = new Map<SealForm, Uint8Array>();
    const form = async (which: SealForm) => {
      const bytes = fetched.get(which) ?? (await this.#maker(entry).seal(entry.work.remoteId!, which));
      await judgeIssued(bytes, which, asked, question);
      fetched.set(which, bytes);
      // Known by its digest before the key is touched: so it is recognised there after a crash.
      await entry.note('binding', {
        work: { forms: { ...entry.work.forms, [which]: sha256(bytes) } },
        progress: 'writing',
      });
      return bytes;
    };
    const before = entry.phase;
    let begun = before === 'binding';
    try {
      entry.show('fetching');
      fetched.set('full', await this.#maker(entry).seal(entry.work.remoteId!, 'full'));
      await judgeIssued(fetched.get('full')!, 'full', asked, question);
      begun = true;
      const bound = await this.#audited(
        entry,
        'seal.bind',
        () =>
          this.#tools.seals.bind(act, {
            id: asked.sealId,
            token: entry.view.token,
            form,
            replaces: this.#replaced(entry),
            onStep: (step) => entry.show(step),
          }),
        ({ sha256: digest }) => digest,
      );
      entry.show('checking');
      await readBack(sealsOnKey(await act.data()), bound, fetched.get(bound.form), question, asked);
      await entry.note('binding', { view: { bound: boundView(bound) } });
      const told = { form: bound.form, sealSha256: bound.sha256 };
      const answer = await this.#maker(entry).bound(entry.work.remoteId!, told, signer);
      if (answer.state !== 'bound') throw new YinkeyError('seal.application-state', { state: answer.state });
      await entry.note('bound', { work: { told: true }, view: { error: null } });
    } catch (error) {
      if (!begun) await entry.note('approved');
      throw error;
    }
  }

  #replaced({ work }: Entry): string | undefined {
    if (work.replaces === null) return undefined;
    return this.#tools.seals.cards().find(({ id }) => id === work.replaces)?.sha256;
  }

  #asked(entry: Entry): AskedSeal {
    const { view, work } = entry;
    if (view.sealId === null) throw new YinkeyError('seal.application-state', { state: view.phase });
    const { certificate } = this.#holder(view.token, view.certificate.sha256);
    const { number, sealId, name, kind, widthMm, heightMm } = view;
    const { creditCode, pictures } = work;
    return { number, sealId, name, kind, widthMm, heightMm, creditCode, pictures, certificate };
  }

  async #question(
    entry: Entry,
  ): Promise<Pick<SealQuestion, 'roots' | 'pool' | 'at' | 'revocation' | 'picture'>> {
    const { token, certificate } = entry.view;
    const { tokens, revocation } = this.#tools;
    const pool = tokens.chain(token, certificate.sha256.slice(0, 16)).slice(1).map(parseCertificate);
    return {
      roots: await this.#tools.roots(),
      pool,
      at: this.#now(),
      revocation: (one) => {
        const revoked = revocation(one.sha256);
        return revoked ? { since: revoked.at } : null;
      },
      picture: this.#picture,
    };
  }

  /** @throws YinkeyError token.not-found, certificate.not-found, certificate.unreadable */
  #holder(token: TokenId, digest: string) {
    const { tokens } = this.#tools;
    const der = tokens.chain(token, digest.slice(0, 16))[0];
    const certificate = der && parseCertificate(der);
    const key = keyOn(tokens.snapshot().keys, token);
    const info = key?.certificates.find((one) => one.sha256 === digest);
    if (!key || !info || certificate?.sha256 !== digest)
      throw new YinkeyError('certificate.not-found', { id: digest.slice(0, 16) });
    return { key, info, certificate };
  }

  /**
   * A certificate that a renewal has replaced meanwhile stamps no more: a seal that is bound to it would be of no use.
   * @throws YinkeyError certificate.superseded, and those of `#holder`
   */
  #assertOfUse({ view }: Entry): void {
    const { info } = this.#holder(view.token, view.certificate.sha256);
    if (info.superseded)
      throw new YinkeyError('certificate.superseded', {
        holder: info.holder,
        date: info.notAfter.slice(0, 10),
      });
  }

  #signer({ view }: Entry, act: TokenAct) {
    const { certificate, info } = this.#holder(view.token, view.certificate.sha256);
    return requestSigner(act, certificate, info.ckaId);
  }

  #maker({ work }: Entry): SealMaker {
    const { maker, http } = this.#tools;
    return maker ? maker(work.api) : new SealsClient({ url: work.api, http, now: this.#now });
  }

  #catalogue(api: string): Promise<Catalogue | null> {
    const { catalogue, http } = this.#tools;
    if (catalogue) return catalogue(api);
    return new OrdersClient({ url: api, http, now: this.#now }).catalogue();
  }

  /** One login, ended however it goes. */
  async #withKey(
    entry: Entry,
    { pinPort }: SealingOptions,
    work: (act: TokenAct) => Promise<void>,
  ): Promise<void> {
    // Its certificate is asked for before anybody is asked for a PIN.
    this.#holder(entry.view.token, entry.view.certificate.sha256);
    entry.show('pin');
    const act = await this.#tools.tokens.act(entry.view.token, { pinPort: pinPort(), pinPortAgain: pinPort });
    try {
      await work(act);
    } finally {
      await act.end();
    }
  }

  async #audited<T>(
    { view }: Entry,
    act: AuditRecord['act'],
    work: () => Promise<T>,
    digestOf: (value: T) => string | null = () => null,
  ): Promise<T> {
    const record = (result: string, digest: string | null) =>
      this.#tools.audit.append({
        act,
        subject: view.name,
        token: { serial: view.token.serial, label: view.token.label },
        certificateSha256: view.certificate.sha256,
        documentIn: null,
        documentOut: null,
        ...(view.sealId !== null && { seal: { id: view.sealId, sha256: digest } }),
        result,
      });
    let value: T;
    try {
      value = await work();
    } catch (error) {
      record(toWireError(error).code, null);
      throw error;
    }
    record('ok', digestOf(value));
    return value;
  }

  /** A draft of this certificate that nobody sent gives way to a new one. */
  #forgetDraft(certificate: string): void {
    const { journal } = this.#tools;
    const row = journal.openFor(certificate);
    if (row?.view.phase !== 'draft') return;
    const lease = journal.take(row.id, this.#now());
    if (lease) journal.forget(lease);
  }

  /** One piece of work on one application: alone, written down, and left in a state that says what comes next. */
  async #work(
    id: string,
    { onChange }: Partial<SealingOptions>,
    act: (entry: Entry) => Promise<void>,
  ): Promise<SealApplicationView> {
    const under = this.#running.get(id);
    if (under) throw new YinkeyError('seal.application-state', { state: this.get(id).phase });
    const off = onChange && this.onChange((view) => view.id === id && onChange(view));
    const ended = this.#alone(id, act);
    this.#running.set(id, ended);
    try {
      return await ended;
    } finally {
      this.#running.delete(id);
      off?.();
    }
  }

  async #alone(id: string, act: (entry: Entry) => Promise<void>): Promise<SealApplicationView> {
    const { journal } = this.#tools;
    journal.get(id);
    const lease = journal.take(id, this.#now());
    if (!lease) throw new YinkeyError('seal.application-state', { state: journal.get(id).view.phase });
    const beat = setInterval(() => journal.keep(lease, this.#now()), 20_000);
    beat.unref();
    try {
      const entry = new Entry(lease, this.#tools, this.#now, (view) => this.#tell(view));
      try {
        await act(entry);
        if (entry.view.progress !== null) entry.put({ progress: null });
      } catch (error) {
        if (error instanceof Refused) {
          if (entry.view.progress !== null) entry.put({ progress: null });
          throw error.error;
        }
        entry.fail(error);
      }
      return entry.view;
    } finally {
      clearInterval(beat);
      giveBack(journal, lease);
    }
  }

  #tell(view: SealApplicationView): void {
    for (const listener of [...this.#listeners]) listener(view);
  }
}

/** What is sent to the authority. */
function requestOf(
  view: SealApplicationView,
  work: ApplicationWork,
  { picture, smallPicture, scan }: Record<'picture' | 'smallPicture' | 'scan', Uint8Array>,
): SealRequest {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    certificateSha256: view.certificate.sha256,
    name: view.name,
    kind: view.kind,
    unit: work.unit,
    creditCode: work.creditCode,
    administrator: view.administrator,
    handler: work.handler,
    contact: work.contact,
    widthMm: view.widthMm,
    heightMm: view.heightMm,
    picture: base64(picture),
    smallPicture: base64(smallPicture),
    scan: base64(scan),
    measured: work.measured as SealRequest['measured'],
    replaces: work.replaces,
  };
}

/** @throws YinkeyError request.invalid {where} */
function assertSendable(request: SealRequest): void {
  const { error } = sealRequestSchema.safeParse(request);
  if (error)
    throw new YinkeyError(
      'request.invalid',
      { where: error.issues[0]?.path.join('.') ?? '' },
      { cause: error },
    );
}

function assertSizes({ png, smallPng, scanJpeg }: SealDraft['material']): void {
  const { scanBytes, pictureBytes, smallPictureBytes } = sealMakingLimits;
  if (scanJpeg.length > scanBytes)
    throw new YinkeyError('seal.scan-too-large', { bytes: scanJpeg.length, limit: scanBytes });
  if (png.length > pictureBytes)
    throw new YinkeyError('seal.too-large', { bytes: png.length, limit: pictureBytes });
  if (smallPng.length > smallPictureBytes)
    throw new YinkeyError('seal.too-large', { bytes: smallPng.length, limit: smallPictureBytes });
}

function keyOn(keys: readonly KeyInfo[], { module, serial, label }: TokenId): KeyInfo | undefined {
  return keys.find((key) => key.module === module && key.serial === serial && key.label === label);
}

/** The value, or the failure as something to tell. */
async function orTrouble<T>(asked: Promise<T>): Promise<T | YinkeyError> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof YinkeyError) return error;
    throw error;
  }
}

function giveBack(journal: SealApplicationRepository, lease: Lease): void {
  try {
    journal.release(lease);
  } catch (error) {
    // The disk is full: it runs out by itself, or with this process.
    if (toWireError(error).code !== 'store.failed') throw error;
  }
}
