import type { SealForm } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { CmpSigner } from '../authority/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import { digestApplication, sealApplication } from '../pkcs11/index.ts';
import { sealsOnKey } from '../seals/index.ts';
import type { SealMakerPeer, SealsPeer } from './peers.ts';
import { judgeCarried, sealOf, sealView, sha256Of, showsTheSame } from './seal.ts';
import { Session } from './session.ts';
import { signerOf } from './signing.ts';
import { type CarriedSeal, fromBase64, type Phase, toBase64 } from './work.ts';

const formsInOrder: readonly SealForm[] = ['full', 'digests', 'small'];

/**
 * Has the seal of the renewed certificate come along: made anew for the new certificate, bound, the maker told, the old one
 * taken off the key. It begins when the new certificate is confirmed and in use, and nothing in it touches that.
 */
export class Carrying extends Session {
  protected readonly sealSteps: Partial<Record<Phase, () => Promise<void>>> = {
    sealing: () => this.#reissue(),
    sealed: () => this.entry.note('binding-seal'),
    'binding-seal': () => this.#bind(),
    'seal-bound': () => this.#tell(),
    'seal-told': () => this.#removeOldSeal(),
  };

  /** Something was written to the key, or was about to be. */
  protected sealsChanged = false;

  get #seals(): SealsPeer {
    const { seals } = this.tools;
    if (!seals) throw new YinkeyError('renewal.not-possible', { what: 'seal' });
    return seals;
  }

  get #maker(): SealMakerPeer {
    return this.#seals.maker(this.entry.work.api);
  }

  get #seal(): CarriedSeal {
    return this.entry.work.seal!;
  }

  #facts() {
    return parseCertificate(fromBase64(this.entry.work.certificate!));
  }

  /** What is written down of the seal, and shown. */
  #change(change: Partial<CarriedSeal>) {
    const seal = { ...this.#seal, ...change };
    return { work: { seal }, view: { seal: sealView({ seal, makesSeals: true }) } };
  }

  /**
   * The seal that the old certificate may use, as the key holds it now; what was known before where that can't be read.
   * Called before the new certificate is confirmed, whose safety comes first.
   */
  protected async lookForSeal(): Promise<Parameters<typeof this.entry.note>[1]> {
    const { work } = this.entry;
    const { seals } = this.tools;
    if (!seals || work.kind !== 'renew') return {};
    try {
      const act = await this.act();
      const seal = await sealOf(await act.data(), this.oldFacts(), (digest) => seals.stored(digest));
      return { work: { seal }, view: { seal: sealView({ seal, makesSeals: work.makesSeals }) } };
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      return {};
    }
  }

  /** Whether there is a seal to carry over, and somebody who makes it anew. */
  protected get hasSeal(): boolean {
    const { seal, makesSeals, api } = this.entry.work;
    return this.tools.seals !== undefined && seal !== null && makesSeals && api !== '';
  }

  /** The new certificate's key: it says that the seal is to be made for it. */
  async #newSigner(): Promise<CmpSigner> {
    const act = await this.act();
    const { pair } = this.entry.work;
    const { der, spki, keyType } = this.#facts();
    return signerOf(act, {
      certificate: der,
      chain: this.pool().slice(0, 10),
      ckaId: pair.ckaId,
      spki,
      keyType,
    });
  }

  /** Asked again after an answer that was lost, the maker answers with the same seal. */
  async #reissue(): Promise<void> {
    const signer = await this.#newSigner();
    this.entry.show('sealing');
    const seal = this.#seal;
    const { sha256 } = this.#facts();
    const request = {
      sealId: seal.id,
      oldCertificateSha256: this.entry.view.old.sha256,
      certificateSha256: sha256,
    };
    const ask = () => this.#maker.reissue(request, signer);
    const about = { id: seal.id, sha256: seal.sha256 };
    const answer = await this.audited('seal.reissue', sha256, ask, about);
    if (answer.state === 'refused' || answer.state === 'withdrawn') {
      throw new YinkeyError('seal.refused-by-maker', { reason: answer.reason });
    }
    if (answer.state === 'review') throw new YinkeyError('seal.application-state', { state: answer.state });
    const forms: CarriedSeal['forms'] = {};
    let newId = '';
    // The small form is the one with the old picture where the old seal was bound in that form.
    for (const form of ['full', 'small'] as const) {
      const bytes = await this.#fetch(answer.id, form);
      newId = (await this.#judge(bytes, form, false)).id;
      forms[form] = toBase64(bytes);
      if (showsTheSame({ ...seal, forms })) break;
      if (form === 'small') {
        throw new YinkeyError('renewal.seal-mismatch', { reason: 'picture', name: seal.name });
      }
    }
    await this.entry.note('sealed', {
      ...this.#change({ application: answer.id, newId, forms }),
      events: ['seal-issued'],
    });
  }

  async #fetch(application: string, form: SealForm): Promise<Uint8Array> {
    return new Uint8Array(await this.#maker.seal(application, form));
  }

  async #judge(bytes: Uint8Array, form: SealForm, bound: boolean) {
    const act = await this.act();
    return judgeCarried({
      seal: this.#seal,
      bytes,
      form,
      certificate: this.#facts(),
      roots: await this.tools.roots(),
      pool: this.pool().map((each) => parseCertificate(each)),
      revocation: (one) => {
        const revoked = this.#seals.revocation(one.sha256);
        return revoked ? { since: revoked.at } : null;
      },
      now: this.now(),
      onKey: bound ? sealsOnKey(await act.data()) : null,
    });
  }

  /** One form of the new seal, out of the journal or from the maker; in the journal before it goes to the key. */
  async #form(form: SealForm): Promise<Uint8Array> {
    const known = this.#seal.forms[form];
    if (known) return fromBase64(known);
    const bytes = await this.#fetch(this.#seal.application!, form);
    const { id } = await this.#judge(bytes, form, false);
    if (id !== this.#seal.newId) {
      throw new YinkeyError('renewal.seal-mismatch', { reason: 'number', name: this.#seal.name });
    }
    const forms = { ...this.#seal.forms, [form]: toBase64(bytes) };
    await this.entry.note('binding-seal', this.#change({ forms }));
    return bytes;
  }

  async #bind(): Promise<void> {
    await this.act();
    this.sealsChanged = true;
    this.entry.show('binding-seal');
    const found = await this.#alreadyBound();
    const about = { id: this.#seal.newId!, sha256: null };
    const bound =
      found ?? (await this.audited('seal.bind', this.#facts().sha256, () => this.#write(), about));
    await this.entry.note('seal-bound', { ...this.#change({ bound }), events: ['seal-bound'] });
  }

  /** It was written, and the journal never heard of it. */
  async #alreadyBound(): Promise<CarriedSeal['bound']> {
    const act = await this.act();
    const { seals, digests } = sealsOnKey(await act.data());
    for (const form of formsInOrder) {
      const text = this.#seal.forms[form];
      if (text === undefined) continue;
      const bytes = fromBase64(text);
      const sha256 = sha256Of(bytes);
      if (seals.some((held) => Buffer.compare(held, bytes) === 0)) return { form, where: 'key', sha256 };
      if (digests.includes(sha256) && this.#seals.stored(sha256)) return { form, where: 'store', sha256 };
    }
    return null;
  }

  /**
   * The whole seal beside the old one; where there is no room for both, the old one leaves the key first: both lie in the
   * journal by then. Still no room: a smaller form, or this computer's store with the digest on the key.
   */
  async #write(): Promise<NonNullable<CarriedSeal['bound']>> {
    const act = await this.act();
    const { freed, where, newId } = this.#seal;
    const full = await this.#form('full');
    if (!freed && where === 'key') {
      try {
        await act.writeData({ application: sealApplication, label: newId!, value: full });
        return { form: 'full', where: 'key', sha256: sha256Of(full) };
      } catch (error) {
        const { code, details } = toWireError(error);
        if (code !== 'token.memory' || details.needed === undefined) throw error;
      }
      await this.entry.note('binding-seal', this.#change({ freed: true }));
    }
    if (this.#seal.freed) await this.#takeOff();
    return this.#seals.bind(act, {
      id: newId!,
      token: this.entry.token,
      form: (form) => this.#form(form),
    });
  }

  async #takeOff(): Promise<void> {
    const act = await this.act();
    const { id, where, sha256 } = this.#seal;
    const object =
      where === 'key'
        ? { application: sealApplication, label: id, sha256 }
        : { application: digestApplication, label: id, sha256: sha256Of(Buffer.from(sha256, 'hex')) };
    const { sha256: certificate } = this.entry.view.old;
    await this.audited('seal.remove', certificate, () => act.removeData(object), { id, sha256 });
  }

  /** Read back from the key and judged once more; then the maker cancels the old one. */
  async #tell(): Promise<void> {
    const signer = await this.#newSigner();
    this.entry.show('binding-seal');
    const { bound, application } = this.#seal;
    const { form, sha256 } = bound!;
    try {
      await this.#judge(await this.#form(form), form, true);
    } catch (error) {
      // Gone since it was written: written again.
      if (toWireError(error).code !== 'seal.not-on-key') throw error;
      await this.entry.note('binding-seal', this.#change({ bound: null }));
      return;
    }
    await this.#maker.bound(application!, { form, sealSha256: sha256 }, signer);
    await this.entry.note('seal-told');
  }

  async #removeOldSeal(): Promise<void> {
    await this.act();
    this.sealsChanged = true;
    this.entry.show('removing');
    await this.#takeOff();
    const { view } = this.#change({});
    await this.entry.note('done', {
      view: { seal: { ...view.seal, state: 'carried' } },
      events: ['seal-carried', 'done'],
    });
  }
}
