import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { YinkeyError } from '../../../shared/errors/index.ts';
import { damaged } from './limits.ts';
import { PdfDict, PdfString } from './objects.ts';
import { rc4 } from './rc4.ts';

/** How a crypt filter encrypts: not at all, RC4 or AES-128-CBC with a key for each object, or AES-256-CBC. */
export type CryptMethod = 'Identity' | 'RC4' | 'AESV2' | 'AESV3';

// What a short password is filled up with (7.6.4.3.2, algorithm 2, step a).
const padding = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');

interface Handler {
  revision: number;
  keyBytes: number;
  owner: Buffer;
  user: Buffer;
  ownerKey: Buffer;
  userKey: Buffer;
  permissions: number;
  id: Buffer;
  encryptMetadata: boolean;
}

/**
 * The standard security handler, revisions 2 to 6 (ISO 32000-2, 7.6.4), opened with a password. It decrypts what
 * the reader reads and encrypts what is added to the file, with the same key and methods.
 */
export class Encryption {
  readonly revision: number;
  /** The permission bits /P as a signed 32-bit number (7.6.4.2, table 22). */
  readonly permissions: number;
  /** Opened with the owner password: the permissions don't apply. */
  readonly ownerAccess: boolean;
  readonly encryptMetadata: boolean;
  readonly stringMethod: CryptMethod;
  readonly streamMethod: CryptMethod;
  /** Of embedded files (/EFF); the method of all streams where the file names no other. */
  readonly embeddedMethod: CryptMethod;
  /** The name of their crypt filter, where it is another than that of all streams. */
  readonly embeddedFilter: string | null;
  readonly #key: Buffer;
  readonly #filters: ReadonlyMap<string, CryptMethod>;

  private constructor(handler: Handler, methods: Methods, key: Buffer, ownerAccess: boolean) {
    this.revision = handler.revision;
    this.permissions = handler.permissions;
    this.encryptMetadata = handler.encryptMetadata;
    this.ownerAccess = ownerAccess;
    this.stringMethod = methods.strings;
    this.streamMethod = methods.streams;
    this.embeddedMethod = methods.embedded;
    this.embeddedFilter = methods.embeddedFilter;
    this.#filters = methods.filters;
    this.#key = key;
  }

  /**
   * Opens the handler that the encryption dictionary describes. `dict` has its references resolved; `id` is the
   * first element of the trailer's /ID. Without a password the empty one is tried.
   * @throws document.encryption-unsupported, document.password-needed, document.password-wrong, document.damaged
   */
  static open(dict: PdfDict, id: Buffer, password: string | undefined): Encryption {
    const filter = dict.getName('Filter');
    if (filter !== 'Standard')
      throw new YinkeyError('document.encryption-unsupported', { filter: filter ?? null });
    const version = dict.getInt('V') ?? 0;
    const revision = dict.getInt('R') ?? 0;
    if (
      ![1, 2, 4, 5].includes(version) ||
      revision < 2 ||
      revision > 6 ||
      (version === 5) !== revision >= 5
    ) {
      throw new YinkeyError('document.encryption-unsupported', { version, revision });
    }
    const methods = readMethods(dict, version);
    const bits = version === 1 ? 40 : version === 4 ? 128 : (dict.getInt('Length') ?? 40);
    // Some writers give the length in bytes.
    const keyBytes = bits < 40 ? bits : bits / 8;
    if (version < 5 && (!Number.isInteger(keyBytes) || keyBytes < 5 || keyBytes > 16)) {
      throw new YinkeyError('document.encryption-unsupported', { bits });
    }
    const long = revision >= 5;
    const handler: Handler = {
      revision,
      keyBytes,
      owner: entry(dict, 'O', long ? 48 : 32),
      user: entry(dict, 'U', long ? 48 : 32),
      ownerKey: long ? entry(dict, 'OE', 32) : Buffer.alloc(0),
      userKey: long ? entry(dict, 'UE', 32) : Buffer.alloc(0),
      permissions: (dict.getInt('P') ?? 0) | 0,
      id,
      encryptMetadata: dict.getBoolean('EncryptMetadata') ?? true,
    };
    for (const candidate of passwordBytes(password ?? '', long)) {
      const opened = long ? openWithAes256(handler, candidate) : openWithMd5(handler, candidate);
      if (opened !== null) return new Encryption(handler, methods, opened.key, opened.owner);
    }
    throw new YinkeyError(password ? 'document.password-wrong' : 'document.password-needed');
  }

  /** The method of a stream that names none of its own, by its /Type. */
  methodOf(type: string | undefined): CryptMethod {
    return type === 'EmbeddedFile' ? this.embeddedMethod : this.streamMethod;
  }

  /** The method of the crypt filter with this name: a stream may name its own (7.4.10). */
  method(filter: string): CryptMethod {
    const method = filter === 'Identity' ? 'Identity' : this.#filters.get(filter);
    if (method === undefined) throw damaged('crypt filter');
    return method;
  }

  decryptString(num: number, gen: number, bytes: Buffer): Buffer {
    return this.#decrypt(this.stringMethod, num, gen, bytes);
  }

  decryptStream(num: number, gen: number, bytes: Buffer, method: CryptMethod = this.streamMethod): Buffer {
    return this.#decrypt(method, num, gen, bytes);
  }

  encryptString(num: number, gen: number, bytes: Buffer): Buffer {
    return this.#encrypt(this.stringMethod, num, gen, bytes);
  }

  encryptStream(num: number, gen: number, bytes: Buffer, method: CryptMethod = this.streamMethod): Buffer {
    return this.#encrypt(method, num, gen, bytes);
  }

  /** Algorithm 1 (7.6.3.2): the file's key, the object's number and generation, and a salt for AES. */
  #objectKey(method: CryptMethod, num: number, gen: number): Buffer {
    if (method === 'AESV3') return this.#key;
    const tail = Buffer.from([num, num >> 8, num >> 16, gen, gen >> 8]);
    const salt = method === 'AESV2' ? Buffer.from('sAlT', 'latin1') : Buffer.alloc(0);
    return md5(this.#key, tail, salt).subarray(0, Math.min(this.#key.length + 5, 16));
  }

  #decrypt(method: CryptMethod, num: number, gen: number, bytes: Buffer): Buffer {
    if (method === 'Identity') return bytes;
    const key = this.#objectKey(method, num, gen);
    if (method === 'RC4') return rc4(key, bytes);
    // Sixteen bytes of initialization vector, then whole blocks; anything else was never encrypted.
    if (bytes.length < 32) return Buffer.alloc(0);
    const decipher = createDecipheriv(aes(key), key, bytes.subarray(0, 16)).setAutoPadding(false);
    const blocks = bytes.subarray(16, bytes.length - (bytes.length % 16));
    const plain = Buffer.concat([decipher.update(blocks), decipher.final()]);
    // Wrong padding is forgiven: it is how some writers leave their streams.
    const fill = plain[plain.length - 1] as number;
    return fill >= 1 && fill <= 16 ? plain.subarray(0, plain.length - fill) : plain;
  }

  #encrypt(method: CryptMethod, num: number, gen: number, bytes: Buffer): Buffer {
    if (method === 'Identity') return bytes;
    const key = this.#objectKey(method, num, gen);
    if (method === 'RC4') return rc4(key, bytes);
    const vector = randomBytes(16);
    const cipher = createCipheriv(aes(key), key, vector);
    return Buffer.concat([vector, cipher.update(bytes), cipher.final()]);
  }
}

interface Methods {
  strings: CryptMethod;
  streams: CryptMethod;
  embedded: CryptMethod;
  embeddedFilter: string | null;
  filters: ReadonlyMap<string, CryptMethod>;
}

/** The crypt filters of V 4 and 5 (7.6.6); older versions know RC4 only. */
function readMethods(dict: PdfDict, version: number): Methods {
  if (version < 4) {
    return { strings: 'RC4', streams: 'RC4', embedded: 'RC4', embeddedFilter: null, filters: new Map() };
  }
  const filters = new Map<string, CryptMethod>();
  for (const [name, filter] of dict.getDict('CF')?.entries() ?? []) {
    const method = filter instanceof PdfDict ? filter.getName('CFM') : undefined;
    if (method === 'V2') filters.set(name, 'RC4');
    else if (method === 'AESV2') filters.set(name, 'AESV2');
    else if (method === 'AESV3') filters.set(name, 'AESV3');
    else if (method === 'None' || method === undefined) filters.set(name, 'Identity');
    else throw new YinkeyError('document.encryption-unsupported', { method });
  }
  const pick = (key: string): CryptMethod => {
    const name = dict.getName(key) ?? 'Identity';
    const method = name === 'Identity' ? 'Identity' : filters.get(name);
    if (method === undefined) throw damaged('crypt filter');
    if (method !== 'Identity' && (method === 'AESV3') !== (version === 5)) {
      throw new YinkeyError('document.encryption-unsupported', { version, method });
    }
    return method;
  };
  const streams = pick('StmF');
  const embedded = dict.has('EFF') ? pick('EFF') : streams;
  const embeddedFilter = embedded === streams ? null : (dict.getName('EFF') ?? 'Identity');
  return { strings: pick('StrF'), streams, embedded, embeddedFilter, filters };
}

function entry(dict: PdfDict, key: string, length: number): Buffer {
  const value = dict.get(key);
  if (!(value instanceof PdfString) || value.bytes.length < length) throw damaged(`encryption /${key}`);
  return value.bytes.subarray(0, length);
}

/** The forms a typed password may have had as bytes when the file was made. */
function passwordBytes(password: string, long: boolean): Buffer[] {
  const utf8 = Buffer.from(password.normalize('NFKC'), 'utf8');
  if (long) return [utf8.subarray(0, 127)];
  // PDFDocEncoding is Latin-1 for what people type; some writers put UTF-8 there.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of Latin-1 is meant
  return /^[\x00-\xff]*$/.test(password) ? [Buffer.from(password, 'latin1'), utf8] : [utf8];
}

interface Opened {
  key: Buffer;
  owner: boolean;
}

/** Revisions 2 to 4: the user password (algorithms 2, 4, 5, 6), then the owner password (algorithm 7). */
function openWithMd5(handler: Handler, password: Buffer): Opened | null {
  const fromOwner = userPasswordFromOwner(handler, password);
  const ownerKey = keyFromUserPassword(handler, fromOwner);
  if (userEntryFits(handler, ownerKey)) return { key: ownerKey, owner: true };
  const key = keyFromUserPassword(handler, password);
  return userEntryFits(handler, key) ? { key, owner: false } : null;
}

/** Algorithm 2. */
function keyFromUserPassword(handler: Handler, password: Buffer): Buffer {
  const permissions = Buffer.alloc(4);
  permissions.writeInt32LE(handler.permissions);
  const metadata =
    handler.revision >= 4 && !handler.encryptMetadata ? Buffer.alloc(4, 0xff) : Buffer.alloc(0);
  let hash = md5(pad(password), handler.owner, permissions, handler.id, metadata);
  if (handler.revision >= 3) {
    for (let round = 0; round < 50; round++) hash = md5(hash.subarray(0, handler.keyBytes));
  }
  return hash.subarray(0, handler.keyBytes);
}

/** Algorithm 7: what the owner password decrypts /O to. */
function userPasswordFromOwner(handler: Handler, password: Buffer): Buffer {
  let hash = md5(pad(password));
  if (handler.revision >= 3) for (let round = 0; round < 50; round++) hash = md5(hash);
  const key = hash.subarray(0, handler.keyBytes);
  if (handler.revision === 2) return rc4(key, handler.owner);
  let value = handler.owner;
  for (let round = 19; round >= 0; round--) value = rc4(xor(key, round), value);
  return value;
}

/** Algorithms 4 and 5: whether /U is what this key makes. */
function userEntryFits(handler: Handler, key: Buffer): boolean {
  if (handler.revision === 2) return rc4(key, padding).equals(handler.user);
  let value = rc4(key, md5(padding, handler.id));
  for (let round = 1; round <= 19; round++) value = rc4(xor(key, round), value);
  return value.equals(handler.user.subarray(0, 16));
}

/** Revisions 5 and 6 (algorithm 2.A): hash, validation salt and key salt in /O and /U. */
function openWithAes256(handler: Handler, password: Buffer): Opened | null {
  const hash = handler.revision === 5 ? hashRevision5 : hashRevision6;
  const { owner, user, ownerKey, userKey } = handler;
  if (hash(password, owner.subarray(32, 40), user).equals(owner.subarray(0, 32))) {
    return { key: unwrap(hash(password, owner.subarray(40, 48), user), ownerKey), owner: true };
  }
  const none = Buffer.alloc(0);
  if (hash(password, user.subarray(32, 40), none).equals(user.subarray(0, 32))) {
    return { key: unwrap(hash(password, user.subarray(40, 48), none), userKey), owner: false };
  }
  return null;
}

function unwrap(key: Buffer, wrapped: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}

function hashRevision5(password: Buffer, salt: Buffer, user: Buffer): Buffer {
  return createHash('sha256').update(password).update(salt).update(user).digest();
}

/** Algorithm 2.B: at least 64 rounds, each choosing its hash by what the one before gave. */
function hashRevision6(password: Buffer, salt: Buffer, user: Buffer): Buffer {
  let key = hashRevision5(password, salt, user);
  for (let round = 0; ; round++) {
    const once = Buffer.concat([password, key, user]);
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(
      false,
    );
    const encrypted = Buffer.concat([
      cipher.update(Buffer.concat(Array<Buffer>(64).fill(once))),
      cipher.final(),
    ]);
    // The first 16 bytes as a number modulo 3: 256 is 1 modulo 3, so the sum of the bytes will do.
    let sum = 0;
    for (const byte of encrypted.subarray(0, 16)) sum += byte;
    key = createHash(['sha256', 'sha384', 'sha512'][sum % 3] as string)
      .update(encrypted)
      .digest();
    if (round >= 63 && (encrypted[encrypted.length - 1] as number) <= round - 31) return key.subarray(0, 32);
  }
}

function pad(password: Buffer): Buffer {
  return Buffer.concat([password, padding]).subarray(0, 32);
}

function xor(key: Buffer, value: number): Buffer {
  return Buffer.from(key.map((byte) => byte ^ value));
}

function aes(key: Buffer): string {
  return key.length === 32 ? 'aes-256-cbc' : 'aes-128-cbc';
}

function md5(...parts: Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
