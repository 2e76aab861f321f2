import { createHash } from 'node:crypto';
import type { SealForm } from '../../shared/domain/index.ts';
import { toWireError } from '../../shared/errors/index.ts';
import { digestApplication, sealApplication, type TokenAct } from '../pkcs11/index.ts';

/** What binding needs of an act on a key. */
export type SealAct = Pick<TokenAct, 'data' | 'writeData'>;

export interface Binding {
  /** esID. */
  id: string;
  /** The SESeal in one of its forms, judged by whoever gives it. */
  form: (form: SealForm) => Promise<Uint8Array>;
  /** SHA-256 (hex) of the seal on this key whose place it takes. */
  replaces?: string | undefined;
}

export interface BoundTo {
  form: SealForm;
  where: 'key' | 'store';
  /** SHA-256 (hex) and length of the SESeal, wherever it lies. */
  sha256: string;
  bytes: number;
  /** Forms that the key had no room for. */
  tooSmallFor: SealForm[];
}

export interface BindOptions {
  /** Keeps the seal in this computer's store; on disk when it returns. */
  keep: (seal: Uint8Array) => void;
  onStep?: (step: 'fetching' | 'writing') => void;
}

/** From the most room to the least; a seal that fits nowhere is kept whole. */
const forms: readonly SealForm[] = ['full', 'digests', 'small'];

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/**
 * Writes a seal to a key in the largest form that it has room for; where it has room for none, the seal is kept in the
 * store and the key gets its digest. Done again after it was cut off, it finds what is there already.
 * @throws YinkeyError token.memory (not even the digest fits), seal.certificate-taken, token.*, driver.*, store.failed, and
 *   what `form` throws
 */
export async function bindSeal(
  act: SealAct,
  { id, form, replaces }: Binding,
  { keep, onStep = () => {} }: BindOptions,
): Promise<BoundTo> {
  const objects = await act.data();
  const held = new Set(
    objects
      .filter(({ application, label }) => application === sealApplication && label === id)
      .map(({ value }) => sha256(value)),
  );
  const fetched = new Map<SealForm, Uint8Array>();
  const fetch = async (which: SealForm) => {
    let value = fetched.get(which);
    if (!value) {
      onStep('fetching');
      value = await form(which);
      fetched.set(which, value);
    }
    return value;
  };
  let first: SealForm = 'full';
  // A smaller form that was bound before stays: the same seal is not written twice.
  if (held.size > 0) {
    for (const each of forms) if (held.has(sha256(await fetch(each)))) first = each;
  }
  const tooSmallFor = forms.slice(0, forms.indexOf(first));
  const about = { label: id, ...(replaces !== undefined && { replaces }) };
  for (const each of forms.slice(forms.indexOf(first))) {
    const value = await fetch(each);
    onStep('writing');
    try {
      await act.writeData({ ...about, application: sealApplication, value });
      return { form: each, where: 'key', sha256: sha256(value), bytes: value.length, tooSmallFor };
    } catch (error) {
      // Any call may fail for want of memory; only one that says what it needed has found no room for the seal.
      const { code, details } = toWireError(error);
      if (code !== 'token.memory' || details.needed === undefined) throw error;
      tooSmallFor.push(each);
    }
  }
  const value = await fetch('full');
  // In the store before the key says that it is there.
  keep(value);
  const digest = createHash('sha256').update(value).digest();
  await act.writeData({ ...about, application: digestApplication, value: digest });
  return {
    form: 'full',
    where: 'store',
    sha256: digest.toString('hex'),
    bytes: value.length,
    tooSmallFor,
  };
}
