import type { KeyObject } from 'node:crypto';
import type { PinReply, PinRequest } from '../../shared/contract/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { SignatureAnswer, SignRequest } from './api.ts';
import { attribute, type Cryptoki, type Handle, type Session, type TokenInfo } from './cryptoki.ts';
import {
  checkedSignature,
  maxSignatureLength,
  publicKeyOf,
  type SigningWay,
  signingWays,
} from './mechanisms.ts';
import { messagesOut, type PinConversation } from './pin-conversation.ts';
import { ckf, pinStateOf } from './pin-state.ts';
import { closeQuietly, findPrivateKey, sha256Hex, type TokenList } from './token-list.ts';

/** Runs one piece of driver work at a time; the person's time lies between the pieces. */
export type Exclusive = <T>(work: () => T | Promise<T>) => Promise<T>;

interface Material {
  /** CKA_ID of the certificate, hex. */
  ckaId: string;
  publicKey: KeyObject;
  ways: SigningWay[];
}

/** What one submit came to, when it did not end the act. */
type Again = { ask: true; wrong: boolean } | { retry: YinkeyError };
type Outcome = { done: SignatureAnswer } | Again;
type Submit = Exclude<PinRequest, { type: 'again' } | { type: 'cancel' }>;

/** Failures at a login after which the person may try again: none of them is repeated by the program. */
const mayRetry = new Set([
  'token.busy',
  'token.used-by-other',
  'token.failed',
  'token.pin-length',
  'token.pin-invalid',
  'token.pin-cancelled',
]);

const keyTypes = { 'rsa-pkcs1': ['rsa'], 'rsa-pss': ['rsa', 'rsa-pss'], ecdsa: ['ec'] } as const;

const protectedPath = (info: TokenInfo) => (info.flags & ckf.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0;

/**
 * Login, signature and logout as one act.
 *
 *   ask --submit--> flags read --last try, not agreed--> ask
 *                      |--locked--> failed (over)
 *                      |--length--> failed, again (nothing tried)
 *                      '--> checking -> C_Login once --wrong--> flags read -> ask(wrong) or failed (locked, over)
 *                                          |--other--> failed, again or over
 *                                          '--ok--> accepted -> key -> signature -> checked -> logout
 *
 * A key that wants the PIN for each signature asks a second time, before "accepted". C_Login is called at most once for
 * each submit, and never without one.
 */
export class TokenSigner {
  #module: Cryptoki;
  #list: TokenList;
  #exclusive: Exclusive;

  constructor(module: Cryptoki, list: TokenList, exclusive: Exclusive) {
    this.#module = module;
    this.#list = list;
    this.#exclusive = exclusive;
  }

  /** Errors: token.*, certificate.not-found, certificate.unreadable, driver.failed. */
  async sign(request: SignRequest, person: PinConversation): Promise<SignatureAnswer> {
    let asking = true;
    try {
      // What can be known without a PIN is found out before anyone is asked for one.
      const prepared = await this.#exclusive(() => this.#prepare(request));
      let { info } = prepared;
      let wrong = false;
      for (;;) {
        let question: PinReply = questionOf(info, wrong);
        for (;;) {
          const answer = await person.ask(question);
          if (answer.type === 'again') break;
          await messagesOut();
          const outcome = await this.#exclusive(() =>
            this.#attempt(request, prepared.material, person, answer, () => {
              asking = false;
            }),
          );
          if ('done' in outcome) return outcome.done;
          if ('ask' in outcome) {
            wrong = outcome.wrong;
            break;
          }
          question = { type: 'failed', error: toWireError(outcome.retry), canRetry: true };
          wrong = false;
        }
        info = await this.#exclusive(() => this.#findAgain(request).info);
      }
    } catch (error) {
      // After the login the window has closed; and whoever cancelled knows it.
      const cancelled = error instanceof YinkeyError && error.code === 'token.pin-cancelled';
      if (asking && !cancelled) person.say({ type: 'failed', error: toWireError(error), canRetry: false });
      throw error;
    } finally {
      person.end();
    }
  }

  /** A token that was there when the act began. Errors: token.removed. */
  #findAgain(request: SignRequest): ReturnType<TokenList['find']> {
    try {
      return this.#list.find(request);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.not-found') throw error;
      throw new YinkeyError('token.removed', error.details, { cause: error });
    }
  }

  /** What the signature needs that is public; it stays the same however often the PIN is asked. */
  #prepare(request: SignRequest): { info: TokenInfo; material: Material } {
    const { slot, info } = this.#list.find(request);
    const certificate = this.#list
      .certificates(slot, info)
      .find(({ der }) => sha256Hex(der) === request.certificateSha256);
    if (!certificate) throw new YinkeyError('certificate.not-found', { label: request.label });
    const publicKey = publicKeyOf(certificate.der);
    const type = publicKey.asymmetricKeyType ?? '';
    if (!(keyTypes[request.scheme] as readonly string[]).includes(type)) {
      throw new YinkeyError('certificate.key-unsupported', { keyType: type, scheme: request.scheme });
    }
    const ways = signingWays(this.#module.mechanisms(slot), request.scheme, request.hash, request.message);
    return { info, material: { ckaId: certificate.ckaId, publicKey, ways } };
  }

  /** One submit of the person: at most one C_Login (and one more submit, where the key wants one for each signature). */
  async #attempt(
    request: SignRequest,
    { ckaId, publicKey, ways }: Material,
    person: PinConversation,
    answer: Submit,
    onAccepted: () => void,
  ): Promise<Outcome> {
    const started = performance.now();
    const { slot, info } = this.#findAgain(request);
    const refusal = refusalOf(info, answer);
    if (refusal) return refusal;
    const session = this.#module.open(slot);
    let loggedIn = false;
    let asked = 0;
    const accepted = async () => {
      person.say({ type: 'accepted' });
      onAccepted();
      await messagesOut();
    };
    try {
      // A login left over from an earlier act of this process would make C_Login refuse without looking at the PIN.
      if (session.loggedIn) session.logout();
      person.say({ type: 'checking' });
      await messagesOut();
      try {
        session.login(answer.type === 'submit' ? answer.pin : null);
        loggedIn = true;
      } catch (error) {
        return this.#afterRefusal(request, error);
      }
      const key = findPrivateKey(session, ckaId, publicKey);
      const everyTime = session.attribute(key, attribute.alwaysAuthenticate)?.[0] === 1;
      let again: Again | undefined;
      const authenticate = async () => {
        again = await this.#askForThisSignature(request, slot, session, person, (wait) => {
          asked += wait;
        });
        if (again) throw new YinkeyError('token.pin-wrong');
        await accepted();
      };
      if (!everyTime) await accepted();
      let signature: Uint8Array;
      try {
        signature = await signWithOneOf(
          session,
          ways,
          key,
          maxSignatureLength(publicKey),
          everyTime ? authenticate : undefined,
        );
      } catch (error) {
        if (again) return again;
        throw error;
      }
      return {
        done: {
          signature: checkedSignature(signature, publicKey, request.scheme, request.hash, request.message),
          tokenMillis: performance.now() - started - asked,
        },
      };
    } finally {
      if (loggedIn) logoutQuietly(session);
      closeQuietly(session);
    }
  }

  /**
   * A key with CKA_ALWAYS_AUTHENTICATE wants a login of its own between C_SignInit and C_Sign (PKCS#11 2.40, 4.9). The
   * person is asked once more: the program doesn't use a PIN twice. Returns why the act has to begin anew, if so.
   */
  async #askForThisSignature(
    request: SignRequest,
    slot: Handle,
    session: Session,
    person: PinConversation,
    onWaited: (millis: number) => void,
  ): Promise<Again | undefined> {
    for (;;) {
      const began = performance.now();
      const answer = await person.ask(questionOf(this.#module.token(slot), false));
      onWaited(performance.now() - began);
      if (answer.type === 'again') continue;
      const refusal = refusalOf(this.#module.token(slot), answer);
      if (refusal && 'retry' in refusal) return refusal;
      if (refusal) continue;
      person.say({ type: 'checking' });
      await messagesOut();
      try {
        session.loginForOperation(answer.type === 'submit' ? answer.pin : null);
        return undefined;
      } catch (error) {
        return this.#afterRefusal(request, error);
      }
    }
  }

  /** What a refused login means: read the flags again, then ask, offer another try, or end. */
  #afterRefusal(request: SignRequest, error: unknown): Again {
    if (!(error instanceof YinkeyError)) throw error;
    if (error.code === 'token.pin-wrong') {
      // The next question reads the flags again and finds a lock, if this try was the last.
      return { ask: true, wrong: true };
    }
    if (mayRetry.has(error.code)) return { retry: error };
    if (error.code === 'token.pin-locked') {
      throw new YinkeyError('token.pin-locked', { ...error.details, label: request.label }, { cause: error });
    }
    throw error;
  }
}

/** The open field, as the token's flags want it. Errors: token.pin-locked, token.pin-not-set. */
function questionOf(info: TokenInfo, wrong: boolean): PinReply {
  const state = pinStateOf(info.flags);
  if (state === 'locked') throw new YinkeyError('token.pin-locked', { label: info.label });
  if (state === 'not-set') throw new YinkeyError('token.pin-not-set', { label: info.label });
  return {
    type: 'ask',
    state,
    minLength: info.minPin,
    maxLength: info.maxPin,
    protectedPath: protectedPath(info),
    wrong,
  };
}

/** Why nothing is tried with this answer, by the flags as they are now; undefined: it may be tried, once. */
function refusalOf(info: TokenInfo, answer: Submit): Again | undefined {
  const state = pinStateOf(info.flags);
  // The flags may have grown worse while the person typed: the question is put again, with what is known now.
  if (state === 'locked' || state === 'not-set') return { ask: true, wrong: false };
  if (state === 'final-try' && !answer.lastTryAgreed) return { ask: true, wrong: false };
  if (protectedPath(info) !== (answer.type === 'submit-on-pad')) return { ask: true, wrong: false };
  if (answer.type === 'submit-on-pad') return undefined;
  const length = Buffer.byteLength(answer.pin);
  if (length >= info.minPin && (info.maxPin === 0 || length <= info.maxPin)) return undefined;
  return { retry: new YinkeyError('token.pin-length', { min: info.minPin, max: info.maxPin }) };
}

/** Tries the mechanisms in turn; another one is tried only when the key refused the kind of mechanism. */
async function signWithOneOf(
  session: Session,
  ways: SigningWay[],
  key: Handle,
  maxLength: number,
  authenticate?: () => Promise<void>,
): Promise<Uint8Array> {
  let refused: unknown;
  for (const { mechanism, data } of ways) {
    try {
      return await session.sign(mechanism, key, data, maxLength, authenticate);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.mechanism-missing') throw error;
      refused = error;
    }
  }
  throw refused;
}

/** After the signature is made or lost: a key that went away has logged out by itself. */
function logoutQuietly(session: Session): void {
  try {
    session.logout();
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
  }
}
