import type { PinField, PinQuestion, PinRequest } from '../../shared/contract/index.ts';
import type { LoginFacts, PinStates } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { isDefaultPin, pinBytes, refusalOfNewPin } from '../../shared/pin-policy.ts';
import type { Cryptoki, Handle, Session, TokenInfo } from './cryptoki.ts';
import { type AskOptions, messagesOut, type PinConversation } from './pin-conversation.ts';
import { ckf, pinStatesOf } from './pin-state.ts';
import { afterLogin, afterReset, type KnownTries, triesLeft } from './tries.ts';

/** Whose PIN it is. */
export type Who = 'user' | 'so';
/** What the person sent to be tried. */
export type Submit = Exclude<PinRequest, { type: 'again' } | { type: 'cancel' }>;
/** What one submit came to, when it did not end the act: a new question, or a failure that may be tried again. */
export type Again = { ask: true; wrong: boolean } | { retry: YinkeyError };

/** Failures at a login after which the person may try again: none of them is repeated by the program. */
const mayRetry: ReadonlySet<string> = new Set([
  'token.busy',
  'token.used-by-other',
  'token.failed',
  'token.not-opened',
  'token.pin-length',
  'token.pin-invalid',
  'token.pin-cancelled',
]);

export const protectedPath = (info: TokenInfo) => (info.flags & ckf.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0;
const fieldOf = { user: 'pin', so: 'so-pin' } as const;
const lockedCode = { user: 'token.pin-locked', so: 'token.so-pin-locked' } as const;
const wrongCode = { user: 'token.pin-wrong', so: 'token.so-pin-wrong' } as const;

/** What is asked besides the plain field. */
type More = Partial<
  Pick<PinQuestion, 'wrong' | 'refused' | 'handOver' | 'expiresIn' | 'signatureAgain' | 'candidate'>
>;

/**
 * One act in which PINs are asked for: the person, what is known of the tries, and every login as it went. Each login
 * is told to the caller at once (progress `{ login }`), so that it is known even if this process ends the next moment.
 */
export class PinAct {
  readonly person: PinConversation;
  readonly logins: LoginFacts[] = [];
  /** A PIN that keys are delivered with was accepted. */
  defaultPin = false;
  /** Milliseconds in the driver. */
  tokenMillis = 0;
  #module: Cryptoki;
  #tries: KnownTries;

  constructor(module: Cryptoki, person: PinConversation, tries: KnownTries) {
    this.#module = module;
    this.person = person;
    this.#tries = tries;
  }

  /**
   * The open field for the user's or the SO's PIN, as the token's flags want it.
   * Errors: token.pin-locked, token.so-pin-locked, token.pin-not-set.
   */
  question(info: TokenInfo, who: Who, more: More = {}): PinQuestion {
    const state = pinStatesOf(info.flags)[who];
    if (state === 'locked') throw new YinkeyError(lockedCode[who], { label: info.label });
    if (state === 'not-set') throw new YinkeyError('token.pin-not-set', { label: info.label });
    return {
      ...this.#plain(info, fieldOf[who]),
      state,
      triesLeft: triesLeft(state, this.#tries[who]),
      ...more,
    };
  }

  /** The open field for a new PIN. */
  newQuestion(info: TokenInfo, field: 'new-pin' | 'new-so-pin', more: More = {}): PinQuestion {
    return { ...this.#plain(info, field), ...more };
  }

  #plain(info: TokenInfo, field: PinField): PinQuestion {
    return {
      type: 'ask',
      field,
      state: 'ok',
      triesLeft: null,
      minLength: info.minPin,
      maxLength: info.maxPin,
      protectedPath: protectedPath(info),
      wrong: false,
      refused: null,
      handOver: false,
      expiresIn: null,
      signatureAgain: false,
      candidate: null,
    };
  }

  /** The SO has set the user's PIN. */
  reset(): void {
    this.#tries = afterReset(this.#tries);
    this.person.tell({ reset: true });
  }

  /** Measures work in the driver. */
  async timed<T>(work: () => T | Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.tokenMillis += performance.now() - began;
    }
  }

  /**
   * C_Login, once, with the flags before and after it. Rejects with what the driver said.
   * `context`: the login that belongs to one signature (CKU_CONTEXT_SPECIFIC).
   */
  async login(slot: Handle, session: Session, who: Who, pin: string | null, context = false): Promise<void> {
    const before = pinStatesOf(this.#module.token(slot).flags);
    this.person.say({ type: 'checking' });
    // If the driver ends here, the key may have counted a try: the caller is told before.
    this.person.tell({ checking: true });
    await this.person.phase(pin === null ? 'pad' : 'login');
    let result = 'ok';
    try {
      if (context) session.loginForOperation(pin);
      else session.login(pin, who);
    } catch (error) {
      result = toWireError(error).code;
      throw error;
    } finally {
      this.#note({ who, result, before, after: this.#statesNow(slot) });
    }
    if (pin !== null && isDefaultPin(pin)) this.defaultPin = true;
    await this.person.phase('find');
  }

  #note(facts: LoginFacts): void {
    this.logins.push(facts);
    this.#tries = afterLogin(this.#tries, facts);
    this.person.tell({ login: facts });
  }

  #statesNow(slot: Handle): PinStates | null {
    try {
      return pinStatesOf(this.#module.token(slot).flags);
    } catch (error) {
      // The key is gone: what the login said is told all the same.
      if (error instanceof YinkeyError) return null;
      throw error;
    }
  }

  /**
   * Asks until a submit ends it. `question` makes the question from the flags as they are now (and throws what ends
   * the act); `attempt` spends at most one try.
   */
  async ask<T>(
    question: (wrong: boolean) => Promise<PinQuestion>,
    attempt: (answer: Submit) => Promise<{ done: T } | Again>,
    options: AskOptions = {},
  ): Promise<T> {
    let wrong = false;
    for (;;) {
      let said: Parameters<PinConversation['ask']>[0] = await question(wrong);
      for (;;) {
        const answer = await this.person.ask(said, options);
        if (answer.type === 'again') {
          wrong = false;
          break;
        }
        const outcome = await attempt(answer);
        if ('done' in outcome) return outcome.done;
        if ('ask' in outcome) {
          wrong = outcome.wrong;
          break;
        }
        said = { type: 'failed', error: toWireError(outcome.retry), canRetry: true };
        wrong = false;
      }
    }
  }

  /**
   * Asks for the user's PIN until a submit ends it. `first`: the token as it was a moment ago; `findAgain` finds it as it is
   * now, also while the person thinks; `attempt` spends at most one try.
   * Errors: those of `question`, `ask` and `findAgain`; token.pin-expired.
   */
  askForUserPin<T>(
    first: TokenInfo,
    findAgain: () => Promise<TokenInfo>,
    attempt: (answer: Submit) => Promise<{ done: T } | Again>,
  ): Promise<T> {
    let known: TokenInfo | undefined = first;
    return this.ask<T>(
      async (wrong) => {
        const info = known ?? (await findAgain());
        known = undefined;
        const question = this.question(info, 'user', { wrong });
        // The key refuses everything until its PIN is another one: no try is spent on learning that.
        if (info.flags & ckf.CKF_USER_PIN_TO_BE_CHANGED) {
          throw new YinkeyError('token.pin-expired', { label: info.label });
        }
        return question;
      },
      async (answer) => {
        await messagesOut();
        return attempt(answer);
      },
      { watch: async () => void (await findAgain()) },
    );
  }

  /**
   * Asks for a new PIN until one is within the policy and the key takes it. `write` gives it to the key.
   * Errors: those of `ask`, and what `write` throws, but for a refusal of the new PIN, which is asked about anew.
   */
  async askNew(
    question: (more: More) => PinQuestion,
    known: { isOld?: (pin: string) => boolean; isSo?: (pin: string) => boolean },
    write: (pin: string | null) => Promise<void>,
    options: {
      handOver?: boolean;
      expiresIn?: number | null;
      watch?: () => Promise<void>;
      /** `write` only keeps it for later: nothing is told, since nothing happens yet. */
      later?: boolean;
    } = {},
  ): Promise<void> {
    const deadline = typeof options.expiresIn === 'number' ? performance.now() + options.expiresIn : null;
    let refused: PinQuestion['refused'] = null;
    let first = true;
    for (;;) {
      const expiresIn = deadline === null ? null : Math.max(0, Math.round(deadline - performance.now()));
      const said = question({ refused, handOver: first && (options.handOver ?? false), expiresIn });
      const { watch } = options;
      if (said.handOver) this.person.tell({ handOver: true });
      const answer = await this.person.ask(said, { expiresIn, ...(watch && { watch }) });
      first = false;
      refused = null;
      if (answer.type === 'again' || (answer.type === 'submit-on-pad') !== said.protectedPath) continue;
      const pin = answer.type === 'submit' ? answer.pin : null;
      refused = pin === null ? null : refusalOfNewPin(pin, said, known);
      if (refused !== null) continue;
      if (options.later) return write(pin);
      this.person.say({ type: 'checking' });
      // From here on nobody can be sure any more without asking the key: the caller is told before.
      this.person.tell({ writing: true });
      await this.person.phase(pin === null ? 'pad' : 'write');
      try {
        await write(pin);
        return;
      } catch (error) {
        const code = toWireError(error).code;
        if (code !== 'token.new-pin-refused' && code !== 'token.new-pin-length') throw error;
        refused = 'by-key';
        this.person.tell({ writing: false });
      }
    }
  }
}

/** Why nothing is tried with this answer, by the flags as they are now; undefined: it may be tried, once. */
export function refusalOf(info: TokenInfo, answer: Submit, who: Who): Again | undefined {
  const state = pinStatesOf(info.flags)[who];
  // The flags may have grown worse while the person typed: the question is put again, with what is known now.
  if (state === 'locked' || state === 'not-set') return { ask: true, wrong: false };
  if (state === 'final-try' && !answer.lastTryAgreed) return { ask: true, wrong: false };
  if (protectedPath(info) !== (answer.type === 'submit-on-pad')) return { ask: true, wrong: false };
  if (answer.type === 'submit-on-pad') return undefined;
  const length = pinBytes(answer.pin);
  if (length >= info.minPin && (info.maxPin === 0 || length <= info.maxPin)) return undefined;
  return { retry: new YinkeyError('token.pin-length', { min: info.minPin, max: info.maxPin }) };
}

/** What a refused login means: ask again, offer another try, or end (thrown). */
export function afterRefusal(error: unknown, who: Who, label: string): Again {
  if (!(error instanceof YinkeyError)) throw error;
  // The next question reads the flags again and finds a lock, if this try was the last.
  if (error.code === wrongCode[who]) return { ask: true, wrong: true };
  if (mayRetry.has(error.code)) return { retry: error };
  if (error.code === lockedCode[who]) {
    throw new YinkeyError(error.code, { ...error.details, label }, { cause: error });
  }
  throw error;
}
