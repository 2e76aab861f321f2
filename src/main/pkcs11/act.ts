import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CallContext } from '../../shared/hosts/index.ts';
import type { ActOpened, ActOpenRequest, ActWorkAnswer, FreeMemory, Work, WorkOf } from './act-api.ts';
import { generatePair } from './act-generate.ts';
import { certificatesOnToken, pairsOnToken } from './act-objects.ts';
import { removeCertificate, removePair, signWith, writeCertificate } from './act-work.ts';
import type { Cryptoki, Handle, Session, TokenInfo } from './cryptoki.ts';
import { dataOnToken, readableData } from './data-objects.ts';
import { type Announce, removeData, writeData } from './data-write.ts';
import { messagesOut, type Phase, PinConversation } from './pin-conversation.ts';
import { type Again, afterRefusal, PinAct, refusalOf, type Submit } from './pin-question.ts';
import { closeQuietly, logoutQuietly, type TokenList } from './token-list.ts';
import type { Exclusive } from './token-signer.ts';

interface OpenAct {
  name: string;
  slot: Handle;
  info: TokenInfo;
  session: Session;
  mechanisms: number[];
  /** Ends the act's life: logout follows. */
  over: () => void;
  /** Settles when the token is logged out. */
  ended: Promise<void>;
  idle: ReturnType<typeof setTimeout> | undefined;
  idleMillis: number;
}

const memoryOf = ({ freePublic, freePrivate }: TokenInfo): FreeMemory => ({ freePublic, freePrivate });

/**
 * One login, many operations, in the token host.
 *
 *   act --PIN as for a signature--> opened (told as progress) --act-work*--> act-end, pulled, or idle -> logout -> answer
 *
 * The call `act` lasts as long as the login does; its clock stands still between the operations, each of which is a call
 * of its own with its own deadline. There is one act at a time, and no other act with a person beside it.
 */
export class TokenActs {
  #module: Cryptoki;
  #list: TokenList;
  #exclusive: Exclusive;
  #open: OpenAct | undefined;

  constructor(module: Cryptoki, list: TokenList, exclusive: Exclusive) {
    this.#module = module;
    this.#list = list;
    this.#exclusive = exclusive;
  }

  /** Resolves when the act is over. Errors, all before it has begun: token.*, driver.failed. */
  async run(request: ActOpenRequest, person: PinConversation): Promise<null> {
    const act = new PinAct(this.#module, person, request.tries);
    const open = await this.#opened(request, act);
    const { label, serial, manufacturer, model } = open.info;
    const life = new Promise<void>((resolve) => {
      open.over = resolve;
    });
    let logout: () => void = () => {};
    open.ended = new Promise<void>((resolve) => {
      logout = resolve;
    });
    this.#open = open;
    this.#rest(open);
    person.tell({
      opened: {
        token: { label, serial, manufacturer, model },
        defaultPin: act.defaultPin,
        memory: memoryOf(open.info),
        tokenMillis: act.tokenMillis,
      } satisfies ActOpened,
    });
    // From here on each operation has a clock of its own.
    person.stopClock();
    await life;
    clearTimeout(open.idle);
    this.#open = undefined;
    try {
      await this.#exclusive(async () => {
        await person.phase('find');
        logoutQuietly(open.session);
        closeQuietly(open.session);
      });
    } finally {
      logout();
    }
    return null;
  }

  /** One operation. Errors: token.act-over, token.removed, and those of the operation (TokenAct). */
  async work(name: string, work: Work, context: CallContext): Promise<ActWorkAnswer> {
    const open = this.#named(name);
    clearTimeout(open.idle);
    const [port] = context.ports;
    // The person's time is not the token's.
    let waited = 0;
    const timed: CallContext = {
      ...context,
      waiting: () => {
        waited -= performance.now();
        context.waiting();
      },
      resumed: () => {
        waited += performance.now();
        context.resumed();
      },
    };
    try {
      return await this.#exclusive(async () => {
        this.#named(name);
        const began = performance.now();
        const phase = async (next: Phase) => {
          timed.phase(next);
          await messagesOut();
        };
        await phase('find');
        this.#assertThere(open);
        const person = port && new PinConversation(port, timed);
        try {
          const value = await this.#do(open, work, phase, person);
          const memory = memoryOf(this.#module.token(open.slot));
          return { value, memory, tokenMillis: performance.now() - began - waited };
        } finally {
          person?.end();
        }
      });
    } catch (error) {
      port?.close();
      // The login went with the key.
      if (toWireError(error).code === 'token.removed') open.over();
      throw error;
    } finally {
      this.#rest(open);
    }
  }

  /** Logs out, when what is under way is done. Errors: none of the token's. */
  async end(name?: string): Promise<null> {
    const open = this.#open;
    if (open && (name === undefined || open.name === name)) {
      open.over();
      await open.ended;
    }
    return null;
  }

  #named(name: string): OpenAct {
    const open = this.#open;
    if (!open || open.name !== name) throw new YinkeyError('token.act-over');
    return open;
  }

  #rest(open: OpenAct): void {
    clearTimeout(open.idle);
    open.idle = setTimeout(open.over, open.idleMillis);
  }

  /** The same token is still in its slot. Errors: token.removed. */
  #assertThere({ slot, info }: OpenAct): void {
    const now = this.#module.token(slot);
    if (now.serial === info.serial && now.label === info.label) return;
    throw new YinkeyError('token.removed', { label: info.label });
  }

  async #do(
    open: OpenAct,
    work: Work,
    phase: (name: Phase) => Promise<void>,
    person: PinConversation | undefined,
  ): Promise<unknown> {
    const { session, mechanisms } = open;
    switch (work.do) {
      case 'generate':
        await phase('generate');
        return { spki: await generatePair(session, work) };
      case 'sign': {
        await phase('sign');
        const act = person && new PinAct(this.#module, person, work.tries);
        const authenticate = act && (() => this.#authenticate(open, act));
        const signature = await signWith(session, mechanisms, work, authenticate);
        return signature ? { signature } : { needsPin: true };
      }
      case 'write-certificate':
        await phase('write');
        writeCertificate(session, work);
        return null;
      case 'pairs':
        return pairsOnToken(session);
      case 'certificates':
        return certificatesOnToken(session).map(({ ckaId, label, der }) => ({ ckaId, label, der }));
      case 'remove-pair':
        await phase('write');
        await removePair(session, mechanisms, work);
        return null;
      case 'remove-certificate':
        await phase('write');
        removeCertificate(session, work);
        return null;
      case 'data':
        return readableData(await dataOnToken(session, () => phase('find')));
      case 'write-data':
        await this.#writeData(open, work.data, phase);
        return null;
      case 'remove-data':
        await removeData(session, work.data, phase);
        return null;
    }
  }

  /** Errors: those of `writeData`; token.memory tells how much is free, where the token does. */
  async #writeData(
    { session, slot }: OpenAct,
    data: WorkOf<'write-data'>['data'],
    announce: Announce,
  ): Promise<void> {
    try {
      await writeData(session, data, announce);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.memory') throw error;
      const { freePublic } = this.#module.token(slot);
      throw new YinkeyError(error.code, { ...error.details, freePublic }, { cause: error });
    }
  }

  /** The login, asked for and tried as for a signature. */
  async #opened(request: ActOpenRequest, act: PinAct): Promise<OpenAct> {
    const { person } = act;
    try {
      const open = await act.askForUserPin<OpenAct>(
        await this.#exclusive(() => this.#list.find(request).info),
        () => this.#exclusive(() => this.#list.findAgain(request).info),
        (answer) => this.#exclusive(() => act.timed(() => this.#tryLogin(request, act, answer))),
      );
      person.say({ type: 'accepted' });
      return open;
    } catch (error) {
      sayFailed(person, error);
      throw error;
    } finally {
      await messagesOut();
      person.end();
    }
  }

  async #tryLogin(request: ActOpenRequest, act: PinAct, answer: Submit): Promise<{ done: OpenAct } | Again> {
    const { slot, info } = this.#list.findAgain(request);
    const refusal = refusalOf(info, answer, 'user');
    if (refusal) return refusal;
    const session = this.#module.open(slot, 'write');
    try {
      // A login left over from an earlier act of this process would make C_Login refuse without looking at the PIN.
      if (session.loggedIn) session.logout();
      await act.login(slot, session, 'user', answer.type === 'submit' ? answer.pin : null);
    } catch (error) {
      closeQuietly(session);
      return afterRefusal(error, 'user', request.label);
    }
    try {
      const mechanisms = this.#module.mechanisms(slot);
      const life = { over: () => {}, ended: Promise.resolve(), idle: undefined };
      const { act: name, idleMillis } = request;
      return { done: { name, slot, info, session, mechanisms, idleMillis, ...life } };
    } catch (error) {
      logoutQuietly(session);
      closeQuietly(session);
      throw error;
    }
  }

  /**
   * Asks for the PIN that a key with CKA_ALWAYS_AUTHENTICATE wants between C_SignInit and C_Sign (PKCS#11 2.40, 4.9),
   * as often as the person tries. The program doesn't use a PIN twice.
   */
  async #authenticate({ slot, session, info }: OpenAct, act: PinAct): Promise<void> {
    const { person } = act;
    const now = () => this.#module.token(slot);
    try {
      await act.ask<null>(
        async (wrong) => act.question(now(), 'user', { wrong, signatureAgain: true }),
        async (answer) => {
          await messagesOut();
          const refusal = refusalOf(now(), answer, 'user');
          if (refusal) return refusal;
          try {
            await act.login(slot, session, 'user', answer.type === 'submit' ? answer.pin : null, true);
            return { done: null };
          } catch (error) {
            return afterRefusal(error, 'user', info.label);
          }
        },
      );
    } catch (error) {
      sayFailed(person, error);
      session.abandonSign();
      throw error;
    }
    person.say({ type: 'accepted' });
    await person.phase('sign');
  }
}

/** Tells the person why it ended; whoever cancelled knows it. */
function sayFailed(person: PinConversation, error: unknown): void {
  const wire = toWireError(error);
  if (wire.code !== 'token.pin-cancelled') person.say({ type: 'failed', error: wire, canRetry: false });
}
