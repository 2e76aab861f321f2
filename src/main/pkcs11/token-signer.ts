import type { KeyObject } from 'node:crypto';
import type { PinStates } from '../../shared/domain/index.ts';
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
import type { PinConversation } from './pin-conversation.ts';
import { type Again, afterRefusal, PinAct, refusalOf, type Submit } from './pin-question.ts';
import { pinStatesOf } from './pin-state.ts';
import { SealGuard } from './seal-guard.ts';
import { closeQuietly, findPrivateKey, logoutQuietly, sha256Hex, type TokenList } from './token-list.ts';
import { nothingKnown } from './tries.ts';

/** Runs one piece of driver work at a time; the person's time lies between the pieces. */
export type Exclusive = <T>(work: () => T | Promise<T>) => Promise<T>;

interface Material {
  /** DER. */
  certificate: Uint8Array;
  /** CKA_ID of the certificate, hex. */
  ckaId: string;
  publicKey: KeyObject;
  ways: SigningWay[];
  /** Judges the seal, where the signature is a stamp of one. */
  guard: SealGuard | undefined;
}

const keyTypes = { 'rsa-pkcs1': ['rsa'], 'rsa-pss': ['rsa', 'rsa-pss'], ecdsa: ['ec'] } as const;

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
    const act = new PinAct(this.#module, person, request.tries ?? nothingKnown);
    let asking = true;
    try {
      // What can be known without a PIN is found out before anyone is asked for one.
      const prepared = await this.#exclusive(() => this.#prepare(request, person));
      return await act.askForUserPin<SignatureAnswer>(
        prepared.info,
        () => this.#exclusive(() => this.#list.findAgain(request).info),
        (answer) =>
          this.#exclusive(() =>
            this.#attempt(request, prepared.material, act, answer, () => {
              asking = false;
            }),
          ),
      );
    } catch (error) {
      // After the login the window has closed; and whoever cancelled knows it.
      const cancelled = error instanceof YinkeyError && error.code === 'token.pin-cancelled';
      if (asking && !cancelled) person.say({ type: 'failed', error: toWireError(error), canRetry: false });
      throw error;
    } finally {
      person.end();
    }
  }

  #statesNow(slot: Handle): PinStates | undefined {
    try {
      return pinStatesOf(this.#module.token(slot).flags);
    } catch (error) {
      // Pulled right after the signature: it is made all the same.
      if (error instanceof YinkeyError) return undefined;
      throw error;
    }
  }

  /** What the signature needs that is public; it stays the same however often the PIN is asked. */
  async #prepare(
    request: SignRequest,
    person: PinConversation,
  ): Promise<{ info: TokenInfo; material: Material }> {
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
    const guard = request.seal && new SealGuard(request.seal);
    if (guard) {
      const session = this.#module.open(slot);
      try {
        const { der, hasPrivateKey } = certificate;
        await guard.judge({ session, certificate: der, hasPrivateKey }, () => person.phase('find'));
      } finally {
        closeQuietly(session);
      }
    }
    const { ckaId, der } = certificate;
    return { info, material: { certificate: der, ckaId, publicKey, ways, guard } };
  }

  /** One submit of the person: at most one C_Login (and one more submit, where the key wants one for each signature). */
  async #attempt(
    request: SignRequest,
    { certificate, ckaId, publicKey, ways, guard }: Material,
    act: PinAct,
    answer: Submit,
    onAccepted: () => void,
  ): Promise<{ done: SignatureAnswer } | Again> {
    const { person } = act;
    const started = performance.now();
    const { slot, info } = this.#list.findAgain(request);
    const refusal = refusalOf(info, answer, 'user');
    if (refusal) return refusal;
    const before = pinStatesOf(info.flags);
    const session = this.#module.open(slot);
    let loggedIn = false;
    let asked = 0;
    const accepted = async () => {
      person.say({ type: 'accepted' });
      onAccepted();
      await person.phase('sign');
    };
    try {
      // A login left over from an earlier act of this process would make C_Login refuse without looking at the PIN.
      if (session.loggedIn) session.logout();
      try {
        await act.login(slot, session, 'user', answer.type === 'submit' ? answer.pin : null);
        loggedIn = true;
      } catch (error) {
        return afterRefusal(error, 'user', request.label);
      }
      const find = () => person.phase('find');
      const stamping = (hasPrivateKey: boolean) => ({ session, certificate, hasPrivateKey });
      let key: Handle;
      try {
        key = findPrivateKey(session, ckaId, publicKey);
      } catch (error) {
        // A seal whose key is elsewhere has a name of its own for that.
        if (toWireError(error).code === 'token.key-missing') await guard?.judgeAgain(stamping(false), find);
        throw error;
      }
      const everyTime = session.attribute(key, attribute.alwaysAuthenticate)?.[0] === 1;
      let again: Again | undefined;
      const authenticate = async () => {
        again = await this.#askForThisSignature(request, slot, session, act, (wait) => {
          asked += wait;
        });
        if (again) throw new YinkeyError('token.pin-wrong');
        await guard?.judgeFound(stamping(true), find);
        await accepted();
      };
      if (!everyTime) await accepted();
      if (guard) {
        await guard.judgeAgain(stamping(true), find);
        await person.phase('sign');
      }
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
          before,
          after: this.#statesNow(slot) ?? before,
          defaultPin: act.defaultPin,
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
    act: PinAct,
    onWaited: (millis: number) => void,
  ): Promise<Again | undefined> {
    for (;;) {
      const began = performance.now();
      const answer = await act.person.ask(
        act.question(this.#module.token(slot), 'user', { signatureAgain: true }),
      );
      onWaited(performance.now() - began);
      if (answer.type === 'again') continue;
      const refusal = refusalOf(this.#module.token(slot), answer, 'user');
      if (refusal && 'retry' in refusal) return refusal;
      if (refusal) continue;
      try {
        await act.login(slot, session, 'user', answer.type === 'submit' ? answer.pin : null, true);
        await act.person.phase('sign');
        return undefined;
      } catch (error) {
        return afterRefusal(error, 'user', request.label);
      }
    }
  }
}

/** Tries the mechanisms in turn; another one is tried only when the key refused the kind of mechanism. */
export async function signWithOneOf(
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
