import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { TokenCertificate, TokenPair } from './act-api.ts';
import { attribute, attributeText, type Handle, objectClass, type Session } from './cryptoki.ts';
import { holdsKey, publicKeyOf } from './mechanisms.ts';
import { withoutPadding } from './token-list.ts';

/** Keys and certificates on a token as a session sees them, each told by what it holds. */

/** Curves by the DER of their object identifiers (RFC 5480, section 2.1.1.1), and the bytes of an uncompressed point. */
export const curves = {
  'EC-P256': { crv: 'P-256', params: Buffer.from('06082a8648ce3d030107', 'hex'), point: 65 },
  'EC-P384': { crv: 'P-384', params: Buffer.from('06052b81040022', 'hex'), point: 97 },
  'EC-P521': { crv: 'P-521', params: Buffer.from('06052b81040023', 'hex'), point: 133 },
} as const;

/** A private or public key object. */
export interface KeyOnToken {
  handle: Handle;
  ckaId: string;
  label: string;
  modulus: Buffer | undefined;
  ecPoint: Buffer | undefined;
  /** The public key, where the object shows all of it. */
  key: KeyObject | undefined;
  alwaysAuthenticate: boolean;
}

export interface CertificateOnToken extends TokenCertificate {
  handle: Handle;
}

type KeyClass = typeof objectClass.privateKey | typeof objectClass.publicKey;

const text = (raw: Buffer | undefined) => attributeText(raw ?? Buffer.alloc(0)).slice(0, 256);
const hex = (raw: Buffer | undefined) => raw?.toString('hex') ?? '';

/** The public key of these numbers; undefined where they are those of no key that node:crypto takes. */
function keyOfNumbers(key: JsonWebKey): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}

function rsaKey(modulus: Buffer, exponent: Buffer | undefined): KeyObject | undefined {
  if (!exponent || exponent.length === 0) return undefined;
  return keyOfNumbers({
    kty: 'RSA',
    n: modulus.toString('base64url'),
    e: exponent.toString('base64url'),
  });
}

function ecKey(ecPoint: Buffer, params: Buffer | undefined): KeyObject | undefined {
  const curve = Object.values(curves).find((each) => params?.equals(each.params));
  // The standard says OCTET STRING in DER; some drivers give the bare point.
  if (!curve || ecPoint.length < curve.point || ecPoint.length - curve.point > 3) return undefined;
  const point = ecPoint.subarray(-curve.point);
  if (point[0] !== 4) return undefined;
  const half = (curve.point - 1) / 2;
  return keyOfNumbers({
    kty: 'EC',
    crv: curve.crv,
    x: point.subarray(1, 1 + half).toString('base64url'),
    y: point.subarray(1 + half).toString('base64url'),
  });
}

/** CKA_KEY_TYPE of the kinds that have numbers here. */
const keyKinds = { rsa: 0, ec: 3 } as const;

/**
 * A key's numbers, and the key where the object shows all of it. What comes together is asked for together: each question
 * costs a slow key some hundredths of a second.
 */
function numbersOf(
  session: Session,
  handle: Handle,
  kind: KeyClass,
  type: Buffer | undefined,
): Pick<KeyOnToken, 'modulus' | 'ecPoint' | 'key'> {
  const keyType = type && type.length >= 4 ? type.readUInt32LE(0) : undefined;
  if (keyType !== keyKinds.ec) {
    const [modulus, exponent] = session.attributes(handle, [attribute.modulus, attribute.publicExponent]);
    if (modulus?.length) return { modulus, ecPoint: undefined, key: rsaKey(modulus, exponent) };
    if (keyType === keyKinds.rsa) return { modulus, ecPoint: undefined, key: undefined };
  }
  if (kind === objectClass.privateKey) {
    // Most private keys on curves have no point: then it is not worth asking for the curve.
    const ecPoint = session.attribute(handle, attribute.ecPoint);
    const params = ecPoint?.length ? session.attribute(handle, attribute.ecParams) : undefined;
    return { modulus: undefined, ecPoint, key: ecPoint?.length ? ecKey(ecPoint, params) : undefined };
  }
  const [ecPoint, params] = session.attributes(handle, [attribute.ecPoint, attribute.ecParams]);
  return { modulus: undefined, ecPoint, key: ecPoint?.length ? ecKey(ecPoint, params) : undefined };
}

/** Keys of one kind; only those with a CKA_ID (hex) where one is given. */
export function keysOnToken(session: Session, kind: KeyClass, ckaId?: string): KeyOnToken[] {
  const template = [{ type: attribute.class, value: kind }];
  const handles = session.find(
    ckaId === undefined ? template : [...template, { type: attribute.id, value: Buffer.from(ckaId, 'hex') }],
  );
  return handles.map((handle) => {
    const [type, id, label] = session.attributes(handle, [attribute.keyType, attribute.id, attribute.label]);
    return {
      handle,
      ckaId: hex(id),
      label: text(label),
      ...numbersOf(session, handle, kind, type),
      alwaysAuthenticate:
        kind === objectClass.privateKey && session.attribute(handle, attribute.alwaysAuthenticate)?.[0] === 1,
    };
  });
}

/** All certificates, doubles included. */
export function certificatesOnToken(session: Session): CertificateOnToken[] {
  const found: CertificateOnToken[] = [];
  for (const handle of session.find([{ type: attribute.class, value: objectClass.certificate }])) {
    const [value, id, label] = session.attributes(handle, [attribute.value, attribute.id, attribute.label]);
    if (!value || value.length === 0) continue;
    found.push({
      handle,
      ckaId: hex(id),
      label: text(label),
      der: Uint8Array.from(withoutPadding(value)),
    });
  }
  return found;
}

/** Whether a key object shows numbers at all: most private keys on curves show none. */
export const showsNumbers = ({ modulus, ecPoint }: KeyOnToken) => Boolean(modulus?.length || ecPoint?.length);

/** Whether a key object belongs to a public key, by its numbers. */
export const isOf = (key: KeyOnToken, publicKey: KeyObject) => holdsKey(publicKey, key.modulus, key.ecPoint);

/** The public key in a DER SubjectPublicKeyInfo. Errors: certificate.key-unsupported. */
export function publicKeyOfSpki(spki: Uint8Array, scheme: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new YinkeyError('certificate.key-unsupported', { keyType: '', scheme }, { cause });
  }
}

export const spkiOf = (key: KeyObject): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(key.export({ format: 'der', type: 'spki' }));

/** 'RSA-2048', 'EC-P256' ...; '' for other kinds. */
export function keyTypeOf(key: KeyObject): string {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.asymmetricKeyType === 'rsa' && bits) return `RSA-${bits}`;
  if (key.asymmetricKeyType !== 'ec') return '';
  const { crv } = key.export({ format: 'jwk' });
  return Object.entries(curves).find(([, curve]) => curve.crv === crv)?.[0] ?? '';
}

function readable(der: Uint8Array): KeyObject | undefined {
  try {
    return publicKeyOf(der);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'certificate.unreadable') return undefined;
    throw error;
  }
}

/** The public key that the certificate with this CKA_ID tells. */
function keyBeside(certificates: CertificateOnToken[], ckaId: string): KeyObject | undefined {
  const beside = ckaId === '' ? undefined : certificates.find((each) => each.ckaId === ckaId);
  return beside && readable(beside.der);
}

/**
 * The key pairs, and halves of pairs. A private key that shows no numbers is taken for the one of the public key (or of
 * the certificate) with its CKA_ID; where there are several, each for one of them.
 */
export function pairsOnToken(session: Session): TokenPair[] {
  const left = new Set(keysOnToken(session, objectClass.privateKey));
  const take = (ckaId: string, key: KeyObject | undefined): KeyOnToken | undefined => {
    const own = [...left];
    const found =
      (key && own.find((each) => isOf(each, key))) ??
      own.find((each) => !showsNumbers(each) && each.ckaId !== '' && each.ckaId === ckaId);
    if (found) left.delete(found);
    return found;
  };
  const pair = (named: KeyOnToken, key: KeyObject | undefined, own: KeyOnToken | undefined): TokenPair => ({
    ckaId: named.ckaId,
    label: named.label || own?.label || '',
    keyType: key ? keyTypeOf(key) : '',
    spki: key ? spkiOf(key) : new Uint8Array(),
    hasPrivate: own !== undefined,
    alwaysAuthenticate: own?.alwaysAuthenticate ?? false,
  });
  const pairs = keysOnToken(session, objectClass.publicKey).map((each) =>
    pair(each, each.key, take(each.ckaId, each.key)),
  );
  if (left.size === 0) return pairs;
  const certificates = certificatesOnToken(session);
  for (const each of left) {
    const told = showsNumbers(each) ? undefined : keyBeside(certificates, each.ckaId);
    pairs.push(pair(each, each.key ?? told, each));
  }
  return pairs;
}
