import { randomUUID } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute } from 'node:path';
import type {
  BlankKey,
  CertificateInfo,
  KeyInfo,
  KeysSnapshot,
  LoginFacts,
  ModuleInfo,
  TokenId,
} from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { HostProcess, Port } from '../../shared/hosts/index.ts';
import { type CertificateFacts, collectChain } from '../certificates/index.ts';
import type { TokenAbilities, TokenAct } from './act-api.ts';
import { tokenAct } from './act-client.ts';
import {
  type CareAnswer,
  type CareProgress,
  careProgressSchema,
  type InitialiseRequest,
  type SignatureAnswer,
  type SignRequest,
  type TokenReport,
} from './api.ts';
import { CertificateReader, certificateInfo } from './certificate-info.ts';
import type { TokenData } from './data-api.ts';
import { breakdowns, type Deadlines, ModuleClient, type SignOptions } from './module-client.ts';
import { examineModule } from './module-file.ts';
import type { SlotsReport } from './slot-facts.ts';
import { sha256Hex } from './token-list.ts';
import { afterDoubt, afterLogin, afterReset, type KnownTries, nothingKnown } from './tries.ts';
import { type KnownModule, knownByFile, knownModules, pathsOf } from './vendors.ts';

/** Which modules the user agreed to load, by the hash of the file that was agreed. Kept by the store. */
export interface ModuleLedger {
  list(): { path: string; sha256: string }[];
  agree(path: string, sha256: string, now: Date): void;
  forget(path: string): void;
}

export interface TokenServiceOptions {
  /** Starts a token host for a module; it is told the path again by `load`. */
  spawn: (modulePath: string) => HostProcess;
  ledger: ModuleLedger;
  /** Where known modules are looked for; this system's variables when left out. */
  env?: Readonly<Record<string, string | undefined>>;
  known?: readonly KnownModule[];
  now?: () => Date;
  deadlines?: Partial<Deadlines>;
  /** SHA-256 of certificates that were renewed. */
  superseded?: () => ReadonlySet<string>;
}

const defaultDeadlines: Deadlines = {
  load: 15_000,
  list: 10_000,
  login: 30_000,
  pad: 60_000,
  sign: 60_000,
  write: 60_000,
  generate: 180_000,
  idle: 10 * 60_000,
};

/** Whom an act of several operations talks to. */
export interface ActOptions extends SignOptions {
  pinPortAgain?: () => Port;
  onLogin?: (login: LoginFacts) => void;
}

/** What an act on a token's PINs needs besides the token. */
export type CareWork =
  | { method: 'change-pin' | 'unlock' | 'change-so-pin' }
  | { method: 'settle-so-pin'; candidate: 'old' | 'new' }
  | ({ method: 'initialise' } & Pick<InitialiseRequest, 'blank' | 'newLabel' | 'serialTyped'>);

/**
 * The keys that are plugged in, over all agreed modules, each in a host process of its own. Nothing is started before
 * someone asks: `refresh` looks once (command line), `onChange` looks from then on (window).
 */
export class TokenService {
  #options: TokenServiceOptions;
  #deadlines: Deadlines;
  #now: () => Date;
  #clients = new Map<string, ModuleClient>();
  /** Known modules that are on this system and not agreed. */
  #offered: ModuleInfo[] = [];
  #scanned = false;
  #listeners = new Set<(snapshot: KeysSnapshot) => void>();
  #certificates = new CertificateReader();
  #revision = 0;
  #content = '';
  #snapshot: KeysSnapshot;
  /** What is known of each token's tries, by counting; nothing of it is kept beyond this process. */
  #tries = new Map<string, KnownTries>();
  #stopped = false;

  constructor(options: TokenServiceOptions) {
    this.#options = options;
    this.#deadlines = { ...defaultDeadlines, ...options.deadlines };
    this.#now = options.now ?? (() => new Date());
    this.#adopt();
    this.#snapshot = this.#compose();
  }

  /** What is known now, without asking anyone. Its revision grows only when its content changed. */
  snapshot(): KeysSnapshot {
    this.#update();
    return this.#snapshot;
  }

  /** Tells every change from now on, and keeps looking. Returns what ends the telling. */
  onChange(listener: (snapshot: KeysSnapshot) => void): () => void {
    const first = this.#listeners.size === 0;
    this.#listeners.add(listener);
    if (first) {
      for (const client of this.#clients.values()) client.poll();
      void this.#scan().then(() => this.#update());
    }
    return () => this.#listeners.delete(listener);
  }

  /** Looks at every module now, also at those in trouble, and for drivers that were installed meanwhile. */
  async refresh(): Promise<KeysSnapshot> {
    this.#adopt();
    await Promise.all([this.#scan(), ...[...this.#clients.values()].map((client) => client.look(true))]);
    return this.snapshot();
  }

  /**
   * Looks at a driver's file without loading it. `known`: by its name, a driver whose maker this client knows.
   * Errors: driver.not-found, driver.not-a-module, driver.wrong-architecture, driver.load-failed.
   */
  async examine(path: string): Promise<{ path: string; name: string; sha256: string; known: boolean }> {
    const { sha256 } = await examineModule(absolute(path));
    const known = knownByFile(path);
    return { path, name: known?.name ?? basename(path), sha256, known: known !== undefined };
  }

  /**
   * The user agreed to load this very file. Errors: those of `examine`, and driver.changed when the file is another
   * one than was shown.
   */
  async agree(path: string, sha256: string): Promise<KeysSnapshot> {
    const found = await examineModule(absolute(path));
    if (found.sha256 !== sha256) throw new YinkeyError('driver.changed', { path, module: basename(path) });
    this.#options.ledger.agree(path, sha256, this.#now());
    this.#adopt();
    await Promise.all([this.#scan(), this.#clients.get(path)?.look(true)]);
    return this.snapshot();
  }

  /** The module is no longer loaded; its host ends. */
  async forget(path: string): Promise<KeysSnapshot> {
    this.#options.ledger.forget(path);
    this.#adopt();
    await this.#scan();
    return this.snapshot();
  }

  /**
   * Signs on a token; the PIN is asked through `pinPort`, which is this call's from now on and is closed when it
   * fails. Errors: driver.not-agreed, token.*, driver.*, certificate.*.
   */
  async sign(
    token: TokenId,
    request: SignRequest,
    options: SignOptions & { onLogin?: (login: LoginFacts) => void },
  ): Promise<SignatureAnswer> {
    const { onLogin, ...heard } = options;
    const listening = this.#listen(token, (progress) => {
      if ('login' in progress) onLogin?.(progress.login);
    });
    try {
      const client = this.#clients.get(token.module);
      if (!client) throw new YinkeyError('driver.not-agreed', { path: token.module });
      const { serial, label } = token;
      return await client.sign(
        { ...request, serial, label, tries: this.#triesOf(token) },
        { ...heard, onProgress: listening.onProgress },
      );
    } catch (error) {
      options.pinPort.close();
      throw listening.doubted(error);
    }
  }

  /**
   * An act on a token's PINs; they are asked for through `pinPort`, which is this call's from now on and is closed when
   * it fails. `onLogin` hears of each login as it happens, `onHandOver` when the key's holder is asked from then on,
   * `onWriting` when the key begins to be changed. Errors: driver.not-agreed, token.*, driver.*; and token.act-unknown when the key or its driver went away while the key was being changed.
   */
  async care(
    token: TokenId,
    work: CareWork,
    options: SignOptions & {
      onLogin?: (login: LoginFacts) => void;
      onHandOver?: () => void;
      onWriting?: () => void;
    },
  ): Promise<CareAnswer> {
    let writing = false;
    const listening = this.#listen(token, (progress) => {
      if ('handOver' in progress) options.onHandOver?.();
      if ('login' in progress) options.onLogin?.(progress.login);
      if (!('writing' in progress)) return;
      writing = progress.writing;
      if (writing) options.onWriting?.();
    });
    try {
      const client = this.#clients.get(token.module);
      if (!client) throw new YinkeyError('driver.not-agreed', { path: token.module });
      const { serial, label } = token;
      const { method, ...more } = work;
      return await client.care(
        method,
        { ...more, serial, label, tries: this.#triesOf(token) },
        { ...options, onProgress: listening.onProgress },
      );
    } catch (error) {
      options.pinPort.close();
      const { code, details } = toWireError(error);
      if (writing && (code === 'driver.crashed' || code === 'driver.hung')) {
        throw new YinkeyError('token.act-unknown', { ...details, was: code }, { cause: error });
      }
      throw listening.doubted(error);
    }
  }

  /**
   * Logs in for several operations; the PIN is asked through `pinPort` as for a signature, which is this call's from now
   * on. `pinPortAgain` opens another window, for keys that want their PIN for each signature; `onLogin` hears of each
   * login as it happens. Until the act ends, everything else on this module that wants a PIN gets token.busy.
   * Errors: driver.not-agreed, token.*, driver.*.
   */
  async act(token: TokenId, options: ActOptions): Promise<TokenAct> {
    const logins: LoginFacts[] = [];
    const { pinPort, pinPortAgain, onLogin, ...heard } = options;
    const { onProgress, doubted } = this.#listen(token, (progress) => {
      if (!('login' in progress)) return;
      logins.push(progress.login);
      onLogin?.(progress.login);
    });
    const listening = { ...heard, onProgress };
    try {
      const client = this.#clients.get(token.module);
      if (!client) throw new YinkeyError('driver.not-agreed', { path: token.module });
      const act = randomUUID();
      const { serial, label } = token;
      const tries = () => this.#triesOf(token);
      const { opened, over } = await client.act(
        { act, serial, label, tries: tries() },
        { ...listening, pinPort },
      );
      return tokenAct({
        opened,
        over,
        work: async (work, port) => {
          try {
            return await client.work(act, work, port, listening);
          } catch (error) {
            throw doubted(error);
          }
        },
        end: () => client.endAct(act),
        logins,
        tries,
        pinPortAgain,
        module: client.name,
      });
    } catch (error) {
      pinPort.close();
      throw doubted(error);
    }
  }

  /**
   * Which key pairs a token can make and how much room it has, by what it tells without a PIN.
   * Errors: driver.not-agreed, token.not-found, token.busy (somebody is at work with it), token.*, driver.*.
   */
  async canGenerate(token: TokenId): Promise<TokenAbilities> {
    const client = this.#clients.get(token.module);
    if (!client) throw new YinkeyError('driver.not-agreed', { path: token.module });
    return client.canGenerate({ serial: token.serial, label: token.label });
  }

  /**
   * Seals and digests of seals on a token (public data objects), without a login; 64 of at most 64 KiB each. Errors:
   * driver.not-agreed, token.not-found, token.removed, token.busy (somebody is at work with it), token.*, driver.*.
   */
  async data(token: TokenId): Promise<TokenData[]> {
    const client = this.#clients.get(token.module);
    if (!client) throw new YinkeyError('driver.not-agreed', { path: token.module });
    return client.data({ serial: token.serial, label: token.label });
  }

  /**
   * The slots of one driver and what the tokens in them can do, without a login. It waits for what the driver is busy
   * with. Errors: driver.not-agreed, driver.*.
   */
  async slots(module: string): Promise<SlotsReport> {
    const client = this.#clients.get(module);
    if (!client) throw new YinkeyError('driver.not-agreed', { path: module });
    return client.slots();
  }

  #triesOf(token: TokenId): KnownTries {
    return this.#tries.get(keyOf(token)) ?? nothingKnown;
  }

  /**
   * Listens to one act. `doubted` makes of its failure what is told: where the driver went while it checked a PIN, the key
   * may have counted a try, and `context` says so (the texts of driver.crashed and driver.hung have words for it).
   */
  #listen(token: TokenId, hear: (progress: CareProgress) => void) {
    let checking = false;
    return {
      onProgress: (raw: unknown): void => {
        const progress = this.#noteProgress(token, raw);
        if (!progress) return;
        if ('checking' in progress) checking = true;
        if ('login' in progress) checking = false;
        hear(progress);
      },
      doubted: (error: unknown): unknown => {
        if (!checking || !(error instanceof YinkeyError) || !breakdowns.has(error.code)) return error;
        checking = false;
        this.#tries.set(keyOf(token), afterDoubt(this.#triesOf(token)));
        return new YinkeyError(error.code, { ...error.details, context: 'login' }, { cause: error });
      },
    };
  }

  #noteProgress(token: TokenId, raw: unknown): CareProgress | undefined {
    const progress = careProgressSchema.safeParse(raw).data;
    if (!progress || !('login' in progress || 'reset' in progress)) return progress;
    const known = this.#triesOf(token);
    const now = 'login' in progress ? afterLogin(known, progress.login) : afterReset(known);
    this.#tries.set(keyOf(token), now);
    return progress;
  }

  /** A certificate as it lies on the token, DER. Errors: token.not-found, certificate.not-found. */
  certificate(token: TokenId, certificateId: string): Uint8Array {
    const report = this.#clients
      .get(token.module)
      ?.reports.find(({ serial, label }) => serial === token.serial && label === token.label);
    if (!report) throw new YinkeyError('token.not-found', { serial: token.serial, label: token.label });
    const own = report.certificates.find(({ der }) => sha256Hex(der).startsWith(certificateId));
    if (!own) throw new YinkeyError('certificate.not-found', { id: certificateId });
    return own.der;
  }

  /**
   * The certificate (DER) and, behind it, those of its authorities that lie on the tokens of the same module.
   * Errors: token.not-found, certificate.not-found.
   */
  chain(token: TokenId, certificateId: string): Uint8Array[] {
    const own = this.certificate(token, certificateId);
    const reports = this.#clients.get(token.module)?.reports ?? [];
    const facts = this.#certificates.facts(own);
    if (!facts) return [own];
    const pool = reports
      .flatMap(({ certificates }) => certificates)
      .map(({ der }) => this.#certificates.facts(der))
      .filter((each): each is CertificateFacts => each !== null);
    return collectChain(facts, pool).map(({ der }) => der);
  }

  /** Process id of a module's running host. */
  pidOf(path: string): number | undefined {
    return this.#clients.get(path)?.pid;
  }

  /** Ends every host. Nothing is told any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#listeners.clear();
    await Promise.all([...this.#clients.values()].map((client) => client.stop()));
  }

  /** Brings the clients in line with the ledger. */
  #adopt(): void {
    if (this.#stopped) return;
    const agreed = new Map(this.#options.ledger.list().map((entry) => [entry.path, entry]));
    for (const [path, client] of this.#clients) {
      if (agreed.get(path)?.sha256 === client.sha256) continue;
      this.#clients.delete(path);
      void client.stop();
    }
    for (const [path, entry] of agreed) {
      if (this.#clients.has(path)) continue;
      const spawn = () => this.#options.spawn(path);
      const client = new ModuleClient(entry, spawn, this.#deadlines, () => this.#update());
      this.#clients.set(path, client);
      if (this.#listeners.size > 0) client.poll();
    }
  }

  /** Known drivers that lie where their makers put them and are not agreed; each file once. */
  async #scan(): Promise<void> {
    const env = this.#options.env ?? process.env;
    const seen = new Set<string>();
    for (const path of this.#clients.keys()) seen.add(await realpath(path).catch(() => path));
    const offered: ModuleInfo[] = [];
    for (const module of this.#options.known ?? knownModules) {
      for (const path of pathsOf(module, process.platform, env)) {
        const real = await realpath(path).catch(() => undefined);
        if (real === undefined || seen.has(real) || !(await isFile(real))) continue;
        seen.add(real);
        offered.push(await offer(module, path));
      }
    }
    this.#offered = offered;
    this.#scanned = true;
  }

  /** Makes the snapshot anew and tells it, if its content is another one. */
  #update(): void {
    if (this.#stopped) return;
    const next = this.#compose();
    if (next === this.#snapshot) return;
    this.#snapshot = next;
    for (const listener of [...this.#listeners]) listener(next);
  }

  #compose(): KeysSnapshot {
    const now = this.#now();
    const clients = [...this.#clients.values()];
    const agreed = new Set(this.#clients.keys());
    const keys = clients.flatMap((client) => this.#keysOf(client, now));
    const blanks = clients.flatMap(blanksOf);
    const modules = [
      ...clients.map(({ info }) => info),
      ...this.#offered.filter(({ path }) => !agreed.has(path)),
    ];
    const loading = !this.#scanned || clients.some(({ fresh }) => fresh);
    const content = JSON.stringify([loading, keys, blanks, modules]);
    if (content === this.#content) return this.#snapshot;
    this.#content = content;
    this.#revision++;
    return { revision: this.#revision, loading, keys, blanks, modules };
  }

  #keysOf(client: ModuleClient, now: Date): KeyInfo[] {
    const taken = new Set<string>();
    // Drivers list slots and objects in any order, another one each time: what is shown must not jump about.
    const reports = client.reports
      .filter(({ initialized }) => initialized)
      .sort((a, b) => compare(a.label, b.label) || compare(a.serial, b.serial) || a.slot - b.slot);
    return reports.map((report) => {
      let key = JSON.stringify([client.path, report.serial, report.label]);
      // Two slots that show one token (one PIN each, say): told apart by the slot as a last resort.
      if (taken.has(key)) key = JSON.stringify([client.path, report.serial, report.label, report.slot]);
      taken.add(key);
      const { certificates, unreadable } = this.#certificatesOf(report, now);
      return {
        key,
        module: client.path,
        moduleName: client.name,
        slot: report.slot,
        label: report.label,
        serial: report.serial,
        manufacturer: report.manufacturer,
        model: report.model,
        firmware: report.firmware,
        pin: {
          state: report.pinState,
          soState: report.soPinState,
          minLength: report.minPin,
          maxLength: report.maxPin,
          protectedPath: report.protectedPath,
        },
        certificates,
        error: report.error ?? (unreadable ? { code: 'certificate.unreadable', details: {} } : null),
      };
    });
  }

  #certificatesOf(report: TokenReport, now: Date): { certificates: CertificateInfo[]; unreadable: boolean } {
    let unreadable = false;
    const superseded = this.#options.superseded?.();
    const certificates = report.certificates.map((certificate) => {
      const facts = this.#certificates.facts(certificate.der);
      unreadable ||= facts === null;
      const info = certificateInfo(certificate, facts, now);
      return superseded?.has(info.sha256) ? { ...info, superseded: true as const } : info;
    });
    certificates.sort(byUse);
    return { certificates, unreadable };
  }
}

const keyOf = ({ module, serial, label }: TokenId) => JSON.stringify([module, serial, label]);

function blanksOf(client: ModuleClient): BlankKey[] {
  return client.reports
    .filter(({ initialized }) => !initialized)
    .sort((a, b) => a.slot - b.slot)
    .map((report) => ({
      key: JSON.stringify([client.path, report.serial, report.slot]),
      module: client.path,
      moduleName: client.name,
      slot: report.slot,
      serial: report.serial,
      manufacturer: report.manufacturer,
      model: report.model,
      minLength: report.minPin,
      maxLength: report.maxPin,
      protectedPath: report.protectedPath,
    }));
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** What can sign first, authorities last; then by name and time. */
function byUse(a: CertificateInfo, b: CertificateInfo): number {
  return (
    Number(a.isCa) - Number(b.isCa) ||
    Number(b.hasPrivateKey ?? false) - Number(a.hasPrivateKey ?? false) ||
    compare(a.holder, b.holder) ||
    compare(a.notAfter, b.notAfter) ||
    compare(a.id, b.id)
  );
}

function absolute(path: string): string {
  // A bare name would be looked up along the system's library path: another file than the one examined.
  if (!isAbsolute(path)) throw new YinkeyError('driver.not-found', { path });
  return path;
}

async function isFile(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ?? false;
}

async function offer(module: KnownModule, path: string): Promise<ModuleInfo> {
  const base = { path, name: module.name, vendor: module.vendor, description: '', version: '' };
  try {
    const { sha256 } = await examineModule(path);
    return { ...base, sha256, state: 'not-agreed', error: null };
  } catch (error) {
    return { ...base, sha256: '', state: 'trouble', error: toWireError(error) };
  }
}
