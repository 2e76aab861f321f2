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

  constructor(services: Services) {
    this.#services = services;
    const { renewals, tokens, tell } = services;
    renewals.onChange((view) => tell('renewal.changed', view));
    const resume = () =>
      renewals
        .resumeAll()
        .catch((error: unknown) => log.error('renewal.resume', { error: errorFields(error) }));
    tokens.onChange(() => void resume());
  }

  /** Closes PIN windows that wait and stops at the next safe point: what was begun goes on another day. */
  async stop(): Promise<void> {
    for (const talk of this.#talks) talk.cancel();
    await this.#services.renewals.close();
  }

  #withPin<T>(
    purpose: PinPurpose['purpose'],
    token: TokenId,
    act: (options: GoOptions) => Promise<T>,
  ): Promise<T> {
    return withPin(this.#services, purpose, token, (pinPort) => act({ pinPort }), this.#talks);
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
        for (const talk of this.#talks) talk.cancel();
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
      'renewal.orphans': () => renewals.orphans(),
      'renewal.removeOrphan': async ({ token, ckaId }) => {
        await this.#withPin('remove', token, (options) => renewals.removeOrphan(token, ckaId, options));
      },
    };
  }
}
