import type { KeyObject } from 'node:crypto';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { GeneratedKeyType, TokenAbilities } from './act-api.ts';
import {
  curves,
  isOf,
  type KeyOnToken,
  keysOnToken,
  keyTypeOf,
  showsNumbers,
  spkiOf,
} from './act-objects.ts';
import { isTemplateRefused } from './ckr.ts';
import {
  attribute,
  type Cryptoki,
  type Handle,
  objectClass,
  type Session,
  type Template,
} from './cryptoki.ts';

/** Key pairs made on the token, and whether it can make them. */

interface Kind {
  /** Of C_GenerateKeyPair. */
  mechanism: number;
  /** Those that can sign with such a key: one of them is enough. */
  signing: readonly number[];
  bits: number;
  /** What says which key it is to be. */
  template: Template;
}

const CKM_RSA_PKCS_KEY_PAIR_GEN = 0x0000;
const CKM_EC_KEY_PAIR_GEN = 0x1040;
/** CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS. */
const rsaSigning = [0x0001, 0x0040];
/** CKM_ECDSA, CKM_ECDSA_SHA256, CKM_ECDSA_SHA384. */
const ecSigning = [0x1041, 0x1044, 0x1045];
const CKF_GENERATE_KEY_PAIR = 0x0001_0000;
const CKF_EC_F_P = 0x0010_0000;
const CKF_EC_F_2M = 0x0020_0000;
const CKF_EC_ECPARAMETERS = 0x0040_0000;
const CKF_EC_NAMEDCURVE = 0x0080_0000;

const rsa = (bits: number): Kind => ({
  mechanism: CKM_RSA_PKCS_KEY_PAIR_GEN,
  signing: rsaSigning,
  bits,
  template: [
    { type: attribute.modulusBits, value: bits },
    { type: attribute.publicExponent, value: Buffer.from([1, 0, 1]) },
  ],
});
const ec = (keyType: 'EC-P256' | 'EC-P384', bits: number): Kind => ({
  mechanism: CKM_EC_KEY_PAIR_GEN,
  signing: ecSigning,
  bits,
  template: [{ type: attribute.ecParams, value: curves[keyType].params }],
});
const kinds: Record<GeneratedKeyType, Kind> = {
  'RSA-2048': rsa(2048),
  'RSA-3072': rsa(3072),
  'RSA-4096': rsa(4096),
  'EC-P256': ec('EC-P256', 256),
  'EC-P384': ec('EC-P384', 384),
};

export interface GenerateSpec {
  keyType: GeneratedKeyType;
  /** Hex. */
  ckaId: string;
  label: string;
}

const flag = (type: number, value: boolean) => ({ type, value });

/**
 * Attributes of both keys. `plain`: only where they are, what they are for and that the private one is secret, for tokens
 * that refuse more; whether it can be extracted all the same is looked at afterwards.
 */
function templatesOf(spec: GenerateSpec, plain: boolean): { publicKey: Template; privateKey: Template } {
  const { mechanism, template } = kinds[spec.keyType];
  const named: Template = [
    { type: attribute.id, value: Buffer.from(spec.ckaId, 'hex') },
    { type: attribute.label, value: Buffer.from(spec.label, 'utf8') },
  ];
  const publicKey: Template = [
    flag(attribute.token, true),
    ...template,
    ...named,
    flag(attribute.verify, true),
  ];
  const privateKey: Template = [
    flag(attribute.token, true),
    flag(attribute.private, true),
    // Never left out: tokens that are not told may keep keys that can be read.
    flag(attribute.sensitive, true),
    ...named,
    flag(attribute.sign, true),
  ];
  if (plain) return { publicKey, privateKey };
  const isRsa = mechanism === CKM_RSA_PKCS_KEY_PAIR_GEN;
  return {
    publicKey: [
      ...publicKey,
      flag(attribute.private, false),
      ...(isRsa ? [flag(attribute.encrypt, false), flag(attribute.wrap, false)] : []),
    ],
    privateKey: [
      ...privateKey,
      flag(attribute.extractable, false),
      ...(isRsa
        ? [flag(attribute.decrypt, false), flag(attribute.unwrap, false)]
        : [flag(attribute.derive, false)]),
    ],
  };
}

const keysWith = (session: Session, ckaId: string): KeyOnToken[] => [
  ...keysOnToken(session, objectClass.privateKey, ckaId),
  ...keysOnToken(session, objectClass.publicKey, ckaId),
];

/** Removes what a failed generation has left under a CKA_ID that nothing had before it. */
function removeHalves(session: Session, ckaId: string): number {
  const halves = keysWith(session, ckaId);
  for (const { handle } of halves) session.destroy(handle);
  return halves.length;
}

/** Cleans up after a failure, which stays what it was: a key that went away can't be cleaned. */
function cleaned(session: Session, ckaId: string, error: unknown): number {
  if (toWireError(error).code === 'token.removed') return 0;
  try {
    return removeHalves(session, ckaId);
  } catch (second) {
    if (second instanceof YinkeyError) return 0;
    throw second;
  }
}

/**
 * Makes a key pair, reads it back and checks it. A second try is made only where the token refused the attributes and
 * nothing at all was made: with fewer of them.
 */
export async function generatePair(session: Session, spec: GenerateSpec): Promise<Uint8Array> {
  if (keysWith(session, spec.ckaId).length > 0) {
    throw new YinkeyError('request.invalid', { method: 'generate', reason: 'the CKA_ID is in use' });
  }
  const make = async (plain: boolean) => {
    const { publicKey, privateKey } = templatesOf(spec, plain);
    return session.generateKeyPair(kinds[spec.keyType].mechanism, publicKey, privateKey);
  };
  try {
    let made: { publicKey: Handle; privateKey: Handle };
    try {
      made = await make(false);
    } catch (error) {
      if (!isTemplateRefused(error) || cleaned(session, spec.ckaId, error) > 0) throw error;
      made = await make(true);
    }
    return checked(session, spec, made.privateKey);
  } catch (error) {
    cleaned(session, spec.ckaId, error);
    throw error;
  }
}

const unfit = (reason: string) => new YinkeyError('token.failed', { operation: 'generate', ckr: reason });

/** What was made is what was asked for, as far as the token shows it; the first signature proves the rest. */
function checked(session: Session, spec: GenerateSpec, privateHandle: Handle): Uint8Array {
  const [shown, ...more] = keysOnToken(session, objectClass.publicKey, spec.ckaId);
  const [secret, ...others] = keysOnToken(session, objectClass.privateKey, spec.ckaId);
  if (!shown || !secret || more.length > 0 || others.length > 0) throw unfit('no pair');
  const key: KeyObject | undefined = shown.key;
  if (!key || keyTypeOf(key) !== spec.keyType) throw unfit('other key type');
  if (showsNumbers(secret) && !isOf(secret, key)) throw unfit('keys of two pairs');
  const says = (type: number) => session.attribute(privateHandle, type)?.[0];
  if (says(attribute.extractable) === 1 || says(attribute.sensitive) === 0) {
    throw new YinkeyError('token.not-supported', { operation: 'generate', ckr: 'extractable' });
  }
  return spkiOf(key);
}

/** Whether a mechanism's limits allow a key of so many bits. What is not told is not held against it. */
function takes(module: Cryptoki, slot: Handle, kind: Kind): boolean {
  const facts = module.mechanism(slot, kind.mechanism);
  if (!facts) return true;
  const { flags, minKeySize, maxKeySize } = facts;
  if (flags !== 0 && (flags & CKF_GENERATE_KEY_PAIR) === 0) return false;
  if (kind.mechanism === CKM_EC_KEY_PAIR_GEN) {
    if (flags & CKF_EC_F_2M && !(flags & CKF_EC_F_P)) return false;
    if (flags & CKF_EC_ECPARAMETERS && !(flags & CKF_EC_NAMEDCURVE)) return false;
  }
  if (maxKeySize === 0) return true;
  // Some drivers give RSA sizes in bytes.
  const unit = kind.mechanism === CKM_RSA_PKCS_KEY_PAIR_GEN && maxKeySize <= 1024 ? 8 : 1;
  return minKeySize * unit <= kind.bits && kind.bits <= maxKeySize * unit;
}

/** What a token can make and sign with, by what it says of itself before any login. */
export function abilitiesOf(module: Cryptoki, slot: Handle): TokenAbilities {
  const mechanisms = module.mechanisms(slot);
  // A driver that lists nothing tells nothing: whoever tries will see.
  const has = (mechanism: number) => mechanisms.length === 0 || mechanisms.includes(mechanism);
  const able = ([, kind]: [string, Kind]) =>
    has(kind.mechanism) && kind.signing.some(has) && takes(module, slot, kind);
  const { freePublic, freePrivate, maxSessions } = module.token(slot);
  const keyTypes = Object.entries(kinds).filter(able) as [GeneratedKeyType, Kind][];
  return { keyTypes: keyTypes.map(([keyType]) => keyType), freePublic, freePrivate, sessions: maxSessions };
}
