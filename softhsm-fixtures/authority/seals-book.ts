import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { sameName } from '../../src/main/certificates/index.ts';
import type {
  issuedSealSchema,
  SealApplicationAnswer,
  SealForm,
  SealRequest,
  sealBoundSchema,
  sealReissueSchema,
} from '../../src/shared/domain/seal-making.ts';
import { CmpState } from './cmp-state.ts';
import { type Held, type OrderBook, OrderProblem } from './orders-book.ts';
import { firstServerNumber, notedSeals } from './practice-seals.ts';
import { type SealMaker, type SealRecord, sealIdOf } from './seal-maker.ts';
import { pictureFaults, type SealPictures } from './seals-pictures.ts';
import { type SealApplicationRow, type SealRow, SealsTable } from './seals-table.ts';
import type { OrdersDeps } from './types.ts';

export interface SealsDeps extends OrdersDeps {
  maker: SealMaker;
}

const sha256 = (content: Uint8Array | string) => createHash('sha256').update(content).digest('hex');

/** A list is made anew after this, though nothing changed: its readers look at its age. */
const listMillis = 3_600_000;

/** Certificates between a seal's and the one that it is made anew for: renewals whose client never asked. */
const mostRenewals = 20;

const picturesOf = (request: SealRequest): SealPictures => ({
  picture: Buffer.from(request.picture, 'base64'),
  smallPicture: Buffer.from(request.smallPicture, 'base64'),
  scan: Buffer.from(request.scan, 'base64'),
});

/** The state is the message: clients show it. */
const inState = (state: string) => new OrderProblem('not-in-this-state', state);

/** @throws OrderProblem rules: the reasons are the message */
function refuseFor(faults: readonly string[]): void {
  const reasons = faults.map((text) => text.replace(/。$/, '')).join('；');
  if (faults.length > 0) throw new OrderProblem('rules', reasons.slice(0, 500));
}

/** The rules of seals: who may have one made, what becomes of an application, and which seals hold today. */
export class SealBook {
  readonly table: SealsTable;
  readonly #deps: SealsDeps;
  readonly #orders: OrderBook;
  readonly #cmp: CmpState;
  readonly #seen = new Set<string>();

  constructor(deps: SealsDeps, orders: OrderBook) {
    this.#deps = deps;
    this.#orders = orders;
    this.table = new SealsTable(deps.database.sql);
    this.#cmp = new CmpState(deps.database);
  }

  /** Runs `work` whole or not at all, on what the set-up made and time ended meanwhile. */
  #atomically<T>(work: (now: Date) => T): T {
    this.#takeIn();
    return this.#deps.database.atomically(() => {
      const now = this.#deps.now();
      for (const { id, endedAt } of this.table.outlived(now)) this.table.setState(id, 'cancelled', endedAt);
      return work(now);
    });
  }

  /** Takes in what the practice set-up made beside the server since the last look. */
  #takeIn(): void {
    const { ca, database } = this.#deps;
    const noted = notedSeals(ca.authority.folder, this.#seen);
    if (noted.length === 0) return;
    ca.takeIn();
    database.atomically(() => {
      for (const seal of noted) {
        this.#seen.add(seal.id);
        if (this.table.seal(seal.id)) continue;
        const certificate = database.certificateBySha256(sha256(seal.certificate));
        const revokedAt = certificate?.revokedAt ?? null;
        const ended = revokedAt === null ? {} : { state: 'cancelled' as const, since: new Date(revokedAt) };
        this.table.addSeal({ ...seal, ...ended });
      }
    });
  }

  /** @throws OrderProblem unknown-certificate, revoked, expired */
  #alive(certificateSha256: string): Held {
    const held = this.#orders.held(certificateSha256);
    if (!held) throw new OrderProblem('unknown-certificate', 'no certificate of this authority');
    if (held.stored.state === 'revoked') throw new OrderProblem('revoked', 'the certificate is revoked');
    if (held.facts.notAfter < this.#deps.now())
      throw new OrderProblem('expired', 'the certificate has expired');
    return held;
  }

  /** One certificate has one seal; `except`: those that this one takes the place of, and the application itself. */
  #checkNoSeal(certificateSha256: string, except: { seal: string | null; application?: string }): void {
    const seal = this.table
      .sealsOf(certificateSha256)
      .find(({ id, state }) => state !== 'cancelled' && id !== except.seal);
    // The name is the message, as of the application below: clients show it.
    if (seal) throw new OrderProblem('seal-exists', seal.name);
    const open = this.table.openOf(certificateSha256);
    if (open && open.id !== except.application) throw new OrderProblem('seal-exists', open.name);
  }

  /** The seal that a new one takes the place of: the same unit's, and not one that somebody stopped. */
  #checkReplaces(id: string | null, creditCode: string): void {
    if (id === null) return;
    const seal = this.table.seal(id);
    if (!seal || seal.creditCode !== creditCode) throw new OrderProblem('unknown-seal', 'no such seal');
    if (seal.state !== 'normal') throw inState(seal.state);
  }

  /** The application that this key made before; null: none. */
  #before(key: string, requestSha256: string): SealApplicationRow | null {
    const before = this.table.byIdempotencyKey(key);
    if (before && before.requestSha256 !== requestSha256)
      throw new OrderProblem('invalid', 'this idempotency key belongs to another request');
    return before;
  }

  /**
   * Takes an application in. The same key and the same request: the same application.
   * @param signer SHA-256 of the certificate that signed the request
   * @throws OrderProblem signature-wrong, invalid, unknown-certificate, revoked, expired, seal-exists, unknown-seal,
   *   not-in-this-state, rules
   */
  async apply(request: SealRequest, idempotencyKey: string, signer: string): Promise<SealApplicationRow> {
    if (request.certificateSha256 !== signer)
      throw new OrderProblem('signature-wrong', 'signed by another certificate');
    const requestSha256 = sha256(JSON.stringify(request));
    const before = this.#before(idempotencyKey, requestSha256);
    if (before) return before;
    const check = () => {
      const { facts } = this.#alive(signer);
      this.#checkReplaces(request.replaces, request.creditCode);
      this.#checkNoSeal(signer, { seal: request.replaces });
      const faults = this.#deps.maker.judge(request, facts).map(({ text }) => text);
      if (request.measured.verdict === 'refuse') faults.push('印模不合格，请重新盖印并扫描。');
      refuseFor(faults);
    };
    this.#atomically(check);
    const files = picturesOf(request);
    refuseFor(await pictureFaults(files));
    return this.#atomically((now) => {
      // While the pictures were decoded the same request may have come again, or another one.
      const meanwhile = this.#before(idempotencyKey, requestSha256);
      if (meanwhile) return meanwhile;
      check();
      const { picture: _, smallPicture: __, scan: ___, ...fields } = request;
      const rest = { oldCertificateSha256: null, idempotencyKey, requestSha256, files: { ...files } };
      const row = this.table.addApplication({ ...fields, ...rest }, now);
      return this.#deps.knobs.reviewSeals ? row : this.#approve(row, now);
    });
  }

  /** @throws OrderProblem unknown-seal */
  read(id: string): SealApplicationRow {
    return this.#atomically(() => this.#row(id));
  }

  #row(id: string): SealApplicationRow {
    const row = this.table.application(id);
    if (!row) throw new OrderProblem('unknown-seal', 'no such application');
    return row;
  }

  /** An application of this certificate's; who did not apply learns nothing of it. */
  #ownRow(id: string, signer: string): SealApplicationRow {
    const row = this.#row(id);
    if (row.certificateSha256 !== signer) throw new OrderProblem('unknown-seal', 'no such application');
    return row;
  }

  /** The seal of an application in one of its forms. @throws OrderProblem unknown-seal, not-in-this-state, revoked */
  issued(id: string, form: SealForm): z.infer<typeof issuedSealSchema> {
    return this.#atomically(() => {
      const row = this.#row(id);
      const state = row.sealId === null ? null : this.table.seal(row.sealId)!.state;
      if (row.sealId === null || (row.state !== 'approved' && row.state !== 'bound'))
        throw inState(row.state);
      if (state === 'cancelled') throw inState(state);
      return { form, seal: this.#issue(row.sealId, form).toString('base64') };
    });
  }

  #issue(sealId: string, form: SealForm): Buffer {
    return this.#deps.maker.issue(this.table.record(sealId)!, form);
  }

  /**
   * The holder's word that the key has the seal: what it takes the place of ends with that. Said again it changes nothing.
   * @throws OrderProblem unknown-seal, not-in-this-state, invalid
   */
  bound(id: string, signer: string, told: z.infer<typeof sealBoundSchema>): SealApplicationRow {
    return this.#atomically((now) => {
      const row = this.#ownRow(id, signer);
      if (row.sealId === null || (row.state !== 'approved' && row.state !== 'bound'))
        throw inState(row.state);
      if (sha256(this.#issue(row.sealId, told.form)) !== told.sealSha256)
        throw new OrderProblem('invalid', 'another seal than was issued');
      this.table.setBound(id, told.form);
      if (row.state === 'approved') this.table.move(id, 'bound', now);
      if (row.replaces !== null) this.table.setState(row.replaces, 'cancelled', now);
      return this.#row(id);
    });
  }

  /** Taken back by the holder before it is bound; a seal that was made is cancelled. */
  withdraw(id: string, signer: string): SealApplicationRow {
    return this.#atomically((now) => {
      const row = this.#ownRow(id, signer);
      if (row.state === 'withdrawn') return row;
      if (row.state !== 'review' && row.state !== 'approved') throw inState(row.state);
      this.table.move(id, 'withdrawn', now);
      if (row.sealId !== null) this.table.setState(row.sealId, 'cancelled', now);
      return this.#row(id);
    });
  }

  /** Whether the certificate came of the other one by key updates (kur) over CMP. */
  #renews(held: Held, oldSha256: string): boolean {
    let { transactionId } = held.stored;
    for (let steps = 0; steps < mostRenewals && transactionId !== null; steps += 1) {
      const old = this.#cmp.transaction(transactionId)?.oldSha256 ?? null;
      if (old === oldSha256) return true;
      transactionId = old === null ? null : (this.#deps.ca.find({ sha256: old })?.transactionId ?? null);
    }
    return false;
  }

  /**
   * Makes the seal of a renewed certificate anew for the one that took its place, approved at once. The same pair of
   * certificates: the same application.
   * @throws OrderProblem signature-wrong, unknown-certificate, revoked, expired, unknown-seal, seal-exists,
   *   not-in-this-state, rules
   */
  reissue(request: z.infer<typeof sealReissueSchema>, signer: string): SealApplicationRow {
    if (request.certificateSha256 !== signer)
      throw new OrderProblem('signature-wrong', 'signed by another certificate');
    return this.#atomically((now) => {
      const held = this.#alive(signer);
      const old = this.#orders.held(request.oldCertificateSha256);
      const seal = this.table.seal(request.sealId);
      if (!old) throw new OrderProblem('unknown-certificate', 'no such old certificate');
      if (!seal || seal.certificateSha256 !== request.oldCertificateSha256)
        throw new OrderProblem('unknown-seal', 'the old certificate has no such seal');
      if (!sameName(old.facts.subject, held.facts.subject) || !this.#renews(held, old.stored.sha256))
        throw new OrderProblem('rules', '新证书不是旧证书续期所得');
      const before = this.table.reissueOf(request.oldCertificateSha256, signer);
      if (before?.replaces === seal.id) return before;
      if (seal.state !== 'normal') throw inState(seal.state);
      this.#checkNoSeal(signer, { seal: null });
      const application = this.table.ofSeal(seal.id);
      const { id: replaces, name, kind, unit, creditCode, administrator, widthMm, heightMm } = seal;
      const row = this.table.addApplication(
        {
          ...{ replaces, name, kind, unit, creditCode, administrator, widthMm, heightMm },
          certificateSha256: signer,
          handler: application?.handler ?? administrator,
          contact: application?.contact ?? '',
          measured: null,
          oldCertificateSha256: request.oldCertificateSha256,
          idempotencyKey: null,
          requestSha256: null,
          files: {},
        },
        now,
      );
      return this.#approve(row, now);
    });
  }

  /** Makes the seal. */
  #approve(row: SealApplicationRow, now: Date): SealApplicationRow {
    const { stored } = this.#alive(row.certificateSha256);
    this.#checkReplaces(row.replaces, row.creditCode);
    this.#checkNoSeal(row.certificateSha256, { seal: row.replaces, application: row.id });
    const { name, kind, unit, creditCode, administrator, widthMm, heightMm } = row;
    const before = row.oldCertificateSha256 === null ? null : this.table.record(row.replaces!)!;
    const record: SealRecord = {
      ...{ name, kind, unit, creditCode, administrator, widthMm, heightMm },
      id: sealIdOf(creditCode, firstServerNumber + this.table.countFrom(firstServerNumber)),
      certificate: stored.der,
      picture: before?.picture ?? this.table.file(row.id, 'picture')!,
      smallPicture: before?.smallPicture ?? this.table.file(row.id, 'smallPicture')!,
      createdAt: now,
    };
    this.table.addSeal({ ...record, state: 'normal', since: now });
    this.table.setSeal(row.id, record.id);
    this.table.move(row.id, 'approved', now);
    return this.#row(row.id);
  }

  /** As the staff decide. Decided before: it stays as it is, told by not-in-this-state. */
  approve(id: string): SealApplicationRow {
    return this.#atomically((now) => {
      const row = this.#row(id);
      if (row.state !== 'review') throw inState(row.state);
      return this.#approve(row, now);
    });
  }

  refuse(id: string, reason: string): SealApplicationRow {
    return this.#atomically((now) => {
      const row = this.#row(id);
      if (row.state !== 'review') throw inState(row.state);
      this.table.move(id, 'refused', now, reason.slice(0, 500));
      return this.#row(id);
    });
  }

  #sealRow(id: string): SealRow {
    const seal = this.table.seal(id);
    if (!seal) throw new OrderProblem('unknown-seal', 'no such seal');
    return seal;
  }

  #change(id: string, from: readonly SealRow['state'][], to: SealRow['state']): SealRow {
    return this.#atomically((now) => {
      const seal = this.#sealRow(id);
      if (seal.state !== to && !from.includes(seal.state)) throw inState(seal.state);
      this.table.setState(id, to, now);
      return this.#sealRow(id);
    });
  }

  /** For a while; done again it changes nothing. */
  suspend = (id: string): SealRow => this.#change(id, ['normal'], 'suspended');

  resume = (id: string): SealRow => this.#change(id, ['suspended'], 'normal');

  /** For ever. The certificate stays good. */
  cancel = (id: string): SealRow => this.#change(id, ['normal', 'suspended'], 'cancelled');

  seals(): SealRow[] {
    return this.#atomically(() => this.table.seals());
  }

  /** The status list in force: made anew after a change, after an hour, and when the clock says it is of another time. */
  statusList(): Uint8Array {
    const { database, maker } = this.#deps;
    const text = (key: string) => Buffer.from(database.setting(`seals.list.${key}`) ?? []).toString();
    return this.#atomically((now) => {
      // Deleted by the database with each change of a seal.
      const kept = database.setting('seals.list');
      const age = now.getTime() - Number(text('at'));
      if (kept && text('maker') === maker.certificate.sha256 && age >= 0 && age < listMillis) return kept;
      const number = Number(text('number')) + 1;
      const standings = this.table
        .seals()
        .map(({ id, state, since }) => ({ id, state, since: new Date(since) }));
      const list = new Uint8Array(maker.statusList(standings, number));
      database.setSetting('seals.list', list);
      const note = (key: string, value: string) =>
        database.setSetting(`seals.list.${key}`, Buffer.from(value));
      note('at', String(now.getTime()));
      note('number', String(number));
      note('maker', maker.certificate.sha256);
      return list;
    });
  }

  /** What everybody who knows its id may see of an application. */
  show(row: SealApplicationRow): SealApplicationAnswer {
    const { id, number, state, reason, certificateSha256, name, kind, sealId } = row;
    return {
      ...{ id, number, state, reason, certificateSha256, name, kind, sealId },
      reviewUrl: row.measured === null ? null : `${this.#deps.url}/seals/${id}`,
      history: this.table.history(id),
    };
  }

  applications(): SealApplicationAnswer[] {
    return this.#atomically(() => this.table.latest(1000).map((row) => this.show(row)));
  }
}
