import { shell } from 'electron';
import type { PinPurpose } from '../../../shared/contract/index.ts';
import type { SealApplicationView } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import type { SealingOptions } from '../../seals/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { errorFields, log } from '../log.ts';
import { withPin } from '../pin-act.ts';
import type { PinTalk } from '../pin-talk.ts';
import type { CaptureMaterial } from './capture.ts';
import { authorityUrl } from './certificates.ts';

/** Applications for seals in the window: each act with its PIN window. */
export class SealingDesk {
  readonly #services: Services;
  readonly #material: (capture: string) => Promise<CaptureMaterial>;
  /** PIN windows of acts in progress. */
  readonly #talks = new Set<PinTalk>();
  readonly #acts = new Set<Promise<unknown>>();

  /** @param captures whoever holds the scans that were captured */
  constructor(services: Services, captures: { material(id: string): Promise<CaptureMaterial> }) {
    this.#services = services;
    this.#material = (id) => captures.material(id);
    const { sealing, tokens, tell } = services;
    sealing.onChange((view) => tell('sealing.changed', view));
    tokens.onChange(() => {
      void sealing
        .resume()
        .catch((error: unknown) => log.error('sealing.resume', { error: errorFields(error) }));
    });
  }

  /** Closes PIN windows that wait, as their Cancel does. */
  cancel(): void {
    for (const talk of this.#talks) talk.cancel();
  }

  /** Resolves when no act is under way. */
  async idle(): Promise<void> {
    while (this.#acts.size > 0) await Promise.allSettled([...this.#acts]);
  }

  async stop(): Promise<void> {
    this.cancel();
    await this.#services.sealing.close();
  }

  async #withPin(
    purpose: PinPurpose['purpose'],
    id: string,
    act: (options: SealingOptions) => Promise<SealApplicationView>,
  ): Promise<SealApplicationView> {
    const { token } = this.#services.sealing.get(id);
    return this.during((talks) =>
      withPin(this.#services, purpose, token, (pinPort) => act({ pinPort }), talks),
    );
  }

  /** An act that is to be over before the client ends. `talks`: where its PIN windows are held, so that they can be closed. */
  async during<T>(act: (talks: Set<PinTalk>) => Promise<T>): Promise<T> {
    const done = act(this.#talks);
    this.#acts.add(done);
    try {
      return await done;
    } finally {
      this.#acts.delete(done);
    }
  }

  handlers(): HandlersOf<'sealing'> {
    const { sealing } = this.#services;
    return {
      'sealing.list': () => sealing.list(),
      'sealing.draft': async ({ capture, ...draft }) => {
        const authority = authorityUrl(this.#services);
        if (authority === '') throw new YinkeyError('authority.url', { url: '' });
        return sealing.draft({ ...draft, authority, material: await this.#material(capture) });
      },
      'sealing.send': ({ id }) => this.#withPin('seal-request', id, (options) => sealing.send(id, options)),
      'sealing.look': ({ id }) => sealing.look(id),
      'sealing.bind': ({ id }) => this.#withPin('seal-bind', id, (options) => sealing.bind(id, options)),
      'sealing.withdraw': ({ id }) =>
        this.#withPin('seal-request', id, (options) => sealing.withdraw(id, options)),
      'sealing.review': async ({ id }) => {
        const { reviewUrl } = sealing.get(id);
        const authority = authorityUrl(this.#services);
        if (reviewUrl === null || authority === '') throw new YinkeyError('request.refused', {});
        // A page of the authority's own, and nothing that could be a program.
        const url = new URL(reviewUrl, authority);
        if (url.origin !== new URL(authority).origin || !/^https?:$/.test(url.protocol))
          throw new YinkeyError('request.refused', {});
        await shell.openExternal(url.href);
      },
      'sealing.picture': ({ id }) => new Uint8Array(sealing.picture(id)),
    };
  }
}
