import { createHash } from 'node:crypto';
import type { OrphanPair, TokenId } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { RenewalTools } from './tools.ts';
import { orderInLabel } from './work.ts';

const keyHash = (spki: Uint8Array) => createHash('sha256').update(spki).digest('hex');

/** Key pairs without a certificate, of renewals that nobody remembers. */
export class Orphans {
  #tools: Pick<RenewalTools, 'tokens' | 'audit'>;
  /** CKA_IDs of the pairs of renewals that are under way. */
  #underWay: () => ReadonlySet<string>;
  #found = new Map<string, OrphanPair[]>();

  constructor(tools: Pick<RenewalTools, 'tokens' | 'audit'>, underWay: () => ReadonlySet<string>) {
    this.#tools = tools;
    this.#underWay = underWay;
  }

  /** Pairs without a certificate that were seen at the last login to a key and belong to nothing that is under way. */
  known(): OrphanPair[] {
    return [...this.#found.values()].flat();
  }

  /**
   * Looks for such pairs on a key; private keys are seen after a login only, so the PIN is asked for.
   * Errors: token.*, driver.*.
   */
  async find(token: TokenId, options: { pinPort: () => Port }): Promise<OrphanPair[]> {
    const act = await this.#tools.tokens.act(token, { pinPort: options.pinPort() });
    try {
      const certificates = new Set(
        (await act.certificates()).map(({ der }) => keyHash(parseCertificate(der).spki)),
      );
      const underWay = this.#underWay();
      const found = (await act.pairs())
        .filter((pair) => !certificates.has(keyHash(pair.spki)) && !underWay.has(pair.ckaId))
        .map(({ ckaId, label, keyType }) => ({
          token,
          ckaId,
          label,
          keyType,
          order: orderInLabel(label) ?? '',
        }));
      this.#found.set(JSON.stringify(token), found);
      return found;
    } finally {
      await act.end();
    }
  }

  /**
   * Removes one of them. One that got a certificate or a renewal meanwhile is refused: renewal.not-possible.
   * Errors: token.*, driver.*.
   */
  async remove(token: TokenId, ckaId: string, options: { pinPort: () => Port }): Promise<void> {
    const act = await this.#tools.tokens.act(token, { pinPort: options.pinPort() });
    let result = 'ok';
    try {
      const certificates = new Set(
        (await act.certificates()).map(({ der }) => keyHash(parseCertificate(der).spki)),
      );
      const open = this.#underWay().has(ckaId);
      const pair = (await act.pairs()).find(
        (one) => one.ckaId === ckaId && !certificates.has(keyHash(one.spki)),
      );
      if (!pair || open) throw new YinkeyError('renewal.not-possible', { what: 'remove-orphan' });
      await act.removePair(ckaId, pair.spki);
      const key = JSON.stringify(token);
      this.#found.set(
        key,
        (this.#found.get(key) ?? []).filter((one) => one.ckaId !== ckaId),
      );
    } catch (error) {
      result = toWireError(error).code;
      throw error;
    } finally {
      const { serial, label } = token;
      const none = { certificateSha256: null, documentIn: null, documentOut: null };
      this.#tools.audit.append({
        act: 'key.remove',
        subject: ckaId,
        token: { serial, label },
        ...none,
        result,
      });
      await act.end();
    }
  }
}
