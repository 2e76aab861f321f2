import { creditCodeOf, holderName } from '../../src/main/certificates/index.ts';
import type { RevocationReason } from '../../src/shared/domain/certificates.ts';
import type { LossReceipt, LossRequest } from '../../src/shared/domain/seal-making.ts';
import { type Held, type OrderBook, OrderProblem } from './orders-book.ts';
import type { SealBook, SealsDeps } from './seals-book.ts';

const reasons: Record<LossRequest['reason'], RevocationReason> = {
  lost: 'keyCompromise',
  stolen: 'keyCompromise',
  broken: 'cessationOfOperation',
};

/** Wrong data that are taken for one certificate in an hour: they can be guessed one after the other. */
const mostTries = 10;
const triesMillis = 3_600_000;

const codeOf = (held: Held) => creditCodeOf(held.facts.subject)?.value ?? '';
const squeezed = (text: string) => text.normalize('NFKC').replace(/\s+/g, '').toUpperCase();

/** Takes reports of lost keys: the certificate is revoked and its seal cancelled, both or neither. */
export class LossBook {
  readonly #deps: SealsDeps;
  readonly #orders: OrderBook;
  readonly #seals: SealBook;

  constructor(deps: SealsDeps, orders: OrderBook, seals: SealBook) {
    this.#deps = deps;
    this.#orders = orders;
    this.#seals = seals;
  }

  /** Whether these are the unit's data as the authority has them: code, a handler's name, a number of an own paper. */
  #knows(account: NonNullable<LossRequest['account']>, creditCode: string): boolean {
    const { table } = this.#seals;
    if (creditCode === '' || squeezed(account.creditCode) !== creditCode) return false;
    const applications = table.ofUnit(creditCode);
    const seals = table.sealsOfUnit(creditCode);
    // Of seals that were made at the counter the administrator's name is the only one.
    const names = [...applications.map(({ handler }) => handler), ...seals.map((seal) => seal.administrator)];
    if (!names.some((name) => squeezed(name) === squeezed(account.handler))) return false;
    const reference = squeezed(account.reference);
    if ([...applications.map(({ number }) => number), ...seals.map(({ id }) => id)].includes(reference))
      return true;
    const order = this.#orders.table.byNumber(reference);
    const held = order && this.#orders.held(order.certificateSha256);
    return held !== null && codeOf(held) === creditCode;
  }

  /** @throws OrderProblem signature-missing, signature-wrong, unavailable: who reports may not */
  #checkReporter(request: LossRequest, lost: Held, signer: string | null): void {
    const creditCode = codeOf(lost);
    const { account, certificateSha256 } = request;
    const now = this.#deps.now();
    if (signer !== null) {
      const other = this.#orders.held(signer);
      const same = other !== null && signer !== certificateSha256 && codeOf(other) === creditCode;
      if (!same || creditCode === '' || other.facts.notAfter < now)
        throw new OrderProblem('signature-wrong', 'signed by no other certificate of the same unit');
    }
    if (account === null) {
      if (signer === null)
        throw new OrderProblem('signature-missing', 'neither signed nor with account data');
      return;
    }
    const { table } = this.#seals;
    if (table.tries(certificateSha256, new Date(now.getTime() - triesMillis)) >= mostTries)
      throw new OrderProblem('unavailable', 'too many wrong reports for this certificate; later again');
    if (this.#knows(account, creditCode)) return;
    table.noteTry(certificateSha256, now);
    throw new OrderProblem('rules', '单位代码、经办人姓名或订单（申请）号与登记的不一致');
  }

  /**
   * Revokes the certificate; the database cancels its seals in the same step. Reported again it answers the same receipt.
   * @param signer SHA-256 of the certificate that signed the report; null: it is not signed
   * @throws OrderProblem unknown-certificate, signature-missing, signature-wrong, rules, revoked, unavailable
   */
  report(request: LossRequest, signer: string | null, authority: string): LossReceipt {
    const { ca, database, now } = this.#deps;
    const lost = this.#orders.held(request.certificateSha256);
    if (!lost) throw new OrderProblem('unknown-certificate', 'no certificate of this authority');
    this.#checkReporter(request, lost, signer);
    // Before the transaction: takes in what the set-up made.
    this.#seals.seals();
    return database.atomically(() => {
      const { table } = this.#seals;
      const before = table.loss(request.certificateSha256);
      if (before) return before;
      const seals = table.sealsOf(request.certificateSha256).filter(({ state }) => state !== 'cancelled');
      const { serialNumber, sha256 } = lost.stored;
      if (!ca.revoke(serialNumber, reasons[request.reason]))
        throw new OrderProblem('revoked', 'the certificate was revoked before');
      const { subject } = lost.facts;
      return table.addLoss(
        {
          at: now().toISOString(),
          authority,
          certificate: { sha256, serialNumber, holder: holderName(subject) },
          unit: subject.organization ?? '',
          reason: request.reason,
          reporter: request.reporter,
          seals: seals.map(({ id, name }) => ({ id, name })).slice(0, 10),
        },
        now(),
      );
    });
  }
}
