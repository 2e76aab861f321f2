import type { Order, OrderState, RenewalState, TokenId } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import type { AuditRecord } from '../audit/index.ts';
import type { CmpProtection, CmpSigner } from '../authority/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { TokenAct } from '../pkcs11/index.ts';
import { type Entry, orderView } from './entry.ts';
import type { CmpPeer, OrdersPeer } from './peers.ts';
import { signerOf } from './signing.ts';
import type { RenewalTools } from './tools.ts';
import { fromBase64 } from './work.ts';

export interface JourneyOptions {
  /** The host's end of the channel to whoever types the PIN; asked for once, when the key is needed. */
  pinPort: () => Port;
  /** enrol: the secret code of the counter, for as long as this runs. */
  secret?: Uint8Array;
}

/** The journey goes no further by itself: not a failure. */
export class Pause {
  readonly state: RenewalState;
  readonly nextLookSeconds: number | null;
  readonly error: YinkeyError | null;

  constructor(state: RenewalState, more: { nextLookSeconds?: number; error?: YinkeyError } = {}) {
    this.state = state;
    this.nextLookSeconds = more.nextLookSeconds ?? null;
    this.error = more.error ?? null;
  }
}

/** The holder has nothing to do or to gain any more at the authority. */
export const orderIsOver = (state: OrderState) =>
  state === 'refused' || state === 'cancelled' || state === 'done';

/** An order that was refused or cancelled leads nowhere. */
export function refuseOver(order: Order): void {
  if (order.state === 'refused') throw new YinkeyError('renewal.order-refused', { reason: order.reason });
  if (order.state === 'cancelled') throw new YinkeyError('renewal.order-cancelled');
}

/** Tools with their defaults filled in. */
export type Tools = RenewalTools &
  Required<Pick<RenewalTools, 'orders' | 'cmp' | 'wait'>> & {
    /** Whoever looks for pairs that nobody remembers, whenever there is a login anyway. */
    lookAround: (token: TokenId, act: TokenAct) => Promise<unknown>;
  };

/** One renewal with its key and its authority: one login, made when it is first needed. */
export class Session {
  protected readonly entry: Entry;
  protected readonly tools: Tools;
  protected readonly options: JourneyOptions;
  protected readonly now: () => Date;
  #act: TokenAct | undefined;

  constructor(entry: Entry, tools: Tools, options: JourneyOptions) {
    this.entry = entry;
    this.tools = tools;
    this.options = options;
    this.now = tools.now ?? (() => new Date());
  }

  /** Logs the key out. */
  async close(): Promise<void> {
    const act = this.#act;
    this.#act = undefined;
    await act?.end();
  }

  get orders(): OrdersPeer {
    const { api } = this.entry.work;
    return this.tools.orders(api);
  }

  /** The order as the authority has it now, written into the view. */
  async readOrder(): Promise<Order | null> {
    const { orderId } = this.entry.work;
    if (orderId === null) return null;
    const order = await this.orders.read(orderId);
    this.entry.showOnly({ order: orderView(order) });
    return order;
  }

  /** The login of this run: made at the first call, with the PIN; both pairs are looked at. */
  async act(): Promise<TokenAct> {
    if (this.#act) return this.#act;
    this.entry.show('pin');
    const act = await this.tools.tokens.act(this.entry.token, {
      pinPort: this.options.pinPort(),
      pinPortAgain: this.options.pinPort,
    });
    this.#act = act;
    await this.#meet(act);
    await this.tools.lookAround(this.entry.token, act);
    return act;
  }

  /** The key that was opened is the one that this renewal is about. */
  async #meet(act: TokenAct): Promise<void> {
    const { old, spki, pair } = this.entry.work;
    const pairs = await act.pairs();
    const has = (ckaId: string, key: Uint8Array) =>
      pairs.some((one) => one.ckaId === ckaId && one.hasPrivate && Buffer.compare(one.spki, key) === 0);
    if (old) {
      const { serial, label } = this.entry.token;
      if (!has(old.ckaId, this.oldFacts().spki))
        throw new YinkeyError('renewal.key-other', { serial, label });
    }
    const ending = this.entry.phase === 'ending';
    if (!ending && spki && !has(pair.ckaId, fromBase64(spki))) throw new YinkeyError('renewal.pair-missing');
  }

  protected oldFacts() {
    return parseCertificate(fromBase64(this.entry.work.old!.certificate));
  }

  async signer(): Promise<CmpSigner> {
    const act = await this.act();
    const old = this.entry.work.old!;
    const facts = this.oldFacts();
    return signerOf(act, {
      certificate: facts.der,
      chain: old.chain.map(fromBase64),
      ckaId: old.ckaId,
      spki: facts.spki,
      keyType: facts.keyType,
    });
  }

  async cmp(): Promise<CmpPeer> {
    const { work } = this.entry;
    let protection: CmpProtection;
    if (work.kind === 'renew') protection = { kind: 'signature', signer: await this.signer() };
    else {
      const { secret } = this.options;
      if (!secret) throw new YinkeyError('renewal.not-possible', { what: 'secret' });
      protection = { kind: 'mac', reference: work.reference, secret };
    }
    return this.tools.cmp({
      url: work.cmp,
      http: this.tools.http,
      protection,
      roots: await this.tools.roots(),
      pool: this.pool(),
      ...(work.old && { recipient: this.oldFacts().issuer.raw }),
      now: this.now,
    });
  }

  protected pool(): Uint8Array[] {
    const { pool, old } = this.entry.work;
    return [...pool, ...(old?.chain ?? [])].map(fromBase64);
  }

  /** One privileged act, done or not, in the audit log. */
  async audited<T>(
    act: AuditRecord['act'],
    certificateSha256: string | null,
    work: () => Promise<T>,
    seal?: AuditRecord['seal'],
  ): Promise<T> {
    const record = (result: string) => {
      const { serial, label } = this.entry.token;
      const { order } = this.entry.view;
      this.tools.audit.append({
        act,
        subject: order?.number ?? this.entry.work.reference,
        token: { serial, label },
        certificateSha256,
        documentIn: null,
        documentOut: null,
        ...(seal && { seal }),
        result,
      });
    };
    let value: T;
    try {
      value = await work();
    } catch (error) {
      record(toWireError(error).code);
      throw error;
    }
    record('ok');
    return value;
  }

  /** certConf with a rejection (RFC 9810 section 5.3.18). That the authority refuses to hear it changes nothing. */
  async rejectIssued(reason: string): Promise<void> {
    const { transaction, certificate, implicit } = this.entry.work;
    if (implicit || !transaction || !certificate) return;
    const cmp = await this.cmp();
    this.entry.show('confirming');
    const bytes = fromBase64(certificate);
    await this.audited('certificate.reject', null, () =>
      cmp.confirm(transaction, bytes, { ok: false, reason }).catch((error: unknown) => {
        if (!(error instanceof YinkeyError) || error.code !== 'authority.refused') throw error;
      }),
    );
  }
}
