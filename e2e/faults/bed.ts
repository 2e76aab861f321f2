import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type PracticeWorld, practiceUp } from '../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../softhsm-fixtures/keysim/index.ts';
import { AuditLog } from '../../src/main/audit/index.ts';
import { spawnNodeHost } from '../../src/main/cli/spawn.ts';
import { DocumentHost } from '../../src/main/documents/index.ts';
import { examineModule, TokenService } from '../../src/main/pkcs11/index.ts';
import { openStore, type Store } from '../../src/main/store/index.ts';
import { type PinRequest, pinReplySchema } from '../../src/shared/contract/index.ts';
import { type Port, portPair } from '../../src/shared/hosts/index.ts';
import { SealDesk } from './seal-desk.ts';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Short, because a case with a hang waits this long; a SoftHSM behind the simulator needs milliseconds. */
const deadlines = { load: 4000, list: 2500, sign: 4000 };

export const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Whoever sits at the PIN window. */
export interface Person {
  port: Port;
  /** PINs given to the key so far. */
  typed: () => number;
  /** The failure that the window told, which was no fault of the PIN. */
  told: () => string | undefined;
}

/** The client's core on a simulated key: what the windows and the command line stand on, in one process. */
export class FaultBed {
  readonly folder: string;
  /** The built programs. */
  readonly programs: string;
  readonly world: PracticeWorld;
  readonly keysim: Keysim;
  readonly module: string;
  readonly tokens: TokenService;
  readonly documents: DocumentHost;
  readonly store: Store;
  readonly audit: AuditLog;
  /** Where outputs go; empty between cases. */
  readonly out: string;

  readonly letter: string;
  readonly seal: Buffer;
  readonly pin: string;
  readonly soPin: string;
  #desk: Promise<SealDesk> | undefined;
  /** What the holder chooses when a new PIN is asked for. */
  readonly otherPin = 'Wq7-plum-Kd42';

  private constructor(
    parts: Pick<
      FaultBed,
      'folder' | 'programs' | 'world' | 'keysim' | 'module' | 'tokens' | 'documents' | 'store' | 'audit'
    >,
  ) {
    this.folder = parts.folder;
    this.programs = parts.programs;
    this.world = parts.world;
    this.keysim = parts.keysim;
    this.module = parts.module;
    this.tokens = parts.tokens;
    this.documents = parts.documents;
    this.store = parts.store;
    this.audit = parts.audit;
    this.out = path.join(parts.folder, 'out');
    mkdirSync(this.out);
    const { world } = parts;
    this.letter = world.documents.find((file) => file.endsWith('Letter of confirmation.pdf'))!;
    this.seal = readFileSync(world.picture);
    this.pin = world.token.pin;
    this.soPin = world.token.soPin;
  }

  static async open(): Promise<FaultBed> {
    const folder = mkdtempSync(path.join(tmpdir(), 'yinkey-faults-'));
    const world = await practiceUp(path.join(folder, 'world'));
    const keysim = await makeKeysim(world, { keys: { k1: { token: world.token.serial } } });
    const env = { ...process.env, ...keysim.env };
    // A copy of its own: a simulator that is compiled anew meanwhile is another file to the client, and rightly so.
    const module = path.join(folder, path.basename(keysim.module));
    copyFileSync(keysim.module, module);
    // So are the programs: a host that starts while a build puts others in their place finds half of itself.
    const copy = mkdtempSync(path.join(root, 'out.faults-'));
    const programs = path.join(copy, 'main');
    cpSync(path.join(root, 'out', 'main'), programs, { recursive: true });
    const { sha256: hash } = await examineModule(module);
    const entries = [{ path: module, sha256: hash }];
    const tokens = new TokenService({
      spawn: spawnNodeHost(path.join(programs, 'token-host.js'), { env }),
      ledger: { list: () => entries, agree: () => {}, forget: () => {} },
      known: [],
      deadlines,
    });
    const documents = new DocumentHost({ spawn: spawnNodeHost(path.join(programs, 'document-host.js')) });
    const { store } = await openStore({ file: path.join(folder, 'client', 'store.db') });
    const audit = new AuditLog(store.audit);
    return new FaultBed({ folder, programs, world, keysim, module, tokens, documents, store, audit });
  }

  /** What flows with seals need; opened by the first that asks. */
  desk(): Promise<SealDesk> {
    this.#desk ??= SealDesk.open(this);
    return this.#desk;
  }

  /** One command for the simulator. */
  async control(line: string): Promise<string> {
    return this.keysim.control(line);
  }

  /** The user's tries that the simulated key has left. */
  async triesLeft(): Promise<number> {
    const match = /user-tries=(\d+)\//.exec(await this.control('status'));
    if (!match) throw new Error('the simulator does not tell its counters');
    return Number(match[1]);
  }

  /**
   * A person at the PIN window: answers each question with the next of `answers`, and gives up when they run out or
   * something else than the PIN is wrong. `typed` counts what was given to the key.
   */
  person(answers: readonly string[]): Person {
    const [hostEnd, own] = portPair();
    let given = 0;
    let told: string | undefined;
    const send = (message: PinRequest) => own.post(message);
    own.onMessage((message) => {
      const reply = pinReplySchema.parse(message);
      if (reply.type === 'failed') {
        told = reply.error.code;
        send({ type: 'cancel' });
      }
      if (reply.type !== 'ask') return;
      const pin = answers[given];
      if (pin === undefined) {
        send({ type: 'cancel' });
        return;
      }
      given += 1;
      send({ type: 'submit', pin, lastTryAgreed: true });
    });
    return { port: hostEnd, typed: () => given, told: () => told };
  }

  /** Files in the output folder, hidden ones too. */
  leftovers(): string[] {
    return readdirSync(this.out);
  }

  /** No fault, the key plugged, its counters (and, where it may be another, its PIN) as at the beginning, no outputs. */
  async lift(pin: boolean): Promise<void> {
    await this.keysim.control('fault clear');
    await this.control('clear');
    await this.control('plug k1');
    await this.control('reset k1');
    if (pin) await practiceUp(this.world.dir);
    for (const name of this.leftovers()) rmSync(path.join(this.out, name), { force: true });
  }

  async close(): Promise<void> {
    await this.#desk?.then((desk) => desk.close());
    await Promise.allSettled([this.tokens.stop(), this.documents.stop(), this.keysim.close()]);
    this.store.close();
    for (const folder of [this.folder, path.dirname(this.programs)])
      rmSync(folder, { recursive: true, force: true });
  }
}
