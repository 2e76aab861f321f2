import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { KeysSnapshot } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { Port, SpawnHost } from '../../shared/hosts/index.ts';
import { AuditLog } from '../audit/index.ts';
import { type AuthorityHttp, authorityHttp, StatusService } from '../authority/index.ts';
import {
  type CertificateFacts,
  parsePemCertificates,
  shippedRoots,
  TrustList,
} from '../certificates/index.ts';
import { DocumentHost } from '../documents/index.ts';
import { examineModule, type ModuleLedger, TokenService } from '../pkcs11/index.ts';
import { SealApplications, Seals } from '../seals/index.ts';
import { openStore, STORE_FILE, type Store } from '../store/index.ts';
import { dataFolder, type PracticeFacts, practiceAround } from './world.ts';

/** How this command line reaches the rest of the program: as a Node process, or inside the packaged app. */
export interface CliHosts {
  tokenHost: SpawnHost;
  documentHost: SpawnHost;
  /** A channel of which one end can be handed to the token host. */
  channel: () => [Port, Port];
  /** The addon of better-sqlite3, where the packaged one doesn't fit the runtime. */
  nativeBinding?: string | undefined;
  /** The bundle that makes practice worlds; packaged builds have none. */
  practiceBundle?: string | undefined;
  /** The program that talks to the key simulator; packaged builds have none. */
  simulatorControl?: string | undefined;
}

/** The services of one command; each is opened when it is first asked for and ended by `close`. */
export class Services {
  readonly hosts: CliHosts;
  readonly practice: PracticeFacts | undefined;
  readonly #closing: (() => unknown)[] = [];
  #documents: DocumentHost | undefined;
  #http: AuthorityHttp | undefined;
  #store: Promise<{ store: Store; audit: AuditLog; notice: { code: string } | null }> | undefined;

  constructor(hosts: CliHosts) {
    this.hosts = hosts;
    this.practice = practiceAround(process.env);
  }

  get documents(): DocumentHost {
    if (!this.#documents) {
      const documents = new DocumentHost({ spawn: this.hosts.documentHost });
      this.#documents = documents;
      this.#closing.push(() => documents.stop());
    }
    return this.#documents;
  }

  /** The user's store and audit log, shared with the windowed client. */
  store(): Promise<{ store: Store; audit: AuditLog; notice: { code: string } | null }> {
    this.#store ??= openStore({
      file: path.join(dataFolder(process.env, this.practice), STORE_FILE),
      nativeBinding: this.hosts.nativeBinding,
    }).then(({ store, notice }) => {
      this.#closing.push(() => store.close());
      return { store, audit: new AuditLog(store.audit), notice };
    });
    return this.#store;
  }

  /**
   * The tokens of one driver that was named (which is the user's word to load it, this once), or of all that were
   * agreed to: in the client's store, or by making the practice world.
   */
  async tokens(module: string | undefined): Promise<TokenService> {
    const ledger = module === undefined ? await this.#agreed() : await onlyThis(path.resolve(module));
    const { store } = await this.store();
    const tokens = new TokenService({
      spawn: this.hosts.tokenHost,
      ledger,
      superseded: () => store.renewals.superseded(),
    });
    this.#closing.push(() => tokens.stop());
    return tokens;
  }

  async #agreed(): Promise<ModuleLedger> {
    const { practice } = this;
    if (practice) return fixed([{ path: practice.module, sha256: practice.moduleSha256 }]);
    return (await this.store()).store.modules;
  }

  /** What is plugged in now. */
  async keys(module: string | undefined): Promise<{ tokens: TokenService; snapshot: KeysSnapshot }> {
    const tokens = await this.tokens(module);
    return { tokens, snapshot: await tokens.refresh() };
  }

  /**
   * The user's own roots and, in a practice world, its root. Without `unreadable` files that can't be read are left
   * out in silence: `yinkey doctor` names them.
   */
  roots(unreadable: (name: string) => void = () => {}): Promise<CertificateFacts[]> {
    const folder = path.join(dataFolder(process.env, this.practice), 'trust');
    const { practice } = this;
    return new TrustList({ folder, practice: practice?.trust, shipped: shippedRoots, unreadable }).roots();
  }

  /** The roots that the caller names, or the user's own. Errors: trust.unreadable. */
  async rootsOr(trust: string | undefined): Promise<CertificateFacts[]> {
    if (trust === undefined) return this.roots();
    let text: string;
    try {
      text = readFileSync(path.resolve(trust), 'utf8');
    } catch (error) {
      throw new YinkeyError('trust.unreadable', { name: path.basename(trust) }, { cause: error });
    }
    return parsePemCertificates(text);
  }

  /** The way to authorities. */
  get http(): AuthorityHttp {
    if (!this.#http) {
      const http = authorityHttp();
      this.#http = http;
      this.#closing.push(() => http.close());
    }
    return this.#http;
  }

  /** What authorities say of certificates, kept in the user's store. */
  async status(): Promise<StatusService> {
    const { store } = await this.store();
    return new StatusService({ http: this.http, cache: store.status });
  }

  /** The seals on these keys. `trust`: roots instead of the user's own. */
  async seals(tokens: TokenService, trust?: string): Promise<Seals> {
    const { store } = await this.store();
    const seals = new Seals({
      ...(await this.#sealTools(tokens, trust)),
      seals: store.seals,
      lists: store.sealStatus,
      seen: () => store.certificates.list(),
    });
    this.onClose(() => seals.close());
    return seals;
  }

  /** Applications for seals that are bound to these keys. */
  async sealing(tokens: TokenService, seals: Seals, trust?: string): Promise<SealApplications> {
    const { store } = await this.store();
    const tools = await this.#sealTools(tokens, trust);
    const sealing = new SealApplications({ ...tools, journal: store.sealApplications, seals });
    this.onClose(() => sealing.close());
    return sealing;
  }

  async #sealTools(tokens: TokenService, trust: string | undefined) {
    const { store, audit } = await this.store();
    return {
      tokens,
      http: this.http,
      audit,
      roots: () => this.rootsOr(trust),
      revocation: (sha256: string) => store.status.revocation(sha256),
      picture: (png: Uint8Array) => this.documents.picture(new Uint8Array(png)),
    };
  }

  get practiceBundle(): string | undefined {
    const bundle = this.hosts.practiceBundle;
    return bundle !== undefined && existsSync(bundle) ? bundle : undefined;
  }

  get simulatorControl(): string | undefined {
    const program = this.hosts.simulatorControl;
    return program !== undefined && existsSync(program) ? program : undefined;
  }

  /** Something of a command's own that ends with it, before what it stands on. */
  onClose(close: () => unknown): void {
    this.#closing.unshift(close);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#closing.splice(0).map((close) => close()));
  }
}

/** A module named on the command line: whatever is at that path now, looked at before it is loaded. */
async function onlyThis(file: string): Promise<ModuleLedger> {
  return fixed([{ path: file, sha256: (await examineModule(file)).sha256 }]);
}

/** A ledger that forgets: nothing that is said on one command line is remembered for the next. */
function fixed(entries: { path: string; sha256: string }[]): ModuleLedger {
  return { list: () => entries, agree: () => {}, forget: () => {} };
}
