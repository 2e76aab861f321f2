import { randomUUID } from 'node:crypto';
import type {
  BlankKey,
  CareAct,
  CareCase,
  CareEntry,
  CareResult,
  CareStep,
  CareTrial,
  CertificateInfo,
  KeysSnapshot,
  LoginFacts,
  TokenId,
} from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import { trialCertificate } from '../../shared/trial.ts';
import type { AuditEntry, AuditRecord } from '../audit/index.ts';
import type { CareAnswer, CareWork, SignRequest, TokenService } from '../pkcs11/index.ts';
import type { CareJournalRepository } from '../store/index.ts';

export interface CareTools {
  tokens: Pick<TokenService, 'care' | 'sign' | 'snapshot'>;
  audit: { append(record: AuditRecord): Pick<AuditEntry, 'seq'> };
  journal: CareJournalRepository;
  now?: () => Date;
}

export interface CareOptions {
  /** The host's end of the channel to whoever types the PINs. Asked for once, when everything else is ready. */
  pinPort: () => Port;
  onProgress?: (step: CareStep) => void;
}

/** After these nobody knows which PIN the key has. */
const leavesUnknown: ReadonlySet<string> = new Set(['token.act-unknown', 'token.so-pin-unconfirmed']);
/** C_InitToken refused: the key is as it was. */
const refusedToBeNew: ReadonlySet<string> = new Set([
  'token.so-pin-wrong',
  'token.so-pin-locked',
  'token.so-pin-refused',
  'token.write-protected',
  'token.used-by-other',
]);

interface Job {
  act: CareAct;
  /** The act's name in the audit log. */
  recorded: AuditRecord['act'];
  token: TokenId;
  case: CareCase | null;
  work: CareWork;
}

/**
 * What is done to a key's PINs: by its holder, and at the counter. Acts at the counter are written into the journal
 * before the key is touched; every act, done or not, goes into the audit log with the tries that it took.
 *
 *   journal: started -> done | unchanged | unknown;  SO PIN: unknown -> settled by trying old, then new, once each
 */
export class KeyCare {
  #tools: CareTools;
  #now: () => Date;

  constructor(tools: CareTools) {
    this.#tools = tools;
    this.#now = tools.now ?? (() => new Date());
  }

  /** The holder changes the PIN. Errors: token.*, driver.*. */
  changePin(token: TokenId, options: CareOptions): Promise<CareResult> {
    const work: CareWork = { method: 'change-pin' };
    return this.#run({ act: 'pin.change', recorded: 'pin.change', token, case: null, work }, '', options);
  }

  /** The staff unlock, the holder sets the new PIN. Errors: token.*, driver.*. */
  unlock(token: TokenId, facts: CareCase, options: CareOptions): Promise<CareResult> {
    const work: CareWork = { method: 'unlock' };
    return this.#journaled(
      { act: 'token.unlock', recorded: 'token.unlock', token, case: facts, work },
      options,
    );
  }

  /** The staff change the SO PIN; keep both until this has returned. Errors: token.*, driver.*. */
  changeSoPin(token: TokenId, facts: CareCase, options: CareOptions): Promise<CareResult> {
    const work: CareWork = { method: 'change-so-pin' };
    return this.#journaled(
      { act: 'so-pin.change', recorded: 'so-pin.change', token, case: facts, work },
      options,
    );
  }

  /**
   * Makes a key new: a blank one, or one that is destroyed by it. `serialTyped`: what the staff typed to allow that.
   * Errors: token.not-found, token.not-empty, token.serial-mismatch, token.label-too-long, token.*, driver.*.
   */
  initialise(
    request: {
      target: { blank: string } | { token: TokenId };
      label: string;
      serialTyped: string | null;
      case: CareCase;
    },
    options: CareOptions,
  ): Promise<CareResult> {
    const { target, label, serialTyped } = request;
    const blank = 'blank' in target ? this.#blank(target.blank) : null;
    const token =
      'token' in target
        ? target.token
        : { module: blank?.module ?? '', serial: blank?.serial ?? '', label: '' };
    const work: CareWork = {
      method: 'initialise',
      blank: blank && { slot: blank.slot },
      newLabel: label,
      serialTyped,
    };
    return this.#journaled(
      { act: 'token.initialise', recorded: 'token.initialise', token, case: request.case, work },
      options,
    );
  }

  #blank(key: string): BlankKey {
    const { blanks }: KeysSnapshot = this.#tools.tokens.snapshot();
    const found = blanks.find((each) => each.key === key);
    if (!found) throw new YinkeyError('token.not-found', { label: '', serial: '' });
    return found;
  }

  /**
   * Tries one candidate of an interrupted change of the SO PIN, once. It fits: the entry is settled. It does not:
   * token.so-pin-wrong, and the entry remembers that.
   * Errors: request.refused for an entry that is settled or another act's; token.*, driver.*.
   */
  async settleSoPin(id: string, candidate: 'old' | 'new', options: CareOptions): Promise<CareResult> {
    const { journal } = this.#tools;
    const entry = journal.get(id);
    if (entry.act !== 'so-pin.change' || entry.state === 'done' || entry.state === 'unchanged') {
      throw new YinkeyError('request.refused', { method: 'nothing to settle' });
    }
    const { token } = entry;
    const work: CareWork = { method: 'settle-so-pin', candidate };
    try {
      const result = await this.#run(
        { act: 'so-pin.change', recorded: 'so-pin.settle', token, case: entry.case, work },
        id,
        options,
      );
      journal.settle(id, candidate === 'new' ? 'done' : 'unchanged', 'ok', token, this.#now());
      return result;
    } catch (error) {
      if (toWireError(error).code === 'token.so-pin-wrong') journal.refused(id, candidate);
      throw error;
    }
  }

  /**
   * After an unlock: the holder enters the new PIN, and the key signs a few bytes that mean nothing, checked with its
   * certificate. Errors: token.not-found, certificate.not-found (it has none that can sign); token.*, driver.*.
   */
  async trial(token: TokenId, facts: CareCase | null, options: CareOptions): Promise<CareTrial> {
    const { tokens } = this.#tools;
    const { module, serial, label } = token;
    const key = tokens
      .snapshot()
      .keys.find((each) => each.module === module && each.serial === serial && each.label === label);
    if (!key) throw new YinkeyError('token.not-found', { serial, label });
    const certificate = trialCertificate(key.certificates);
    if (!certificate) throw new YinkeyError('certificate.not-found', { id: '' });
    const logins: LoginFacts[] = [];
    const progress = options.onProgress ?? (() => {});
    const job = { recorded: 'token.trial', case: facts, certificate: certificate.sha256 } as const;
    const request: SignRequest = {
      serial,
      label,
      certificateSha256: certificate.sha256,
      ...schemeOf(certificate),
      message: trialMessage(this.#now()),
    };
    try {
      await tokens.sign(token, request, {
        pinPort: options.pinPort(),
        onWaiting: () => progress('pin'),
        onResumed: () => progress('token'),
        onLogin: (login) => logins.push(login),
      });
    } catch (error) {
      this.#record(job, token, toldBy(toWireError(error).code, logins), logins);
      throw error;
    }
    const { seq } = this.#record(job, token, 'ok', logins);
    return { at: this.#now().toISOString(), holder: certificate.holder, auditEntry: seq };
  }

  /** Acts at the counter, newest first. */
  journal(): CareEntry[] {
    return this.#tools.journal.list();
  }

  async #journaled(job: Job & { case: CareCase }, options: CareOptions): Promise<CareResult> {
    const { journal } = this.#tools;
    const id = journal.begin(job.act, job.token, job.case, this.#now());
    let written = false;
    let done = false;
    try {
      return await this.#run(job, id, options, {
        onWriting: () => {
          written = true;
        },
        onDone: (token) => {
          done = true;
          journal.settle(id, 'done', 'ok', token, this.#now());
          journal.supersede(job.act, token, this.#now());
        },
      });
    } catch (error) {
      // The key is as the act left it, whatever went wrong in the books.
      if (done) throw error;
      const { code } = toWireError(error);
      // A key that is being made new is a new one as soon as that began, whatever came after.
      const half = written && job.act === 'token.initialise' && !refusedToBeNew.has(code);
      const state = leavesUnknown.has(code) || half ? 'unknown' : 'unchanged';
      journal.settle(id, state, code, job.token, this.#now());
      throw error;
    }
  }

  async #run(
    job: Job,
    id: string,
    options: CareOptions,
    hooks: { onWriting?: () => void; onDone?: (token: Pick<TokenId, 'serial' | 'label'>) => void } = {},
  ): Promise<CareResult> {
    const { tokens } = this.#tools;
    const logins: LoginFacts[] = [];
    const progress = options.onProgress ?? (() => {});
    let asked: CareStep = 'pin';
    let answer: CareAnswer;
    try {
      answer = await tokens.care(job.token, job.work, {
        pinPort: options.pinPort(),
        onWaiting: () => progress(asked),
        onResumed: () => progress('token'),
        onLogin: (login) => logins.push(login),
        onHandOver: () => {
          asked = 'hand-over';
        },
        ...(hooks.onWriting && { onWriting: hooks.onWriting }),
      });
    } catch (error) {
      this.#record(job, job.token, toldBy(toWireError(error).code, logins), logins);
      throw error;
    }
    const { manufacturer, model, ...token } = answer.token;
    hooks.onDone?.(token);
    const { seq } = this.#record(job, token, 'ok', logins);
    return {
      id,
      act: job.act,
      at: this.#now().toISOString(),
      token: { module: job.token.module, ...token },
      manufacturer,
      model,
      before: answer.before,
      after: answer.after,
      logins: answer.logins,
      case: job.case,
      auditEntry: seq,
      tokenMillis: answer.tokenMillis,
    };
  }

  #record(
    job: Pick<Job, 'recorded' | 'case'> & { certificate?: string },
    token: { serial: string; label: string },
    result: string,
    logins: LoginFacts[],
  ) {
    const count = (who: LoginFacts['who']) => logins.filter((login) => login.who === who).length;
    return this.#tools.audit.append({
      act: job.recorded,
      subject: token.label,
      token: { serial: token.serial, label: token.label },
      certificateSha256: job.certificate ?? null,
      documentIn: null,
      documentOut: null,
      result,
      ...(job.case && { case: job.case }),
      tries: { user: count('user'), so: count('so') },
    });
  }
}

/** What every key of this kind can make. */
function schemeOf({ keyType }: CertificateInfo): Pick<SignRequest, 'scheme' | 'hash'> {
  if (keyType.startsWith('RSA')) return { scheme: 'rsa-pkcs1', hash: 'sha256' };
  return {
    scheme: 'ecdsa',
    hash: keyType === 'EC-P384' ? 'sha384' : keyType === 'EC-P521' ? 'sha512' : 'sha256',
  };
}

/** Words, so that it can never be taken for signed attributes, a request or anything else in DER. */
const trialMessage = (now: Date): Uint8Array =>
  new TextEncoder().encode(`YinKey trial of a new PIN, ${now.toISOString()}, ${randomUUID()}`);

/** Given up after a PIN was refused: the log says what the key said. */
function toldBy(code: string, logins: LoginFacts[]): string {
  const last = logins.at(-1)?.result ?? 'ok';
  return code === 'token.pin-cancelled' && last !== 'ok' ? last : code;
}
