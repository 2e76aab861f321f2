import type * as Native from 'pkcs11js';
import { YinkeyError } from '../../shared/errors/index.ts';
import { ckr, errorFor, type Operation } from './ckr.ts';

/**
 * A thin, typed layer over pkcs11js. It runs in a token host only: pkcs11js is loaded by `loadModule`, not by
 * importing this file. Every failure is a YinkeyError from the CKR table. Slots, sessions and objects are the
 * driver's handles, good until the next C_Finalize at most; nothing here keeps them.
 */

const CKF_OS_LOCKING_OK = 0x2;
const CKF_RW_SESSION = 0x2;
const CKF_SERIAL_SESSION = 0x4;
const CKU_SO = 0;
const CKU_USER = 1;
const CKU_CONTEXT_SPECIFIC = 2;
const CKS_RO_USER_FUNCTIONS = 1;
const CKS_RW_USER_FUNCTIONS = 3;
const CKS_RW_SO_FUNCTIONS = 4;
/** At most so many objects of a kind are looked at; a key holds tens. */
const maxObjects = 512;
/** Longest attribute that is taken over: certificates of real keys are under 8 KiB. */
const maxAttribute = 64 * 1024;

/** Room for a token's label, in bytes (PKCS#11 2.40, CK_TOKEN_INFO). */
export const labelBytes = 32;

export const objectClass = { data: 0, certificate: 1, publicKey: 2, privateKey: 3 } as const;
export const attribute = {
  class: 0x000,
  token: 0x001,
  private: 0x002,
  label: 0x003,
  application: 0x010,
  value: 0x011,
  certificateType: 0x080,
  issuer: 0x081,
  serialNumber: 0x082,
  keyType: 0x100,
  subject: 0x101,
  id: 0x102,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  wrap: 0x106,
  unwrap: 0x107,
  sign: 0x108,
  verify: 0x10a,
  derive: 0x10c,
  modulus: 0x120,
  modulusBits: 0x121,
  publicExponent: 0x122,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
  alwaysAuthenticate: 0x202,
} as const;

export type Handle = Buffer;
export type Template = { type: number; value?: number | boolean | Buffer }[];
export interface Mechanism {
  mechanism: number;
  /** CK_RSA_PKCS_PSS_PARAMS; lengths in bytes. */
  pss?: { hashAlg: number; mgf: number; saltLen: number };
}

export interface ModuleInfo {
  description: string;
  manufacturer: string;
  version: string;
  cryptokiVersion: string;
}

export interface TokenInfo {
  label: string;
  serial: string;
  manufacturer: string;
  model: string;
  firmware: string;
  flags: number;
  /** Bytes; 0 where the token does not say. */
  minPin: number;
  maxPin: number;
  /** Bytes; null where the token does not say. */
  freePublic: number | null;
  freePrivate: number | null;
  /** How many sessions one program may have; null where there is no limit, or none is told. */
  maxSessions: number | null;
}

/** What a token says of a mechanism (CK_MECHANISM_INFO). The sizes' unit is the mechanism's; bits for RSA and curves. */
export interface MechanismFacts {
  minKeySize: number;
  maxKeySize: number;
  flags: number;
}

const version = ({ major, minor }: Native.Version) => `${major}.${minor}`;

/**
 * A padded text field: ends at the first NUL, without trailing blanks, control characters and what was not UTF-8.
 * (pkcs11js has replaced foreign bytes by U+FFFD by now; what they were can't be known any more.)
 */
export function paddedText(raw: string): string {
  const end = raw.indexOf('\0');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return (end < 0 ? raw : raw.slice(0, end)).replace(/[\u0000-\u001f\u007f-\u009f\ufffd]/g, '').trim();
}

/** An attribute's text: UTF-8 as the standard says, else GB 18030, in which Chinese drivers write labels. */
export function attributeText(raw: Uint8Array): string {
  for (const encoding of ['utf-8', 'gb18030']) {
    try {
      return paddedText(new TextDecoder(encoding, { fatal: true }).decode(raw));
    } catch {
      // Not in this encoding (or one that this runtime lacks): the next one.
    }
  }
  return paddedText(new TextDecoder().decode(raw));
}

/** CK_UNAVAILABLE_INFORMATION, which pkcs11js cuts to 32 bits, and nonsense beyond any PIN. */
const pinLength = (raw: number) => (raw > 255 ? 0 : raw);

/** No memory at all, or CK_UNAVAILABLE_INFORMATION in 32 or 64 bits: the token does not tell. */
function freeMemory(free: bigint | number, total: bigint | number): number | null {
  const bytes = Number(free);
  return bytes >= 0xffff_ffff || (bytes === 0 && Number(total) === 0) ? null : bytes;
}

/** CK_EFFECTIVELY_INFINITE and CK_UNAVAILABLE_INFORMATION are no limits. */
const sessionLimit = (raw: number) => (raw === 0 || raw >= 0xffff_ffff ? null : raw);

/** The CKR number in whatever pkcs11js threw; its methods don't all wrap errors the same way. */
function ckrOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const match = /CKR_\w+:(\d+)/.exec(error.message);
  if (match) return Number(match[1]);
  const { code } = error as { code?: unknown };
  return /^CKR_/.test(error.message) && typeof code === 'number' ? code : undefined;
}

function translate(error: unknown, operation: Operation): YinkeyError {
  if (error instanceof YinkeyError) return error;
  const value = ckrOf(error);
  if (value !== undefined) return errorFor(value, operation, error);
  return new YinkeyError('driver.failed', { operation }, { cause: error });
}

function attempt<T>(operation: Operation, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw translate(error, operation);
  }
}

/** One session with a token; closed by whoever opened it. */
export class Session {
  #native: typeof Native;
  #pkcs11: Native.PKCS11;
  #handle: Handle;

  constructor(native: typeof Native, pkcs11: Native.PKCS11, handle: Handle) {
    this.#native = native;
    this.#pkcs11 = pkcs11;
    this.#handle = handle;
  }

  /** Handles of the objects that fit, at most 512. */
  find(template: Template): Handle[] {
    return attempt('find', () => {
      const found: Handle[] = [];
      this.#pkcs11.C_FindObjectsInit(this.#handle, template);
      try {
        while (found.length < maxObjects) {
          const some = this.#pkcs11.C_FindObjects(this.#handle, 64);
          if (some.length === 0) break;
          found.push(...some);
        }
      } finally {
        this.#pkcs11.C_FindObjectsFinal(this.#handle);
      }
      return found.slice(0, maxObjects);
    });
  }

  /** One attribute's bytes; undefined where the object has none, hides it, or it is longer than 64 KiB. */
  attribute(object: Handle, type: number): Buffer | undefined {
    try {
      return this.#read(object, [type])[0];
    } catch (error) {
      const value = ckrOf(error);
      if (value === ckr.CKR_ATTRIBUTE_TYPE_INVALID || value === ckr.CKR_ATTRIBUTE_SENSITIVE) return undefined;
      throw translate(error, 'find');
    }
  }

  /**
   * Several attributes of one object in their order, each as `attribute` has it. They are asked for together: a slow key
   * takes for all of them as long as for one. What that leaves open is asked for singly: C_GetAttributeValue fails as a
   * whole where one attribute is missing or hidden (PKCS#11 2.40, 5.7), and some drivers take single ones only or answer
   * no more than the first.
   */
  attributes(object: Handle, types: number[]): (Buffer | undefined)[] {
    let together: (Buffer | undefined)[] = [];
    try {
      together = this.#read(object, types);
    } catch (error) {
      const failure = translate(error, 'find');
      if (failure.code === 'token.removed') throw failure;
      // Whether it was for the template or for the key, the single questions tell.
    }
    return types.map((type, index) => {
      const value = together[index];
      return value && value.length > 0 ? value : this.attribute(object, type);
    });
  }

  /** One question for attributes, which pkcs11js puts twice: for the lengths, then for the values. */
  #read(object: Handle, types: number[]): (Buffer | undefined)[] {
    const template = types.map((type) => ({ type }));
    return this.#pkcs11
      .C_GetAttributeValue(this.#handle, object, template)
      .map(({ value }) => (Buffer.isBuffer(value) && value.length <= maxAttribute ? value : undefined));
  }

  /** Whether the user or the SO is logged in to this token from this process. */
  get loggedIn(): boolean {
    const { state } = attempt('open', () => this.#pkcs11.C_GetSessionInfo(this.#handle));
    return [CKS_RO_USER_FUNCTIONS, CKS_RW_USER_FUNCTIONS, CKS_RW_SO_FUNCTIONS].includes(state);
  }

  /**
   * C_Login, once. `null`: the PIN is typed on the key's own pad; pkcs11js can't pass a null pointer, so
   * the driver gets an empty PIN, which is how OpenSC and others know that the pad is meant.
   */
  login(pin: string | null, who: 'user' | 'so' = 'user'): void {
    attempt(who === 'so' ? 'so-login' : 'login', () =>
      this.#pkcs11.C_Login(this.#handle, who === 'so' ? CKU_SO : CKU_USER, pin ?? ''),
    );
  }

  /** C_SetPIN of whoever is logged in; it checks the old PIN again. `null`: both are typed on the pad. */
  setPin(old: string | null, pin: string | null, who: 'user' | 'so'): void {
    attempt(who === 'so' ? 'set-so-pin' : 'set-pin', () =>
      this.#pkcs11.C_SetPIN(this.#handle, old ?? '', pin ?? ''),
    );
  }

  /** C_InitPIN by the SO: the user's PIN is this one from now on, and its counter begins anew. */
  initPin(pin: string | null): void {
    attempt('init-pin', () => this.#pkcs11.C_InitPIN(this.#handle, pin ?? ''));
  }

  /** C_Login for the one operation that C_SignInit began (CKU_CONTEXT_SPECIFIC). */
  loginForOperation(pin: string | null): void {
    attempt('login', () => this.#pkcs11.C_Login(this.#handle, CKU_CONTEXT_SPECIFIC, pin ?? ''));
  }

  logout(): void {
    attempt('close', () => this.#pkcs11.C_Logout(this.#handle));
  }

  /**
   * Signs off the main thread. `maxLength` bytes at most come back. `authenticate` runs between C_SignInit and C_Sign.
   */
  async sign(
    mechanism: Mechanism,
    key: Handle,
    data: Uint8Array,
    maxLength: number,
    authenticate?: () => Promise<void>,
  ): Promise<Uint8Array> {
    const input = Buffer.from(data);
    const output = Buffer.alloc(maxLength);
    const parameter = mechanism.pss && { type: this.#native.CK_PARAMS_RSA_PSS, ...mechanism.pss };
    try {
      this.#pkcs11.C_SignInit(
        this.#handle,
        { mechanism: mechanism.mechanism, ...(parameter && { parameter }) },
        key,
      );
      await authenticate?.();
      const signature = await this.#pkcs11.C_SignAsync(this.#handle, input, output);
      // Read after the wait on purpose: pkcs11js holds no reference to its input while its thread reads it.
      if (input.length !== data.length) throw new RangeError('input changed');
      return Uint8Array.from(signature);
    } catch (error) {
      throw translate(error, 'sign');
    }
  }

  /** Ends an operation that C_SignInit began and that will not be finished. */
  abandonSign(): void {
    try {
      this.#pkcs11.C_Sign(this.#handle, Buffer.alloc(1), Buffer.alloc(1024));
    } catch (error) {
      // It is refused, and over all the same (PKCS#11 2.40, 5.13).
      if (ckrOf(error) === undefined) throw translate(error, 'sign');
    }
  }

  /** C_GenerateKeyPair off the main thread, which takes some keys minutes. */
  async generateKeyPair(
    mechanism: number,
    publicKey: Template,
    privateKey: Template,
  ): Promise<{ publicKey: Handle; privateKey: Handle }> {
    try {
      return await this.#pkcs11.C_GenerateKeyPairAsync(this.#handle, { mechanism }, publicKey, privateKey);
    } catch (error) {
      throw translate(error, 'generate');
    }
  }

  create(template: Template): Handle {
    return attempt('write', () => this.#pkcs11.C_CreateObject(this.#handle, template));
  }

  /** Removes an object; one that is gone already is gone. */
  destroy(object: Handle): void {
    try {
      this.#pkcs11.C_DestroyObject(this.#handle, object);
    } catch (error) {
      if (ckrOf(error) !== ckr.CKR_OBJECT_HANDLE_INVALID) throw translate(error, 'write');
    }
  }

  close(): void {
    attempt('close', () => this.#pkcs11.C_CloseSession(this.#handle));
  }
}

/** A loaded and initialised module. It is never unloaded: the process ends instead. */
export class Cryptoki {
  #native: typeof Native;
  #pkcs11: Native.PKCS11;

  constructor(native: typeof Native, pkcs11: Native.PKCS11) {
    this.#native = native;
    this.#pkcs11 = pkcs11;
  }

  info(): ModuleInfo {
    const info = attempt('info', () => this.#pkcs11.C_GetInfo());
    return {
      description: paddedText(info.libraryDescription),
      manufacturer: paddedText(info.manufacturerID),
      version: version(info.libraryVersion),
      cryptokiVersion: version(info.cryptokiVersion),
    };
  }

  /** C_Initialize with CKF_OS_LOCKING_OK: signing runs on another thread than the other calls. */
  initialize(): void {
    try {
      this.#pkcs11.C_Initialize({ flags: CKF_OS_LOCKING_OK });
    } catch (error) {
      // Modules that share one library in a process may have been initialised by it already.
      if (ckrOf(error) === ckr.CKR_CRYPTOKI_ALREADY_INITIALIZED) return;
      throw translate(error, 'initialize');
    }
  }

  /** C_Finalize and C_Initialize: some modules look for keys only then. No session may be open. */
  reinitialize(): void {
    try {
      this.#pkcs11.C_Finalize();
    } catch (error) {
      // An initialisation that failed the last time left nothing to finalise.
      if (ckrOf(error) !== ckr.CKR_CRYPTOKI_NOT_INITIALIZED) throw translate(error, 'initialize');
    }
    this.initialize();
  }

  /** Slots with a token in them, asked for anew (with a null list first, which makes drivers look again). */
  slots(): Handle[] {
    return attempt('info', () => this.#pkcs11.C_GetSlotList(true));
  }

  /** How many slots there are, with a token in them or without. */
  slotCount(): number {
    return attempt('info', () => this.#pkcs11.C_GetSlotList(false)).length;
  }

  token(slot: Handle): TokenInfo {
    const info = attempt('open', () => this.#pkcs11.C_GetTokenInfo(slot));
    return {
      label: paddedText(info.label),
      serial: paddedText(info.serialNumber),
      manufacturer: paddedText(info.manufacturerID),
      model: paddedText(info.model),
      firmware: version(info.firmwareVersion),
      flags: info.flags,
      minPin: pinLength(info.minPinLen),
      maxPin: pinLength(info.maxPinLen),
      freePublic: freeMemory(info.freePublicMemory, info.totalPublicMemory),
      freePrivate: freeMemory(info.freePrivateMemory, info.totalPrivateMemory),
      maxSessions: sessionLimit(info.maxSessionCount),
    };
  }

  /**
   * C_InitToken: everything on the token is destroyed, and it has this label. A blank token takes `soPin` as its new
   * SO PIN; any other checks it. No session may be open. `label`: 32 bytes of UTF-8 at most.
   */
  initToken(slot: Handle, soPin: string | null, label: string): void {
    const padded = label + ' '.repeat(Math.max(0, labelBytes - Buffer.byteLength(label)));
    attempt('init-token', () => this.#pkcs11.C_InitToken(slot, soPin ?? '', padded));
  }

  /** Numbers of the mechanisms that the token has; empty where the driver does not tell. */
  mechanisms(slot: Handle): number[] {
    try {
      return this.#pkcs11.C_GetMechanismList(slot);
    } catch (error) {
      if (ckrOf(error) === ckr.CKR_FUNCTION_NOT_SUPPORTED) return [];
      throw translate(error, 'open');
    }
  }

  /** What the token says of one mechanism; undefined where it does not. */
  mechanism(slot: Handle, mechanism: number): MechanismFacts | undefined {
    try {
      return this.#pkcs11.C_GetMechanismInfo(slot, mechanism);
    } catch (error) {
      const value = ckrOf(error);
      if (value === ckr.CKR_FUNCTION_NOT_SUPPORTED || value === ckr.CKR_MECHANISM_INVALID) return undefined;
      throw translate(error, 'open');
    }
  }

  /** A session: read-only, which can log in and sign, or one that can change what is on the token. */
  open(slot: Handle, access: 'read' | 'write' = 'read'): Session {
    const flags = CKF_SERIAL_SESSION | (access === 'write' ? CKF_RW_SESSION : 0);
    return new Session(
      this.#native,
      this.#pkcs11,
      attempt('open', () => this.#pkcs11.C_OpenSession(slot, flags)),
    );
  }
}

/** The slot's number, for people. */
export function slotNumber(slot: Handle): number {
  return slot.length >= 4 ? slot.readUInt32LE(0) : 0;
}

/**
 * Loads the module and initialises it. Errors: driver.load-failed (with the system loader's reason),
 * driver.init-failed.
 */
export async function loadModule(path: string): Promise<Cryptoki> {
  const { default: native } = (await import('pkcs11js')) as unknown as { default: typeof Native };
  const pkcs11 = new native.PKCS11();
  try {
    pkcs11.load(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : '';
    throw new YinkeyError('driver.load-failed', { reason }, { cause: error });
  }
  const module = new Cryptoki(native, pkcs11);
  module.initialize();
  return module;
}
