import path from 'node:path';
import { app, shell } from 'electron';
import type { PinPurpose } from '../../../shared/contract/index.ts';
import type { RenewalView, TokenId } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { OrdersClient } from '../../authority/index.ts';
import type { GoOptions } from '../../renewal/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { errorFields, log } from '../log.ts';
import { paperCss } from '../paper.ts';
import { withPin } from '../pin-act.ts';
import type { PinTalk } from '../pin-talk.ts';
import { printPdf } from '../print.ts';
import { counterForm, renewalReceipt } from '../renewal-papers.ts';
import { saveWhole } from '../save.ts';
import { authorityUrl } from './certificates.ts';

/** Renewals in the window: each act with its PIN window, papers, and the pay page in the browser. */
export class RenewalDesk {
  #services: Services;
  /** PIN windows of acts in progress, by renewal or key. */
  #talks = new Set<PinTalk>();
  /** Renewals that a key is at work for. */
  #held = new Set<string>();
  #acts = new Set<Promise<unknown>>();

  constructor(services: Services) {
    this.#services = services;
    const { renewals, tokens, tell } = services;
    renewals.onChange((view) => {
      if (view.state === 'working' && view.progress?.holdKey) this.#held.add(view.id);
      else this.#held.delete(view.id);
      tell('renewal.changed', view);
    });
    const resume = () =>
      renewals
        .resumeAll()
        .catch((error: unknown) => log.error('renewal.resume', { error: errorFields(error) }));
    tokens.onChange(() => void resume());
  }

  /** A key generates, signs or is written to for a renewal. */
  get busy(): boolean {
    return this.#held.size > 0;
  }

  /** Closes PIN windows that wait, as their Cancel does. */
  cancelPins(): void {
    for (const talk of this.#talks) talk.cancel();
  }

  /** Has what is at work come to its next safe point; the journal knows how it goes on. */
  async halt(): Promise<void> {
    this.cancelPins();
    await Promise.all([...this.#held].map((id) => this.#services.renewals.stop(id)));
  }

  /** Resolves when no act is under way. */
  async idle(): Promise<void> {
    while (this.#acts.size > 0) await Promise.allSettled([...this.#acts]);
  }

  /** Closes PIN windows that wait and stops at the next safe point: what was begun goes on another day. */
  async stop(): Promise<void> {
    this.cancelPins();
    await this.#services.renewals.close();
  }

  async #withPin<T>(
    purpose: PinPurpose['purpose'],
    token: TokenId,
    act: (options: GoOptions) => Promise<T>,
  ): Promise<T> {
    const done = withPin(this.#services, purpose, token, (pinPort) => act({ pinPort }), this.#talks);
    this.#acts.add(done);
    try {
      return await done;
    } finally {
      this.#acts.delete(done);
    }
  }

  async #save(suggested: string, html: string): Promise<{ name: string } | null> {
    const file = await this.#services.dialogs.save('receipt', suggested.replace(/[^\w.-]/g, '_'));
    if (file === undefined) return null;
    await saveWhole(file, await printPdf(html, paperCss));
    return { name: path.basename(file) };
  }

  async #receipt(id: string): Promise<{ name: string } | null> {
    const { renewals, http, practice } = this.#services;
    const view = renewals.get(id);
    const order = renewals.orderOf(id);
    // What the client knows stands on the receipt also when the authority can't be asked now.
    const paid = order
      ? await new OrdersClient({ url: order.api, http }).receipt(order.id).catch(() => null)
      : null;
    const facts = { version: app.getVersion(), practice: practice !== undefined, now: new Date() };
    const name = `renewal-${view.order?.number ?? view.old.serialNumber.slice(-8)}.pdf`;
    return this.#save(name, renewalReceipt(view, paid, facts));
  }

  async #form(sha256: string): Promise<{ name: string } | null> {
    const { holdings, practice } = this.#services;
    const card = holdings.cards().find(({ certificate }) => certificate.sha256 === sha256);
    if (!card) throw new YinkeyError('certificate.not-found', { id: sha256.slice(0, 16) });
    const { creditCode } = await holdings.detail(sha256);
    const facts = { version: app.getVersion(), practice: practice !== undefined };
    return this.#save(
      `renewal-form-${card.certificate.serialNumber.slice(-8)}.pdf`,
      counterForm(card, creditCode?.value ?? '', facts),
    );
  }

  /** After an act that changed what is on the key: the list is to show it at once. */
  async #after(view: RenewalView): Promise<RenewalView> {
    const { tokens, tell, holdings } = this.#services;
    if (view.state === 'done' || view.state === 'ended') await tokens.refresh();
    tell('certificates.changed', holdings.cards());
    return view;
  }

  handlers(): HandlersOf<'renewal'> {
    const { renewals } = this.#services;
    return {
      'renewal.list': () => renewals.list(),
      'renewal.start': async ({ token, sha256 }) => {
        const authority = authorityUrl(this.#services);
        if (authority === '') throw new YinkeyError('authority.url', { url: '' });
        return this.#after(await renewals.start(token, sha256, { authority }));
      },
      'renewal.check': ({ id }) => renewals.check(id),
      'renewal.confirm': ({ id, years }) => renewals.confirm(id, years),
      'renewal.pay': async ({ id }) => {
        const { order, authority } = renewals.get(id);
        // A page of the authority's own, and nothing that could be a program.
        const url = order ? new URL(order.payUrl, authority) : undefined;
        if (url?.origin !== new URL(authority).origin || !/^https?:$/.test(url.protocol)) {
          throw new YinkeyError('request.refused', {});
        }
        await shell.openExternal(url.href);
      },
      'renewal.go': async ({ id }) => {
        const { token } = renewals.get(id);
        return this.#after(await this.#withPin('renew', token, (options) => renewals.go(id, options)));
      },
      'renewal.stop': async ({ id }) => {
        this.cancelPins();
        return renewals.stop(id);
      },
      'renewal.end': async ({ id }) => {
        const { token } = renewals.get(id);
        return this.#after(await this.#withPin('remove', token, (options) => renewals.end(id, options)));
      },
      'renewal.removeOld': async ({ id, serialTyped }) => {
        const { token } = renewals.get(id);
        return this.#after(
          await this.#withPin('remove', token, (options) => renewals.removeOld(id, serialTyped, options)),
        );
      },
      'renewal.receipt': ({ id }) => this.#receipt(id),
      'renewal.form': ({ sha256 }) => this.#form(sha256),
      'renewal.abandon': async ({ id }) => this.#after(await renewals.abandon(id)),
      'renewal.orphans': () => renewals.orphans(),
      'renewal.findOrphans': ({ token }) =>
        this.#withPin('look-around', token, (options) => renewals.findOrphans(token, options)),
      'renewal.removeOrphan': async ({ token, ckaId }) => {
        await this.#withPin('remove', token, (options) => renewals.removeOrphan(token, ckaId, options));
      },
    };
  }
}
