import { basename } from 'node:path';
import { z } from 'zod';
import type { ModuleInfo } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { HostSupervisor, type Port, type SpawnHost } from '../../shared/hosts/index.ts';
import {
  type ActOpened,
  type ActOpenRequest,
  abilitiesSchema,
  actOpenedSchema,
  type TokenAbilities,
  type Work,
} from './act-api.ts';
import {
  type CareAnswer,
  type CareMethod,
  type CareRequest,
  careAnswerSchema,
  type InitialiseRequest,
  type ModuleFacts,
  moduleFactsSchema,
  type SignatureAnswer,
  type SignRequest,
  signatureAnswerSchema,
  type TokenReport,
  tokenReportSchema,
} from './api.ts';
import { type TokenData, tokenDataListSchema } from './data-api.ts';
import { hashModule } from './module-file.ts';
import { type SlotsReport, slotsReportSchema } from './slot-facts.ts';
import { knownByFile } from './vendors.ts';

/** Milliseconds that the driver may take, the person's time not counted. */
export interface Deadlines {
  load: number;
  /** Looking at tokens, and finding objects on one. */
  list: number;
  login: number;
  /** A PIN that is typed on the key's own pad: the person's time runs inside the driver. */
  pad: number;
  sign: number;
  /** C_SetPIN, C_InitPIN, C_InitToken: some keys erase their memory meanwhile. */
  write: number;
  generate: number;
  /** A login for several operations ends by itself when nothing was asked of it for so long. */
  idle: number;
}

/** Pauses before a module in trouble is tried again by itself, in milliseconds; the last one goes on. */
const pauses = [1000, 5000, 30_000];
/** A driver that ended its process so often in a row is not started by itself any more. */
const setAsideAfter = 5;
/** The driver's process has ended. */
export const breakdowns: ReadonlySet<string> = new Set(['driver.crashed', 'driver.hung']);
const pollMillis = 1000;
/** A slow driver is asked so seldom that it rests four fifths of the time. */
const restFactor = 4;

const reportsSchema = z.array(tokenReportSchema).max(256);

export interface SignOptions {
  /** The host's end of the channel to whoever types the PIN. */
  pinPort: Port;
  onWaiting?: () => void;
  onResumed?: () => void;
}

/** What TokenService listens to besides. */
interface ActOptions extends SignOptions {
  onProgress: (progress: unknown) => void;
}

/** One agreed module: its host process, what its tokens were when last looked at, and when to look next. */
export class ModuleClient {
  readonly path: string;
  readonly sha256: string;
  #supervisor: HostSupervisor;
  #deadlines: Deadlines;
  #onChange: () => void;
  #facts: ModuleFacts | undefined;
  #state: ModuleInfo['state'] = 'starting';
  #error: YinkeyError | undefined;
  #reports: TokenReport[] = [];
  #looking: Promise<void> | undefined;
  #acting = 0;
  #failures = 0;
  /** Crashes and hangs among them, in a row. */
  #breakdowns = 0;
  #polling = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `onChange` is called after every look, whether something changed or not. */
  constructor(
    module: { path: string; sha256: string },
    spawn: SpawnHost,
    deadlines: Deadlines,
    onChange: () => void,
  ) {
    this.path = module.path;
    this.sha256 = module.sha256;
    this.#deadlines = deadlines;
    this.#onChange = onChange;
    this.#supervisor = new HostSupervisor(
      spawn,
      { crashed: 'driver.crashed', hung: 'driver.hung' },
      { module: this.name },
      async (call) => {
        const facts = await call('load', { path: this.path }, { deadline: deadlines.load });
        this.#facts = answerOf(moduleFactsSchema, facts, this.name);
      },
    );
  }

  get name(): string {
    return knownByFile(this.path)?.name ?? basename(this.path);
  }

  /** As the windows show it. */
  get info(): ModuleInfo {
    return {
      path: this.path,
      name: this.name,
      vendor: knownByFile(this.path)?.vendor ?? this.#facts?.manufacturer ?? '',
      sha256: this.#state === 'missing' ? '' : this.sha256,
      state: this.#state,
      description: this.#facts?.description ?? '',
      version: this.#facts?.version ?? '',
      error: this.#error ? toWireError(this.#error) : null,
    };
  }

  get reports(): readonly TokenReport[] {
    return this.#reports;
  }

  /** It failed again and again: only `look(true)` starts it again. */
  get #setAside(): boolean {
    return this.#breakdowns >= setAsideAfter;
  }

  /** True until it was looked at once. */
  get fresh(): boolean {
    return this.#state === 'starting';
  }

  /** Process id of the running host, for tests and the doctor. */
  get pid(): number | undefined {
    return this.#supervisor.pid;
  }

  /** The pinned file and no other: before every start. Errors: driver.changed, driver.not-found. */
  async #verify(): Promise<void> {
    if (this.#supervisor.running) return;
    const sha256 = await hashModule(this.path);
    if (sha256 !== this.sha256)
      throw new YinkeyError('driver.changed', { module: this.name, path: this.path });
  }

  /**
   * Looks at the tokens once; failures become this module's state. While it signs nothing is asked, so that a
   * driver is never busy with two things.
   */
  async look(refresh: boolean): Promise<void> {
    if (this.#looking) {
      await this.#looking;
      // What was under way began before this question: only a refresh needs another look.
      if (!refresh) return;
    }
    if (this.#acting > 0 || this.#stopped || (this.#setAside && !refresh)) return;
    const looking = this.#lookOnce(refresh);
    this.#looking = looking;
    try {
      await looking;
    } finally {
      if (this.#looking === looking) this.#looking = undefined;
    }
  }

  async #lookOnce(refresh: boolean): Promise<void> {
    // Starting the process is paid once; what each look costs is what decides how often to look.
    const cold = !this.#supervisor.running;
    const began = performance.now();
    let changed = false;
    try {
      await this.#verify();
      const answer = await this.#supervisor.call('list', { refresh }, { deadline: this.#deadlines.list });
      const reports = answerOf(reportsSchema, answer, this.name);
      changed = keysIn(reports) !== keysIn(this.#reports);
      this.#reports = reports;
      this.#state = 'ready';
      this.#error = undefined;
      this.#failures = 0;
      this.#breakdowns = 0;
    } catch (error) {
      this.#failed(error);
    }
    if (this.#stopped) return;
    // So is reading a key that was just plugged: resting for it would hide the next pull.
    this.#plan(cold || changed ? 0 : performance.now() - began);
    this.#onChange();
  }

  #failed(error: unknown): void {
    const known = error instanceof YinkeyError ? error : new YinkeyError('unexpected', {}, { cause: error });
    this.#reports = [];
    this.#failures++;
    this.#breakdowns = breakdowns.has(known.code) ? this.#breakdowns + 1 : 0;
    this.#error = this.#setAside ? setAside(this.name, known) : known;
    this.#state =
      known.code === 'driver.changed' ? 'changed' : known.code === 'driver.not-found' ? 'missing' : 'trouble';
  }

  /** Sets the time of the next look by itself. */
  #plan(cost: number): void {
    clearTimeout(this.#timer);
    if (!this.#polling || this.#stopped || this.#setAside) return;
    const pause =
      this.#failures > 0
        ? pauses[Math.min(this.#failures, pauses.length) - 1]!
        : Math.max(pollMillis, cost * restFactor);
    this.#timer = setTimeout(() => void this.look(false), pause);
    this.#timer.unref();
  }

  /** Looks now, and from now on by itself. */
  poll(): void {
    if (this.#polling) return;
    this.#polling = true;
    void this.look(false);
  }

  /** Login, signature and logout in one act. Errors: token.*, driver.*, certificate.*. */
  async sign(request: SignRequest, options: ActOptions): Promise<SignatureAnswer> {
    return answerOf(signatureAnswerSchema, await this.#act('sign', request, options), this.name);
  }

  /** An act on the token's PINs (api.ts). Errors: token.*, driver.*. */
  async care(
    method: CareMethod,
    request: CareRequest | InitialiseRequest,
    options: ActOptions,
  ): Promise<CareAnswer> {
    return answerOf(careAnswerSchema, await this.#act(method, request, options), this.name);
  }

  /**
   * Logs in and stays so: resolves when the login has succeeded. `over` settles when it has ended, however that was;
   * until then the tokens are not looked at. Errors: token.*, driver.*.
   */
  act(
    request: Omit<ActOpenRequest, 'idleMillis'>,
    options: ActOptions,
  ): Promise<{ opened: ActOpened; over: Promise<void> }> {
    return new Promise((resolve, reject) => {
      let end = () => {};
      const over = new Promise<void>((ended) => {
        end = ended;
      });
      const onProgress = (progress: unknown) => {
        const opened = actOpenedSchema.safeParse(progress).data?.opened;
        if (opened) resolve({ opened, over });
        else options.onProgress(progress);
      };
      // Rejecting after the login has succeeded changes nothing: what was under way tells why it ended.
      this.#act('act', { ...request, idleMillis: this.#deadlines.idle }, { ...options, onProgress })
        .then(() => reject(new YinkeyError('driver.failed', { module: this.name })), reject)
        .finally(end);
    });
  }

  /** One operation of an act. Errors: those of TokenAct. */
  work(
    act: string,
    work: Work,
    pinPort: Port | undefined,
    options: Omit<ActOptions, 'pinPort'>,
  ): Promise<unknown> {
    const { list } = this.#deadlines;
    return this.#supervisor.call(
      'act-work',
      { act, work },
      {
        ...this.#callOptions(options),
        deadline: list,
        ports: pinPort ? [pinPort] : [],
      },
    );
  }

  /** Ends an act; the deadline is for the logout alone. */
  endAct(act: string): Promise<unknown> {
    return this.#supervisor.call('act-end', { act }, { deadline: this.#deadlines.list });
  }

  /** What a token can make, without a login. Errors: token.not-found, token.busy, driver.*. */
  async canGenerate(token: { serial: string; label: string }): Promise<TokenAbilities> {
    if (this.#setAside && this.#error) throw this.#error;
    await this.#verify();
    const answer = await this.#supervisor.call('can-generate', token, { deadline: this.#deadlines.list });
    return answerOf(abilitiesSchema, answer, this.name);
  }

  /** Public data objects of ours, without a login. Errors: token.not-found, token.removed, token.busy, token.*, driver.*. */
  async data(token: { serial: string; label: string }): Promise<TokenData[]> {
    if (this.#setAside && this.#error) throw this.#error;
    await this.#verify();
    const { list: deadline } = this.#deadlines;
    const answer = await this.#supervisor.call('data', token, { deadline, phases: { find: deadline } });
    return answerOf(tokenDataListSchema, answer, this.name);
  }

  /** The driver's slots and what the tokens in them can do. Errors: driver.*. */
  async slots(): Promise<SlotsReport> {
    if (this.#setAside && this.#error) throw this.#error;
    await this.#verify();
    const answer = await this.#supervisor.call('slots', {}, { deadline: this.#deadlines.list });
    return answerOf(slotsReportSchema, answer, this.name);
  }

  #callOptions(options: Omit<ActOptions, 'pinPort'>) {
    const { list, login, pad, sign, write, generate } = this.#deadlines;
    return {
      phases: { find: list, login, pad, sign, write, generate },
      onProgress: options.onProgress,
      ...(options.onWaiting && { onWaiting: options.onWaiting }),
      ...(options.onResumed && { onResumed: options.onResumed }),
    };
  }

  async #act(method: CareMethod | 'sign' | 'act', request: object, options: ActOptions): Promise<unknown> {
    if (this.#setAside && this.#error) throw this.#error;
    this.#acting++;
    clearTimeout(this.#timer);
    try {
      await this.#verify();
      return await this.#supervisor.call(method, request, {
        ...this.#callOptions(options),
        deadline: this.#deadlines.sign,
        ports: [options.pinPort],
      });
    } catch (error) {
      if (!this.#supervisor.running && !this.#stopped) {
        this.#failed(error);
        this.#onChange();
      }
      throw error;
    } finally {
      this.#acting--;
      // The PIN's state may be another one now.
      if (this.#polling && !this.#stopped) {
        if (this.#failures > 0) this.#plan(0);
        else void this.look(false);
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#supervisor.stop();
  }
}

/** Which keys there are, whatever else is told of them. */
const keysIn = (reports: readonly TokenReport[]): string =>
  JSON.stringify(reports.map(({ serial, label, slot }) => [serial, label, slot]));

function setAside(module: string, cause: YinkeyError): YinkeyError {
  return new YinkeyError('driver.set-aside', { ...cause.details, module, was: cause.code }, { cause });
}

/** The driver inside the host is not trusted: what it makes the host say is checked. */
function answerOf<T>(schema: z.ZodType<T>, answer: unknown, module: string): T {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new YinkeyError('driver.failed', { module }, { cause: parsed.error });
  return parsed.data;
}
