import path from 'node:path';
import { app } from 'electron';
import type { PinPurpose } from '../../../shared/contract/index.ts';
import type { CareResult, CareTrial, TokenId } from '../../../shared/domain/index.ts';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { type CareOptions, KeyCare } from '../../unlock/index.ts';
import type { HandlersOf } from '../calls.ts';
import type { Services } from '../context.ts';
import { paperCss } from '../paper.ts';
import { purposeFor } from '../pin-act.ts';
import { PinTalk } from '../pin-talk.ts';
import { printPdf } from '../print.ts';
import { receiptPage } from '../receipt.ts';
import { saveWhole } from '../save.ts';

/** Acts on a key's PINs, each with a PIN window of its own; one at a time. */
export class CareDesk {
  #services: Services;
  #care: KeyCare;
  /** Acts of this session by their entry in the audit log: what a receipt is made of. */
  #results = new Map<number, CareResult>();
  #running: { close: () => void; ended: Promise<void> } | undefined;

  constructor(services: Services) {
    const { tokens, audit, store } = services;
    this.#services = services;
    this.#care = new KeyCare({ tokens, audit, journal: store.care });
  }

  /** Closes the PIN window of the act in progress; what the key already does is not interrupted. */
  cancel(): undefined {
    this.#running?.close();
  }

  /** Settles when no act is in progress. */
  async idle(): Promise<void> {
    await this.#running?.ended;
  }

  async #with<T>(
    purpose: PinPurpose['purpose'],
    token: Pick<TokenId, 'serial' | 'label'>,
    act: (options: CareOptions) => Promise<T>,
  ): Promise<T> {
    if (this.#running) throw new YinkeyError('token.busy', {});
    const { pins, tell } = this.#services;
    let end = () => {};
    const talk = new PinTalk(pins);
    this.#running = {
      close: () => talk.cancel(),
      ended: new Promise<void>((resolve) => {
        end = resolve;
      }),
    };
    try {
      return await act({
        pinPort: () => talk.open(purposeFor(this.#services, purpose, token)),
        onProgress: (step) => tell('keys.progress', { step }),
      });
    } catch (error) {
      talk.failed(error);
      throw error;
    } finally {
      talk.end();
      this.#running = undefined;
      end();
    }
  }

  /** An act whose result is kept for its receipt. */
  async #do(
    purpose: PinPurpose['purpose'],
    token: Pick<TokenId, 'serial' | 'label'>,
    act: (options: CareOptions) => Promise<CareResult>,
  ): Promise<CareResult> {
    const result = await this.#with(purpose, token, act);
    this.#results.set(result.auditEntry, result);
    return result;
  }

  /** The holder tries the PIN of an unlock of this session. */
  async #trial(auditEntry: number): Promise<CareTrial> {
    const unlocked = this.#results.get(auditEntry);
    if (unlocked?.act !== 'token.unlock') throw new YinkeyError('request.refused', {});
    const { token, case: facts } = unlocked;
    return this.#with('trial', token, (options) => this.#care.trial(token, facts, options));
  }

  /** Saves the receipt of an act where the user says. */
  async #receipt(auditEntry: number): Promise<{ name: string } | null> {
    const { audit, dialogs, practice } = this.#services;
    const result = this.#results.get(auditEntry);
    if (!result) throw new YinkeyError('request.refused', {});
    const suggested = `${result.act.replace('.', '-')}-${result.token.serial.slice(-4)}-${result.at.slice(0, 10)}.pdf`;
    const file = await dialogs.save('receipt', suggested.replace(/[^\w.-]/g, '_'));
    if (file === undefined) return null;
    const entry = audit.list(1000).find(({ seq }) => seq === auditEntry);
    const facts = {
      actor: entry?.actor ?? '',
      version: app.getVersion(),
      practice: practice !== undefined,
    };
    await saveWhole(file, await printPdf(receiptPage(result, facts), paperCss));
    return { name: path.basename(file) };
  }

  handlers(): Pick<
    HandlersOf<'keys'>,
    | 'keys.changePin'
    | 'keys.unlock'
    | 'keys.initialise'
    | 'keys.changeSoPin'
    | 'keys.settleSoPin'
    | 'keys.careJournal'
    | 'keys.trial'
    | 'keys.receipt'
    | 'keys.cancel'
  > {
    const care = this.#care;
    return {
      'keys.changePin': ({ token }) =>
        this.#do('change-pin', token, (options) => care.changePin(token, options)),
      'keys.unlock': ({ token, case: facts }) =>
        this.#do('unlock', token, (options) => care.unlock(token, facts, options)),
      'keys.initialise': (request) =>
        this.#do(
          'initialise',
          'token' in request.target ? request.target.token : { serial: '', label: request.label },
          (options) => care.initialise(request, options),
        ),
      'keys.changeSoPin': ({ token, case: facts }) =>
        this.#do('change-so-pin', token, (options) => care.changeSoPin(token, facts, options)),
      'keys.settleSoPin': ({ id, candidate }) => {
        const entry = care.journal().find((each) => each.id === id);
        if (!entry) throw new YinkeyError('request.refused', {});
        return this.#do('change-so-pin', entry.token, (options) => care.settleSoPin(id, candidate, options));
      },
      'keys.careJournal': () => care.journal(),
      'keys.trial': ({ auditEntry }) => this.#trial(auditEntry),
      'keys.receipt': ({ auditEntry }) => this.#receipt(auditEntry),
      'keys.cancel': () => this.cancel(),
    };
  }
}
