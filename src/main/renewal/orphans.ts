import { createHash } from 'node:crypto';
import type { OrphanPair, TokenId } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { Port } from '../../shared/hosts/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { TokenAct } from '../pkcs11/index.ts';
import type { RenewalTools } from './tools.ts';
import { orderInLabel } from './work.ts';

const keyOfToken = ({ module, serial, label }: TokenId) => JSON.stringify([module, serial, label]);
const keyHash = (spki: Uint8Array) => createHash('sha256').update(spki).digest('hex');

/**
 * Which pairs have a certificate: by the public key. One that can't be read is taken to belong to the pair of its
 * CKA_ID, so that no pair is offered for removal that somebody may still use.
 */
function ownersOf(certificates: Awaited<ReturnType<TokenAct['certificates']>>) {
  const keys = new Set<string>();
  const ids = new Set<string>();
  for (const { ckaId, der } of certificates) {
    try {
      keys.add(keyHash(parseCertificate(der).spki));
    } catch (error) {
      if (!(error instanceof YinkeyError)) throw error;
      ids.add(ckaId);
    }
  }
  return ({ ckaId, spki }: { ckaId: string; spki: Uint8Array }) => keys.has(keyHash(spki)) || ids.has(ckaId);
}

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
      return await this.look(token, act);
    } finally {
      await act.end();
    }
  }

  /** The same with a login that is there anyway: a renewal's. Errors: token.*, driver.*. */
  async look(token: TokenId, act: Pick<TokenAct, 'certificates' | 'pairs'>): Promise<OrphanPair[]> {
    const hasCertificate = ownersOf(await act.certificates());
    const underWay = this.#underWay();
    const found = (await act.pairs())
      .filter((pair) => !hasCertificate(pair) && !underWay.has(pair.ckaId))
      .map(({ ckaId, label, keyType }) => ({
        token,
        ckaId,
        label,
        keyType,
        order: orderInLabel(label) ?? '',
      }));
    this.#found.set(keyOfToken(token), found);
    return found;
  }

  /**
   * Removes one of them. One that got a certificate or a renewal meanwhile is refused: renewal.not-possible.
   * Errors: token.*, driver.*.
   */
  async remove(token: TokenId, ckaId: string, options: { pinPort: () => Port }): Promise<void> {
    const act = await this.#tools.tokens.act(token, { pinPort: options.pinPort() });
    let result = 'ok';
    try {
      const hasCertificate = ownersOf(await act.certificates());
      const open = this.#underWay().has(ckaId);
      const pair = (await act.pairs()).find((one) => one.ckaId === ckaId && !hasCertificate(one));
      if (!pair || open) throw new YinkeyError('renewal.not-possible', { what: 'remove-orphan' });
      await act.removePair(ckaId, pair.spki);
      const key = keyOfToken(token);
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
