import { randomBytes } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { orderView } from './entry.ts';
import { orderIsOver, Session } from './session.ts';
import { prove } from './signing.ts';
import { fromBase64, isBefore, type Phase, toBase64 } from './work.ts';

/** Takes back what a renewal has made: the new pair of one that is given up, or the old pair of one that is done. */
export class Ending extends Session {
  /**
   * Gives the renewal up: what was issued and not confirmed is rejected, the order cancelled, the new pair and its
   * certificate removed. The old ones are not touched.
   */
  async end(): Promise<void> {
    try {
      const { work } = this.entry;
      const from = work.endingFrom ?? work.phase;
      if (this.entry.phase !== 'ending') await this.entry.note('ending', { work: { endingFrom: from } });
      await this.#takeBack(from);
      const cancelled = await this.#cancelOrder();
      await this.#removeNew(from);
      await this.entry.note('ended', { events: [...(cancelled ? (['cancelled'] as const) : []), 'ended'] });
    } finally {
      await this.close();
    }
  }

  async #takeBack(from: Phase): Promise<void> {
    const { transaction, certificate } = this.entry.work;
    if (!transaction || isBefore(from, 'requesting')) return;
    if (!certificate) {
      // Perhaps it was issued and the answer was lost: only then there is something to reject.
      const cmp = await this.cmp();
      const ask = from === 'waiting' ? cmp.poll(transaction) : cmp.send(transaction);
      const outcome = await ask.catch((error: unknown) => {
        if (!(error instanceof YinkeyError) || error.code !== 'authority.refused') throw error;
        return null;
      });
      if (outcome?.kind !== 'issued') return;
      const { implicit } = outcome;
      const issued = toBase64(outcome.certificate);
      await this.entry.note('ending', {
        work: { transaction: outcome.transaction, certificate: issued, implicit },
      });
    }
    await this.rejectIssued('given up by the holder');
    await this.entry.note('ending', { work: { transaction: null } });
  }

  /** Whether there was an order to cancel. An unpaid one lapses by itself where the key isn't there to sign. */
  async #cancelOrder(): Promise<boolean> {
    const order = await this.readOrder();
    if (!order || orderIsOver(order.state)) return false;
    const signer = await this.signer();
    const { sha256 } = this.entry.view.old;
    try {
      const after = await this.audited('order.cancel', sha256, () => this.orders.cancel(order.id, signer));
      this.entry.showOnly({ order: orderView(after) });
    } catch (error) {
      const now = await this.readOrder();
      if (!now || !orderIsOver(now.state)) throw error;
    }
    return true;
  }

  async #removeNew(from: Phase): Promise<void> {
    if (isBefore(from, 'generating')) return;
    const act = await this.act();
    const { pair } = this.entry.work;
    this.entry.show('removing');
    for (const { ckaId, der } of await act.certificates()) {
      if (ckaId !== pair.ckaId) continue;
      const { sha256 } = parseCertificate(der);
      await this.audited('certificate.remove', sha256, () => act.removeCertificate(der));
    }
    const mine = (await act.pairs()).filter(({ ckaId }) => ckaId === pair.ckaId);
    for (const { ckaId, spki } of mine) {
      await this.audited('key.remove', null, () => act.removePair(ckaId, spki));
    }
    if (mine.length > 0) this.entry.put({}, ['removed-new']);
  }

  /** After it is done: the old pair, then its certificate. */
  async removeOld(): Promise<void> {
    try {
      const act = await this.act();
      this.entry.show('removing');
      const { old, certificate, pair } = this.entry.work;
      const facts = this.oldFacts();
      const fresh = parseCertificate(fromBase64(certificate!));
      const has = (await act.certificates()).some(({ der }) => Buffer.compare(der, fresh.der) === 0);
      if (!has) throw new YinkeyError('certificate.not-found', { id: fresh.id });
      await prove(act, pair, fresh.spki, randomBytes(32));
      await this.entry.note('done', { work: { oldPair: 'removing' } });
      await this.audited('key.remove', facts.sha256, async () => {
        const pairs = await act.pairs();
        const there = pairs.some(
          (one) => one.ckaId === old!.ckaId && Buffer.compare(one.spki, facts.spki) === 0,
        );
        if (there) await act.removePair(old!.ckaId, facts.spki);
      });
      await this.audited('certificate.remove', facts.sha256, async () => {
        const certificates = await act.certificates();
        if (certificates.some(({ der }) => Buffer.compare(der, facts.der) === 0)) {
          await act.removeCertificate(facts.der);
        }
      });
      await this.entry.note('done', { work: { oldPair: 'removed' }, events: ['removed-old'] });
    } finally {
      await this.close();
    }
  }
}
