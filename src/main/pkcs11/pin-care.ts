import { createHmac, randomBytes } from 'node:crypto';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CareAnswer, CareRequest, InitialiseRequest } from './api.ts';
import {
  type Cryptoki,
  type Handle,
  labelBytes,
  type Session,
  slotNumber,
  type TokenInfo,
} from './cryptoki.ts';
import { messagesOut, type PinConversation } from './pin-conversation.ts';
import { afterRefusal, PinAct, protectedPath, refusalOf, type Submit, type Who } from './pin-question.ts';
import { ckf, pinStatesOf } from './pin-state.ts';
import { closeQuietly, isBlank, logoutQuietly, type TokenList } from './token-list.ts';
import type { Exclusive } from './token-signer.ts';

/** So long may the holder take to come to the keyboard while the SO is logged in, in milliseconds. */
const handOverMillis = 10 * 60_000;

/** A session in which somebody is logged in, and the PIN that was typed for it (null: on the pad). */
interface Open {
  slot: Handle;
  info: TokenInfo;
  session: Session;
  pin: string | null;
}

/** Failures in the middle of a change after which nobody knows whether the key took it. */
const leavesUnknown: ReadonlySet<string> = new Set([
  'token.removed',
  'token.failed',
  'token.not-opened',
  'driver.failed',
]);

/**
 * Acts on a token's PINs. Each is one conversation with the PIN window; each login in it is one submit of a person,
 * and nothing is tried twice. PINs live in the variables of one call and end with it.
 *
 *   change-pin     ask pin -> C_Login -> ask new-pin -> C_SetPIN -> logout
 *   unlock         ask so-pin -> C_Login(SO) -> hand over -> ask new-pin -> C_InitPIN -> logout
 *   change-so-pin  ask so-pin -> C_Login(SO) -> ask new-so-pin -> C_SetPIN -> logout -> C_Login(SO) with the new one
 *   settle-so-pin  ask so-pin (one candidate) -> C_Login(SO), once
 *   initialise     blank: ask new-so-pin; other: ask so-pin -> C_Login(SO), logout; hand over -> ask new-pin
 *                  -> C_InitToken -> C_Login(SO) -> C_InitPIN -> logout: nothing is destroyed before all was typed
 */
export class PinCare {
  #module: Cryptoki;
  #list: TokenList;
  #exclusive: Exclusive;

  constructor(module: Cryptoki, list: TokenList, exclusive: Exclusive) {
    this.#module = module;
    this.#list = list;
    this.#exclusive = exclusive;
  }

  /** Errors: token.*, driver.failed; token.act-unknown when the key went away over the change. */
  changePin(request: CareRequest, person: PinConversation): Promise<CareAnswer> {
    return this.#act(request, person, async (act) => {
      const before = await this.#states(request);
      const open = await this.#login(act, request, 'user');
      return this.#withOpen(open, async () => {
        await this.#newPin(act, open, 'new-pin', { isOld: sameAs(open.pin) }, {}, (pin) =>
          open.session.setPin(open.pin, pin, 'user'),
        );
        return { before, slot: open.slot };
      });
    });
  }

  /** Errors: token.*, driver.failed; token.still-locked when the key says so after all. */
  unlock(request: CareRequest, person: PinConversation): Promise<CareAnswer> {
    return this.#act(request, person, async (act) => {
      const before = await this.#states(request);
      const open = await this.#login(act, request, 'so');
      await this.#withOpen(open, async () => {
        const isSo = sameAs(open.pin);
        // The SO PIN is not needed any more, and the holder may take long.
        open.pin = null;
        await this.#newPin(
          act,
          open,
          'new-pin',
          { isSo },
          { handOver: true, expiresIn: handOverMillis },
          (pin) => open.session.initPin(pin),
        );
        act.reset();
      });
      const after = await this.#exclusive(() => pinStatesOf(this.#module.token(open.slot).flags));
      if (after.user === 'locked') throw new YinkeyError('token.still-locked', { label: request.label });
      return { before, slot: open.slot };
    });
  }

  /** Errors: token.*; token.so-pin-unconfirmed when the new SO PIN does not open the key it was given to. */
  changeSoPin(request: CareRequest, person: PinConversation): Promise<CareAnswer> {
    return this.#act(request, person, async (act) => {
      const before = await this.#states(request);
      const open = await this.#login(act, request, 'so');
      const { slot } = open;
      let fresh: string | null = null;
      await this.#withOpen(open, () =>
        this.#newPin(act, open, 'new-so-pin', { isOld: sameAs(open.pin) }, {}, (pin) => {
          open.session.setPin(open.pin, pin, 'so');
          fresh = pin;
        }),
      );
      await this.#exclusive(() => this.#confirmSoPin(act, slot, fresh));
      return { before, slot };
    });
  }

  /** One login as the SO with the PIN of `candidate`; a wrong one is not asked for again. Errors: token.so-pin-wrong ... */
  settleSoPin(
    request: CareRequest & { candidate: 'old' | 'new' },
    person: PinConversation,
  ): Promise<CareAnswer> {
    return this.#act(request, person, async (act) => {
      const before = await this.#states(request);
      const open = await this.#login(act, request, 'so', request.candidate);
      await this.#withOpen(open, async () => {});
      return { before, slot: open.slot };
    });
  }

  /**
   * Errors: token.not-empty, token.serial-mismatch, token.label-too-long before anyone is asked; token.*; after
   * C_InitToken only what C_InitPIN says: the key is new then, and its PIN can be set by `unlock`.
   */
  initialise(request: InitialiseRequest, person: PinConversation): Promise<CareAnswer> {
    return this.#act(request, person, async (act) => {
      const target = await this.#exclusive(() => this.#target(request));
      const before = pinStatesOf(target.info.flags);
      const soPin = request.blank
        ? await this.#firstSoPin(act, target)
        : await this.#checkedSoPin(act, request);
      const fresh: Partial<Open> = {};
      try {
        await this.#newPin(
          act,
          target,
          'new-pin',
          { isSo: sameAs(soPin) },
          { handOver: true, expiresIn: handOverMillis },
          async (pin) => {
            // Asked for another PIN by the key, the second turn goes on where the first one stood.
            fresh.session ??= await this.#initialised(act, target.slot, soPin, request.newLabel);
            fresh.session.initPin(pin);
          },
        );
        act.reset();
      } finally {
        const { session } = fresh;
        if (session) await this.#exclusive(() => this.#leave(session));
      }
      return { before, slot: target.slot };
    });
  }

  /** Frame of every act: what went wrong is said to the person, the port is closed, flags are read at the end. */
  async #act(
    request: CareRequest,
    person: PinConversation,
    work: (act: PinAct) => Promise<{ before: CareAnswer['before']; slot: Handle }>,
  ): Promise<CareAnswer> {
    const act = new PinAct(this.#module, person, request.tries);
    try {
      const { before, slot } = await work(act);
      const info = await this.#exclusive(() => this.#module.token(slot));
      person.say({ type: 'accepted' });
      return {
        token: {
          serial: info.serial,
          label: info.label,
          manufacturer: info.manufacturer,
          model: info.model,
        },
        before,
        after: pinStatesOf(info.flags),
        logins: act.logins,
        tokenMillis: act.tokenMillis,
      };
    } catch (error) {
      const cancelled = error instanceof YinkeyError && error.code === 'token.pin-cancelled';
      if (!cancelled) person.say({ type: 'failed', error: toWireError(error), canRetry: false });
      throw error;
    } finally {
      await messagesOut();
      person.end();
    }
  }

  #states(request: CareRequest): Promise<CareAnswer['before']> {
    return this.#exclusive(() => pinStatesOf(this.#list.find(request).info.flags));
  }

  /** Somebody logs in, in a session that can change PINs; it stays open. */
  #login(act: PinAct, request: CareRequest, who: Who, candidate: 'old' | 'new' | null = null): Promise<Open> {
    const find = () => this.#list.findAgain(request);
    return act.ask<Open>(
      async (wrong) => {
        if (wrong && candidate !== null)
          throw new YinkeyError('token.so-pin-wrong', { label: request.label });
        const { info } = await this.#exclusive(find);
        return act.question(info, who, { wrong, candidate });
      },
      async (answer) => {
        await messagesOut();
        return this.#exclusive(() => act.timed(() => this.#tryLogin(act, request, who, answer)));
      },
      { watch: () => this.#exclusive(() => void find()) },
    );
  }

  async #tryLogin(act: PinAct, request: CareRequest, who: Who, answer: Submit) {
    const { slot, info } = this.#list.findAgain(request);
    const refusal = refusalOf(info, answer, who);
    if (refusal) return refusal;
    const session = this.#module.open(slot, 'write');
    const pin = answer.type === 'submit' ? answer.pin : null;
    try {
      // A login left over from an earlier act of this process would make C_Login refuse without looking at the PIN.
      if (session.loggedIn) session.logout();
      await act.login(slot, session, who, pin);
    } catch (error) {
      closeQuietly(session);
      return afterRefusal(error, who, request.label);
    }
    return { done: { slot, info, session, pin } };
  }

  async #withOpen<T>(open: Open, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.#exclusive(() => this.#leave(open.session));
    }
  }

  #leave(session: Session): void {
    logoutQuietly(session);
    closeQuietly(session);
  }

  /** Asks for a new PIN and gives it to the key; a key that went away over it leaves token.act-unknown. */
  #newPin(
    act: PinAct,
    at: { slot: Handle; info: TokenInfo },
    field: 'new-pin' | 'new-so-pin',
    known: { isOld?: (pin: string) => boolean; isSo?: (pin: string) => boolean },
    options: { handOver?: boolean; expiresIn?: number },
    write: (pin: string | null) => void | Promise<void>,
  ): Promise<void> {
    return act.askNew(
      (more) => act.newQuestion(at.info, field, more),
      known,
      (pin) =>
        this.#exclusive(async () => {
          this.#assertThere(at);
          try {
            await act.timed(() => write(pin));
          } catch (error) {
            throw unknownAfter(error);
          }
        }),
      { ...options, watch: () => this.#exclusive(() => this.#assertThere(at)) },
    );
  }

  /** The same token is still in its slot. Errors: token.removed. */
  #assertThere({ slot, info }: { slot: Handle; info: TokenInfo }): void {
    const now = this.#module.token(slot);
    if (now.serial === info.serial && now.label === info.label) return;
    throw new YinkeyError('token.removed', { label: info.label });
  }

  /** The new SO PIN opens the key, or nobody knows which one does. One try, with what was typed a moment ago. */
  async #confirmSoPin(act: PinAct, slot: Handle, pin: string | null): Promise<void> {
    const session = this.#module.open(slot, 'write');
    try {
      await act.login(slot, session, 'so', pin);
      session.logout();
    } catch (error) {
      throw new YinkeyError('token.so-pin-unconfirmed', { cause: toWireError(error).code }, { cause: error });
    } finally {
      closeQuietly(session);
    }
  }

  /** The key to be made new, if that is allowed. */
  #target(request: InitialiseRequest): { slot: Handle; info: TokenInfo } {
    if (Buffer.byteLength(request.newLabel) > labelBytes) {
      throw new YinkeyError('token.label-too-long', { bytes: Buffer.byteLength(request.newLabel) });
    }
    const { blank, serial } = request;
    if (blank) {
      for (const { slot, info } of this.#list.look()) {
        if (info instanceof YinkeyError || !isBlank(info)) continue;
        if (info.serial === serial && slotNumber(slot) === blank.slot) return { slot, info };
      }
      throw new YinkeyError('token.not-found', { label: '', serial });
    }
    const found = this.#list.find(request);
    if (!this.#mayHold(found)) return found;
    if (request.serialTyped === null)
      throw new YinkeyError('token.not-empty', { label: request.label, serial });
    const plain = (text: string) => text.replace(/[\s-]/g, '').toUpperCase();
    if (plain(serial) === '' || plain(request.serialTyped) !== plain(serial)) {
      throw new YinkeyError('token.serial-mismatch', { label: request.label });
    }
    return found;
  }

  /** What a key shows before login; one whose user PIN is set may hold what it does not show. */
  #mayHold({ slot, info }: { slot: Handle; info: TokenInfo }): boolean {
    if (info.flags & ckf.CKF_USER_PIN_INITIALIZED) return true;
    const session = this.#module.open(slot);
    try {
      return session.find([]).length > 0;
    } finally {
      closeQuietly(session);
    }
  }

  /** The SO PIN that a blank key will get. */
  async #firstSoPin(act: PinAct, target: { slot: Handle; info: TokenInfo }): Promise<string | null> {
    if (protectedPath(target.info)) return null;
    let typed: string | null = null;
    await act.askNew(
      (more) => act.newQuestion(target.info, 'new-so-pin', more),
      {},
      async (pin) => {
        typed = pin;
      },
      { later: true, watch: () => this.#exclusive(() => this.#assertThere(target)) },
    );
    return typed;
  }

  /** The SO PIN of a key that has one, checked by a login. */
  async #checkedSoPin(act: PinAct, request: CareRequest): Promise<string | null> {
    const open = await this.#login(act, request, 'so');
    await this.#exclusive(() => this.#leave(open.session));
    return open.pin;
  }

  /** C_InitToken, and the SO logged in to what it made. */
  async #initialised(act: PinAct, slot: Handle, soPin: string | null, label: string): Promise<Session> {
    try {
      this.#module.initToken(slot, soPin, label);
    } catch (error) {
      // The holder's PIN has not been looked at yet: a refusal here is of the SO PIN, and ends the act.
      const { code, details } = toWireError(error);
      if (code.startsWith('token.new-pin-')) {
        throw new YinkeyError('token.so-pin-refused', details, { cause: error });
      }
      throw error;
    }
    const session = this.#module.open(slot, 'write');
    try {
      await act.login(slot, session, 'so', soPin);
      return session;
    } catch (error) {
      closeQuietly(session);
      throw error;
    }
  }
}

/** Compares with a PIN without keeping it. Nothing typed (a pad): nothing is the same. */
function sameAs(pin: string | null): (other: string) => boolean {
  if (pin === null) return () => false;
  const key = randomBytes(32);
  const digest = (text: string) => createHmac('sha256', key).update(text, 'utf8').digest('hex');
  const kept = digest(pin);
  return (other) => digest(other) === kept;
}

/** The key went away, or its driver gave up, while it was being changed. */
function unknownAfter(error: unknown): unknown {
  const { code, details } = toWireError(error);
  if (!leavesUnknown.has(code)) return error;
  return new YinkeyError('token.act-unknown', { ...details, was: code }, { cause: error });
}
