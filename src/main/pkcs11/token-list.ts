import { createHash, type KeyObject } from 'node:crypto';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import type { TokenReport } from './api.ts';
import {
  attribute,
  attributeText,
  type Cryptoki,
  type Handle,
  objectClass,
  type Session,
  slotNumber,
  type TokenInfo,
} from './cryptoki.ts';
import { holdsKey, publicKeyOf } from './mechanisms.ts';
import { ckf, pinStateOf, soPinStateOf } from './pin-state.ts';

/** At most so many certificates of one token are shown. */
const maxCertificates = 64;

interface FoundCertificate {
  ckaId: Buffer;
  label: string;
  der: Uint8Array<ArrayBuffer>;
  sha256: string;
}

export const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Some tokens answer with all the room they reserved: zero bytes behind the certificate are not part of it. */
export function withoutPadding(value: Buffer): Buffer {
  // A certificate is a SEQUENCE of 128 to 65,535 bytes: tag 30, then 81 or 82 and the length.
  const form = value[0] === 0x30 ? value[1] : undefined;
  const end =
    form === 0x82 && value.length >= 4
      ? 4 + value.readUInt16BE(2)
      : form === 0x81 && value.length >= 3
        ? 3 + value.readUInt8(2)
        : value.length;
  return end < value.length && value.subarray(end).every((byte) => byte === 0)
    ? value.subarray(0, end)
    : value;
}

/** The certificates that a session sees, without those that can't be read and without doubles. */
function readCertificates(session: Session): FoundCertificate[] {
  const found = new Map<string, FoundCertificate>();
  for (const object of session.find([{ type: attribute.class, value: objectClass.certificate }])) {
    if (found.size >= maxCertificates) break;
    const [value, id, label] = session.attributes(object, [attribute.value, attribute.id, attribute.label]);
    if (!value || value.length === 0) continue;
    const der = withoutPadding(value);
    const sha256 = sha256Hex(der);
    if (found.has(sha256)) continue;
    found.set(sha256, {
      ckaId: id ?? Buffer.alloc(0),
      label: attributeText(label ?? Buffer.alloc(0)).slice(0, 256),
      der: Uint8Array.from(der),
      sha256,
    });
  }
  return [...found.values()];
}

interface KeyObjectFacts {
  id: Buffer;
  modulus: Buffer | undefined;
  ecPoint: Buffer | undefined;
}

function readKeys(session: Session, kind: number): (KeyObjectFacts & { handle: Handle })[] {
  return session.find([{ type: attribute.class, value: kind }]).map((handle) => {
    let numbers: { modulus: Buffer | undefined; ecPoint: Buffer | undefined } | undefined;
    // Asked for only where the id tells nothing: each question costs a slow key some hundredths of a second.
    const read = () => {
      numbers ??= {
        modulus: session.attribute(handle, attribute.modulus),
        ecPoint: session.attribute(handle, attribute.ecPoint),
      };
      return numbers;
    };
    return {
      handle,
      id: session.attribute(handle, attribute.id) ?? Buffer.alloc(0),
      get modulus() {
        return read().modulus;
      },
      get ecPoint() {
        return read().ecPoint;
      },
    };
  });
}

/** The certificate's public key; undefined where node:crypto can't read it (an SM2 key, a damaged certificate). */
function readablePublicKey(der: Uint8Array): KeyObject | undefined {
  try {
    return publicKeyOf(der);
  } catch (error) {
    if (error instanceof YinkeyError && error.code === 'certificate.unreadable') return undefined;
    throw error;
  }
}

/** Whether one of the keys belongs to a certificate: by its id, else by its numbers. */
function hasKeyAmong(keys: KeyObjectFacts[], certificate: FoundCertificate): boolean {
  if (keys.some(({ id }) => id.length > 0 && id.equals(certificate.ckaId))) return true;
  const publicKey = keys.length > 0 ? readablePublicKey(certificate.der) : undefined;
  return publicKey !== undefined && keys.some((key) => holdsKey(publicKey, key.modulus, key.ecPoint));
}

/**
 * The private key of a certificate, after login: by CKA_ID, else by the public key's own numbers.
 * Errors: token.key-missing.
 */
export function findPrivateKey(session: Session, ckaId: string, publicKey: KeyObject): Handle {
  const keys = readKeys(session, objectClass.privateKey);
  // The numbers are proof, the id is a convention: where an id is used twice, the numbers decide.
  const found =
    keys.find((key) => holdsKey(publicKey, key.modulus, key.ecPoint)) ??
    keys.find((key) => key.id.length > 0 && key.id.toString('hex') === ckaId);
  if (!found) throw new YinkeyError('token.key-missing', { ckaId });
  return found.handle;
}

/**
 * For each certificate whether its private key is there, as far as the token shows before login: a private key or a
 * public key that belongs to it says yes; keys that belong to other certificates only say no; else nothing is known
 * (most tokens hide private keys, and some keep no public key objects).
 */
function privateKeysOf(certificates: FoundCertificate[], keys: KeyObjectFacts[]): (boolean | null)[] {
  const yes = certificates.map((certificate) => hasKeyAmong(keys, certificate));
  return yes.map((has) => has || (yes.includes(true) ? false : null));
}

/** A token that was never initialised: not yet anybody's key. */
export const isBlank = (info: TokenInfo) => (info.flags & ckf.CKF_TOKEN_INITIALIZED) === 0;

const sameToken = (info: TokenInfo, id: { serial: string; label: string }) =>
  info.serial === id.serial && info.label === id.label;

const keyOf = (slot: Handle, info: TokenInfo) => JSON.stringify([info.serial, info.label, slotNumber(slot)]);

/** Lists the tokens of one module; certificates are read again only when the token has changed. */
export class TokenList {
  #module: Cryptoki;
  #reinitialize: boolean;
  #cache = new Map<string, { fingerprint: string; certificates: TokenReport['certificates'] }>();

  /** `reinitialize`: this module sees plugged and pulled tokens only after C_Finalize and C_Initialize. */
  constructor(module: Cryptoki, reinitialize: boolean) {
    this.#module = module;
    this.#reinitialize = reinitialize;
  }

  /** The slots as they are now, with what is in them. No session may be open. Blank tokens too: SoftHSM's spare slot is one. */
  look(): { slot: Handle; info: TokenInfo | YinkeyError }[] {
    if (this.#reinitialize) this.#module.reinitialize();
    const seen: { slot: Handle; info: TokenInfo | YinkeyError }[] = [];
    for (const slot of this.#module.slots().slice(0, 256)) {
      try {
        const info = this.#module.token(slot);
        seen.push({ slot, info });
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        // Pulled between two questions; or a card that is no key of this driver.
        if (error.code === 'token.removed' || error.code === 'token.not-supported') continue;
        seen.push({ slot, info: error });
      }
    }
    return seen;
  }

  /**
   * Finds a token anew by its serial number and label. Errors: token.not-found; where a slot could not be read, its
   * own error, because the token may be in that one.
   */
  find(id: { serial: string; label: string }): { slot: Handle; info: TokenInfo } {
    let unreadable: YinkeyError | undefined;
    for (const { slot, info } of this.look()) {
      if (info instanceof YinkeyError) unreadable ??= info;
      else if (!isBlank(info) && sameToken(info, id)) return { slot, info };
    }
    if (unreadable) throw unreadable;
    throw new YinkeyError('token.not-found', { label: id.label, serial: id.serial });
  }

  /** A token that was there a moment ago. Errors: token.removed, and where a slot could not be read, its own. */
  findAgain(id: { serial: string; label: string }): { slot: Handle; info: TokenInfo } {
    try {
      return this.find(id);
    } catch (error) {
      if (!(error instanceof YinkeyError) || error.code !== 'token.not-found') throw error;
      throw new YinkeyError('token.removed', error.details, { cause: error });
    }
  }

  /** `next` is called before each token: one takes seconds where a key is slow, and each has a clock of its own. */
  async list(refresh: boolean, next: () => Promise<void> = async () => {}): Promise<TokenReport[]> {
    if (refresh) this.#cache.clear();
    const reports: TokenReport[] = [];
    const present = new Set<string>();
    for (const { slot, info } of this.look()) {
      if (info instanceof YinkeyError) {
        reports.push({ ...unreadable(slot), error: toWireError(info) });
        continue;
      }
      const report: TokenReport = {
        slot: slotNumber(slot),
        label: info.label,
        serial: info.serial,
        manufacturer: info.manufacturer,
        model: info.model,
        firmware: info.firmware,
        initialized: !isBlank(info),
        pinState: pinStateOf(info.flags),
        soPinState: soPinStateOf(info.flags),
        minPin: info.minPin,
        maxPin: info.maxPin,
        protectedPath: (info.flags & ckf.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0,
        certificates: [],
        error: null,
      };
      if (!report.initialized) {
        reports.push(report);
        continue;
      }
      const key = keyOf(slot, info);
      present.add(key);
      await next();
      try {
        report.certificates = this.certificates(slot, info);
      } catch (error) {
        if (!(error instanceof YinkeyError)) throw error;
        if (error.code === 'token.removed') {
          this.#cache.delete(key);
          continue;
        }
        report.error = toWireError(error);
      }
      reports.push(report);
    }
    for (const key of this.#cache.keys()) if (!present.has(key)) this.#cache.delete(key);
    return reports;
  }

  /** The token's certificates: as they were read before, unless the token or the number of its objects changed. */
  certificates(slot: Handle, info: TokenInfo): TokenReport['certificates'] {
    const key = keyOf(slot, info);
    const session = this.#module.open(slot);
    try {
      const count = (kind: number) => session.find([{ type: attribute.class, value: kind }]).length;
      const fingerprint = JSON.stringify([
        info,
        count(objectClass.certificate),
        count(objectClass.publicKey),
        count(objectClass.privateKey),
      ]);
      const cached = this.#cache.get(key);
      if (cached?.fingerprint === fingerprint) return cached.certificates;
      const found = readCertificates(session);
      const keys = [
        ...readKeys(session, objectClass.privateKey),
        ...readKeys(session, objectClass.publicKey),
      ];
      const hasKey = privateKeysOf(found, keys);
      const certificates = found.map(({ ckaId, label, der }, index) => ({
        ckaId: ckaId.toString('hex'),
        label,
        der,
        hasPrivateKey: hasKey[index] ?? null,
      }));
      this.#cache.set(key, { fingerprint, certificates });
      return certificates;
    } finally {
      closeQuietly(session);
    }
  }
}

/** Closes a session whose work is over: a key that was pulled meanwhile must not hide what the work came to. */
export function closeQuietly(session: Session): void {
  try {
    session.close();
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
  }
}

/** Logs out after the work is done or lost: a key that went away has logged out by itself. */
export function logoutQuietly(session: Session): void {
  try {
    session.logout();
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
  }
}

/** A slot whose token could not even be asked who it is. */
function unreadable(slot: Handle): TokenReport {
  return {
    slot: slotNumber(slot),
    label: '',
    serial: '',
    manufacturer: '',
    model: '',
    firmware: '',
    initialized: true,
    pinState: 'ok',
    soPinState: 'ok',
    minPin: 0,
    maxPin: 0,
    protectedPath: false,
    certificates: [],
    error: null,
  };
}
