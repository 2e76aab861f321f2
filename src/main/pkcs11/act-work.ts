import { type KeyObject, randomBytes } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { WorkOf } from './act-api.ts';
import {
  certificatesOnToken,
  isOf,
  type KeyOnToken,
  keysOnToken,
  publicKeyOfSpki,
  showsNumbers,
} from './act-objects.ts';
import { isTemplateRefused } from './ckr.ts';
import { attribute, type Handle, objectClass, type Session, type Template } from './cryptoki.ts';
import { checkedSignature, maxSignatureLength, signingWays } from './mechanisms.ts';
import { signWithOneOf } from './token-signer.ts';

/** Operations on the objects of a token, in a session in which its holder is logged in. */

/** A key wants its PIN for the signature that is to be made: whoever calls has to ask for it. */
export type Authenticate = () => Promise<void>;

/** Private keys that may be the one of a public key: those that its numbers prove, else those with its CKA_ID that show none. */
function candidates(session: Session, ckaId: string, publicKey: KeyObject): KeyOnToken[] {
  const keys = keysOnToken(session, objectClass.privateKey);
  const proven = keys.filter((key) => isOf(key, publicKey));
  if (proven.length > 0) return proven.slice(0, 1);
  return keys.filter((key) => !showsNumbers(key) && key.ckaId !== '' && key.ckaId === ckaId);
}

/**
 * Signs with the key of `spki` and checks the signature. Where a CKA_ID is used twice and the keys show no numbers, they
 * are tried in turn: the signature tells. undefined: the key wants its PIN, and nobody is there to be asked.
 * Errors: token.key-missing, token.mechanism-missing, token.signature-wrong, certificate.key-unsupported.
 */
export async function signWith(
  session: Session,
  mechanisms: number[],
  { ckaId, spki, scheme, hash, message }: WorkOf<'sign'>,
  authenticate: Authenticate | undefined,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const publicKey = publicKeyOfSpki(spki, scheme);
  const type = publicKey.asymmetricKeyType ?? '';
  if ((scheme === 'ecdsa') !== (type === 'ec') || (scheme === 'rsa-pkcs1' && type !== 'rsa')) {
    throw new YinkeyError('certificate.key-unsupported', { keyType: type, scheme });
  }
  const ways = signingWays(mechanisms, scheme, hash, message);
  const keys = candidates(session, ckaId, publicKey);
  if (keys.length === 0) throw new YinkeyError('token.key-missing', { ckaId });
  let wrong: unknown;
  for (const { handle, alwaysAuthenticate } of keys) {
    if (alwaysAuthenticate && !authenticate) return undefined;
    const asked = alwaysAuthenticate ? authenticate : undefined;
    const raw = await signWithOneOf(session, ways, handle, maxSignatureLength(publicKey), asked);
    try {
      return checkedSignature(raw, publicKey, scheme, hash, message);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.signature-wrong') throw error;
      wrong = error;
    }
  }
  throw wrong;
}

/** Attributes of a certificate object (PKCS#11 2.40, section 4.6.3). `plain`: without what some tokens refuse. */
function certificateTemplate({ ckaId, label, der }: WorkOf<'write-certificate'>, plain: boolean): Template {
  const { subject, issuer, serialNumberDer } = parseCertificate(der);
  return [
    { type: attribute.class, value: objectClass.certificate },
    { type: attribute.certificateType, value: 0 },
    { type: attribute.token, value: true },
    { type: attribute.id, value: Buffer.from(ckaId, 'hex') },
    { type: attribute.label, value: Buffer.from(label, 'utf8') },
    { type: attribute.subject, value: Buffer.from(subject.raw) },
    { type: attribute.value, value: Buffer.from(der) },
    ...(plain
      ? []
      : [
          { type: attribute.private, value: false },
          { type: attribute.issuer, value: Buffer.from(issuer.raw) },
          { type: attribute.serialNumber, value: Buffer.from(serialNumberDer) },
        ]),
  ];
}

/**
 * Writes a certificate and reads it back; what is not the same is removed again. The same one already there is fine.
 * Errors: certificate.unreadable, token.memory, token.not-supported, token.failed.
 */
export function writeCertificate(session: Session, certificate: WorkOf<'write-certificate'>): void {
  const { ckaId, der } = certificate;
  const same = (each: Uint8Array) => Buffer.from(der).equals(each);
  const template = certificateTemplate(certificate, false);
  const before = certificatesOnToken(session);
  if (before.some((each) => same(each.der))) return;
  const had = new Set(before.map(({ handle }) => handle.toString('hex')));
  const created = () =>
    session
      .find([
        { type: attribute.class, value: objectClass.certificate },
        { type: attribute.id, value: Buffer.from(ckaId, 'hex') },
      ])
      .filter((handle) => !had.has(handle.toString('hex')));
  try {
    try {
      session.create(template);
    } catch (error) {
      if (!isTemplateRefused(error)) throw error;
      for (const handle of created()) session.destroy(handle);
      session.create(certificateTemplate(certificate, true));
    }
    if (!certificatesOnToken(session).some((each) => each.ckaId === ckaId && same(each.der))) {
      throw new YinkeyError('token.failed', { operation: 'write', ckr: 'read back otherwise' });
    }
  } catch (error) {
    quietly(() => {
      for (const handle of created()) session.destroy(handle);
    });
    throw error;
  }
}

/** Cleans up after a failure that is told in any case. */
function quietly(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
  }
}

/** Whether a key that shows no numbers is the one of a public key: a signature over chance tells. */
async function proves(
  session: Session,
  mechanisms: number[],
  { handle }: KeyOnToken,
  publicKey: KeyObject,
): Promise<boolean> {
  const scheme = publicKey.asymmetricKeyType === 'ec' ? 'ecdsa' : 'rsa-pkcs1';
  const message = randomBytes(32);
  const ways = signingWays(mechanisms, scheme, 'sha256', message);
  const raw = await signWithOneOf(session, ways, handle, maxSignatureLength(publicKey));
  try {
    checkedSignature(raw, publicKey, scheme, 'sha256', message);
    return true;
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'token.signature-wrong') return false;
    throw error;
  }
}

/** Objects with this CKA_ID that belong to this public key. Errors: token.key-missing when nothing tells keys apart. */
async function pairWith(
  session: Session,
  mechanisms: number[],
  { ckaId, spki }: WorkOf<'remove-pair'>,
): Promise<KeyOnToken[]> {
  const privates = keysOnToken(session, objectClass.privateKey, ckaId);
  const publics = keysOnToken(session, objectClass.publicKey, ckaId);
  const silent = privates.filter((key) => !showsNumbers(key));
  const certificates = certificatesOnToken(session).filter((each) => each.ckaId === ckaId);
  if (spki.length === 0) {
    if (silent.length === 0) return [];
    if (silent.length > 1 || publics.length > 0 || certificates.length > 0) {
      throw new YinkeyError('token.key-missing', { ckaId });
    }
    return silent;
  }
  const publicKey = publicKeyOfSpki(spki, '');
  const found = privates.filter((key) => isOf(key, publicKey));
  // RSA keys show their modulus; what shows nothing is of the kind that this public key is of only by a proof.
  for (const key of found.length > 0 ? [] : silent) {
    if (key.alwaysAuthenticate) {
      // It can't be asked for a signature without its PIN: it is the one if no other can be.
      const others = publics.some((each) => !isOf(each, publicKey));
      if (silent.length > 1 || others) throw new YinkeyError('token.key-missing', { ckaId });
      found.push(key);
    } else if (await proves(session, mechanisms, key, publicKey)) found.push(key);
  }
  // The private key first: whatever interrupts this, what is left can still be told by its public key.
  return [...found, ...publics.filter((key) => isOf(key, publicKey))];
}

/** Removes objects, and looks whether they are gone: some drivers only say so. Errors: token.failed. */
function removeAll(session: Session, objects: { handle: Handle }[], left: () => number): void {
  if (objects.length === 0) return;
  for (const { handle } of objects) session.destroy(handle);
  if (left() > 0) throw new YinkeyError('token.failed', { operation: 'write', ckr: 'still there' });
}

/** Removes a key pair, or what there is of it. Errors: token.key-missing, token.failed. */
export async function removePair(
  session: Session,
  mechanisms: number[],
  pair: WorkOf<'remove-pair'>,
): Promise<void> {
  const count = () =>
    keysOnToken(session, objectClass.privateKey, pair.ckaId).length +
    keysOnToken(session, objectClass.publicKey, pair.ckaId).length;
  const before = count();
  const doomed = await pairWith(session, mechanisms, pair);
  removeAll(session, doomed, () => Math.max(0, count() - (before - doomed.length)));
}

/** Removes a certificate, and its doubles. Errors: token.failed. */
export function removeCertificate(session: Session, { der }: WorkOf<'remove-certificate'>): void {
  const same = () => certificatesOnToken(session).filter((each) => Buffer.from(der).equals(each.der));
  removeAll(session, same(), () => same().length);
}
