import { type ErrorCode, YinkeyError } from '../../shared/errors/index.ts';

/** Every return value of PKCS#11 2.40 (OASIS, pkcs11t.h), number by name. */
export const ckr = {
  CKR_OK: 0x000,
  CKR_CANCEL: 0x001,
  CKR_HOST_MEMORY: 0x002,
  CKR_SLOT_ID_INVALID: 0x003,
  CKR_GENERAL_ERROR: 0x005,
  CKR_FUNCTION_FAILED: 0x006,
  CKR_ARGUMENTS_BAD: 0x007,
  CKR_NO_EVENT: 0x008,
  CKR_NEED_TO_CREATE_THREADS: 0x009,
  CKR_CANT_LOCK: 0x00a,
  CKR_ATTRIBUTE_READ_ONLY: 0x010,
  CKR_ATTRIBUTE_SENSITIVE: 0x011,
  CKR_ATTRIBUTE_TYPE_INVALID: 0x012,
  CKR_ATTRIBUTE_VALUE_INVALID: 0x013,
  CKR_ACTION_PROHIBITED: 0x01b,
  CKR_DATA_INVALID: 0x020,
  CKR_DATA_LEN_RANGE: 0x021,
  CKR_DEVICE_ERROR: 0x030,
  CKR_DEVICE_MEMORY: 0x031,
  CKR_DEVICE_REMOVED: 0x032,
  CKR_ENCRYPTED_DATA_INVALID: 0x040,
  CKR_ENCRYPTED_DATA_LEN_RANGE: 0x041,
  CKR_FUNCTION_CANCELED: 0x050,
  CKR_FUNCTION_NOT_PARALLEL: 0x051,
  CKR_FUNCTION_NOT_SUPPORTED: 0x054,
  CKR_KEY_HANDLE_INVALID: 0x060,
  CKR_KEY_SIZE_RANGE: 0x062,
  CKR_KEY_TYPE_INCONSISTENT: 0x063,
  CKR_KEY_NOT_NEEDED: 0x064,
  CKR_KEY_CHANGED: 0x065,
  CKR_KEY_NEEDED: 0x066,
  CKR_KEY_INDIGESTIBLE: 0x067,
  CKR_KEY_FUNCTION_NOT_PERMITTED: 0x068,
  CKR_KEY_NOT_WRAPPABLE: 0x069,
  CKR_KEY_UNEXTRACTABLE: 0x06a,
  CKR_MECHANISM_INVALID: 0x070,
  CKR_MECHANISM_PARAM_INVALID: 0x071,
  CKR_OBJECT_HANDLE_INVALID: 0x082,
  CKR_OPERATION_ACTIVE: 0x090,
  CKR_OPERATION_NOT_INITIALIZED: 0x091,
  CKR_PIN_INCORRECT: 0x0a0,
  CKR_PIN_INVALID: 0x0a1,
  CKR_PIN_LEN_RANGE: 0x0a2,
  CKR_PIN_EXPIRED: 0x0a3,
  CKR_PIN_LOCKED: 0x0a4,
  CKR_SESSION_CLOSED: 0x0b0,
  CKR_SESSION_COUNT: 0x0b1,
  CKR_SESSION_HANDLE_INVALID: 0x0b3,
  CKR_SESSION_PARALLEL_NOT_SUPPORTED: 0x0b4,
  CKR_SESSION_READ_ONLY: 0x0b5,
  CKR_SESSION_EXISTS: 0x0b6,
  CKR_SESSION_READ_ONLY_EXISTS: 0x0b7,
  CKR_SESSION_READ_WRITE_SO_EXISTS: 0x0b8,
  CKR_SIGNATURE_INVALID: 0x0c0,
  CKR_SIGNATURE_LEN_RANGE: 0x0c1,
  CKR_TEMPLATE_INCOMPLETE: 0x0d0,
  CKR_TEMPLATE_INCONSISTENT: 0x0d1,
  CKR_TOKEN_NOT_PRESENT: 0x0e0,
  CKR_TOKEN_NOT_RECOGNIZED: 0x0e1,
  CKR_TOKEN_WRITE_PROTECTED: 0x0e2,
  CKR_UNWRAPPING_KEY_HANDLE_INVALID: 0x0f0,
  CKR_UNWRAPPING_KEY_SIZE_RANGE: 0x0f1,
  CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT: 0x0f2,
  CKR_USER_ALREADY_LOGGED_IN: 0x100,
  CKR_USER_NOT_LOGGED_IN: 0x101,
  CKR_USER_PIN_NOT_INITIALIZED: 0x102,
  CKR_USER_TYPE_INVALID: 0x103,
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: 0x104,
  CKR_USER_TOO_MANY_TYPES: 0x105,
  CKR_WRAPPED_KEY_INVALID: 0x110,
  CKR_WRAPPED_KEY_LEN_RANGE: 0x112,
  CKR_WRAPPING_KEY_HANDLE_INVALID: 0x113,
  CKR_WRAPPING_KEY_SIZE_RANGE: 0x114,
  CKR_WRAPPING_KEY_TYPE_INCONSISTENT: 0x115,
  CKR_RANDOM_SEED_NOT_SUPPORTED: 0x120,
  CKR_RANDOM_NO_RNG: 0x121,
  CKR_DOMAIN_PARAMS_INVALID: 0x130,
  CKR_CURVE_NOT_SUPPORTED: 0x140,
  CKR_BUFFER_TOO_SMALL: 0x150,
  CKR_SAVED_STATE_INVALID: 0x160,
  CKR_INFORMATION_SENSITIVE: 0x170,
  CKR_STATE_UNSAVEABLE: 0x180,
  CKR_CRYPTOKI_NOT_INITIALIZED: 0x190,
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 0x191,
  CKR_MUTEX_BAD: 0x1a0,
  CKR_MUTEX_NOT_LOCKED: 0x1a1,
  CKR_NEW_PIN_MODE: 0x1b0,
  CKR_NEXT_OTP: 0x1b1,
  CKR_EXCEEDED_MAX_ITERATIONS: 0x1b5,
  CKR_FIPS_SELF_TEST_FAILED: 0x1b6,
  CKR_LIBRARY_LOAD_FAILED: 0x1b7,
  CKR_PIN_TOO_WEAK: 0x1b8,
  CKR_PUBLIC_KEY_INVALID: 0x1b9,
  CKR_FUNCTION_REJECTED: 0x200,
  CKR_VENDOR_DEFINED: 0x80000000,
} as const;
export type CkrName = keyof typeof ckr;

const names = new Map<number, CkrName>(Object.entries(ckr).map(([name, value]) => [value, name as CkrName]));

/** 'CKR_PIN_LOCKED', or the number (`0x80000012`) of one that the standard does not name. */
export function ckrName(value: number): string {
  return names.get(value) ?? `0x${value.toString(16).padStart(8, '0')}`;
}

/** What was being done when a driver refused; the same value means different things in different acts. */
export const operations = [
  'initialize',
  'info',
  'open',
  'find',
  'login',
  'so-login',
  'sign',
  'generate',
  'write',
  'set-pin',
  'set-so-pin',
  'init-pin',
  'init-token',
  'close',
] as const;
export type Operation = (typeof operations)[number];

/** What each value means to the user, whatever was being done. */
const everywhere: Partial<Record<CkrName, ErrorCode>> = {
  // The session is gone with the key: it is never the PIN's fault.
  CKR_DEVICE_REMOVED: 'token.removed',
  CKR_TOKEN_NOT_PRESENT: 'token.removed',
  CKR_SESSION_HANDLE_INVALID: 'token.removed',
  CKR_SESSION_CLOSED: 'token.removed',
  CKR_SLOT_ID_INVALID: 'token.removed',
  // Someone else is at it.
  CKR_SESSION_COUNT: 'token.busy',
  CKR_SESSION_EXISTS: 'token.busy',
  CKR_OPERATION_ACTIVE: 'token.busy',
  CKR_SESSION_READ_ONLY_EXISTS: 'token.used-by-other',
  CKR_SESSION_READ_WRITE_SO_EXISTS: 'token.used-by-other',
  CKR_USER_ALREADY_LOGGED_IN: 'token.used-by-other',
  CKR_USER_ANOTHER_ALREADY_LOGGED_IN: 'token.used-by-other',
  CKR_USER_TOO_MANY_TYPES: 'token.used-by-other',
  // True of the key whenever it is said.
  CKR_PIN_LOCKED: 'token.pin-locked',
  CKR_PIN_EXPIRED: 'token.pin-expired',
  CKR_USER_PIN_NOT_INITIALIZED: 'token.pin-not-set',
  CKR_DEVICE_MEMORY: 'token.memory',
  CKR_FUNCTION_NOT_SUPPORTED: 'token.not-supported',
  CKR_FUNCTION_NOT_PARALLEL: 'token.not-supported',
  CKR_SESSION_PARALLEL_NOT_SUPPORTED: 'token.not-supported',
  CKR_TOKEN_NOT_RECOGNIZED: 'token.not-supported',
  CKR_NEW_PIN_MODE: 'token.not-supported',
  CKR_NEXT_OTP: 'token.not-supported',
  // The driver itself.
  CKR_HOST_MEMORY: 'driver.failed',
  CKR_ARGUMENTS_BAD: 'driver.failed',
  CKR_BUFFER_TOO_SMALL: 'driver.failed',
  CKR_NEED_TO_CREATE_THREADS: 'driver.failed',
  CKR_CANT_LOCK: 'driver.failed',
  CKR_MUTEX_BAD: 'driver.failed',
  CKR_MUTEX_NOT_LOCKED: 'driver.failed',
  CKR_CRYPTOKI_NOT_INITIALIZED: 'driver.failed',
  CKR_CRYPTOKI_ALREADY_INITIALIZED: 'driver.failed',
  CKR_FIPS_SELF_TEST_FAILED: 'driver.failed',
  CKR_LIBRARY_LOAD_FAILED: 'driver.load-failed',
  CKR_TOKEN_WRITE_PROTECTED: 'token.write-protected',
};

/** The cancel button of a PIN pad, or of a driver's own window. */
const cancelled = {
  CKR_CANCEL: 'token.pin-cancelled',
  CKR_FUNCTION_CANCELED: 'token.pin-cancelled',
  CKR_FUNCTION_REJECTED: 'token.pin-cancelled',
} as const;

/** A login, by whose PIN it checks. */
const login = {
  CKR_PIN_INCORRECT: 'token.pin-wrong',
  CKR_PIN_INVALID: 'token.pin-invalid',
  CKR_PIN_TOO_WEAK: 'token.pin-invalid',
  CKR_PIN_LEN_RANGE: 'token.pin-length',
  ...cancelled,
} as const;
const soLogin = {
  ...login,
  CKR_PIN_INCORRECT: 'token.so-pin-wrong',
  CKR_PIN_LOCKED: 'token.so-pin-locked',
} as const;

/** A new PIN is given to the key: length and characters are the new one's. */
const newPin = {
  CKR_PIN_INVALID: 'token.new-pin-refused',
  CKR_PIN_TOO_WEAK: 'token.new-pin-refused',
  CKR_PIN_LEN_RANGE: 'token.new-pin-length',
  // We had logged in: another program logged out or reset the card.
  CKR_USER_NOT_LOGGED_IN: 'token.used-by-other',
  ...cancelled,
} as const;

/** An object can't be made with these attributes. */
const template = {
  CKR_ATTRIBUTE_READ_ONLY: 'token.not-supported',
  CKR_ATTRIBUTE_TYPE_INVALID: 'token.not-supported',
  CKR_ATTRIBUTE_VALUE_INVALID: 'token.not-supported',
  CKR_TEMPLATE_INCOMPLETE: 'token.not-supported',
  CKR_TEMPLATE_INCONSISTENT: 'token.not-supported',
} as const;

const inOperation: Partial<Record<Operation, Partial<Record<CkrName, ErrorCode>>>> = {
  login,
  'so-login': soLogin,
  'set-pin': { ...newPin, CKR_PIN_INCORRECT: 'token.pin-wrong' },
  'set-so-pin': {
    ...newPin,
    CKR_PIN_INCORRECT: 'token.so-pin-wrong',
    CKR_PIN_LOCKED: 'token.so-pin-locked',
  },
  'init-pin': newPin,
  'init-token': {
    ...newPin,
    CKR_PIN_INCORRECT: 'token.so-pin-wrong',
    CKR_PIN_LOCKED: 'token.so-pin-locked',
    // C_InitToken wants no session open, of anyone (PKCS#11 2.40, 5.5).
    CKR_SESSION_EXISTS: 'token.used-by-other',
  },
  generate: {
    ...cancelled,
    CKR_USER_NOT_LOGGED_IN: 'token.used-by-other',
    CKR_MECHANISM_INVALID: 'token.mechanism-missing',
    CKR_MECHANISM_PARAM_INVALID: 'token.mechanism-missing',
    CKR_KEY_SIZE_RANGE: 'token.mechanism-missing',
    CKR_CURVE_NOT_SUPPORTED: 'token.mechanism-missing',
    CKR_DOMAIN_PARAMS_INVALID: 'token.mechanism-missing',
    ...template,
  },
  write: {
    ...cancelled,
    CKR_USER_NOT_LOGGED_IN: 'token.used-by-other',
    CKR_ACTION_PROHIBITED: 'token.not-supported',
    // Longer than any object may be on this token.
    CKR_DATA_LEN_RANGE: 'token.memory',
    ...template,
  },
  sign: {
    ...cancelled,
    // We had logged in: another program logged out or reset the card.
    CKR_USER_NOT_LOGGED_IN: 'token.used-by-other',
    CKR_MECHANISM_INVALID: 'token.mechanism-missing',
    CKR_MECHANISM_PARAM_INVALID: 'token.mechanism-missing',
    CKR_KEY_TYPE_INCONSISTENT: 'token.mechanism-missing',
    CKR_KEY_SIZE_RANGE: 'token.mechanism-missing',
    CKR_CURVE_NOT_SUPPORTED: 'token.mechanism-missing',
    CKR_DATA_LEN_RANGE: 'token.mechanism-missing',
    CKR_KEY_FUNCTION_NOT_PERMITTED: 'token.not-supported',
    CKR_ACTION_PROHIBITED: 'token.not-supported',
    CKR_KEY_HANDLE_INVALID: 'token.key-missing',
    CKR_OBJECT_HANDLE_INVALID: 'token.key-missing',
  },
};

/** What is left over: `initialize` and `info` speak to the driver, the others to a key. */
const otherwise: Record<Operation, ErrorCode> = {
  initialize: 'driver.init-failed',
  info: 'driver.failed',
  open: 'token.not-opened',
  find: 'token.failed',
  login: 'token.failed',
  'so-login': 'token.failed',
  generate: 'token.failed',
  write: 'token.failed',
  'set-pin': 'token.failed',
  'set-so-pin': 'token.failed',
  'init-pin': 'token.failed',
  'init-token': 'token.failed',
  sign: 'token.failed',
  close: 'token.failed',
};

/**
 * The failure that a return value means to the user, in the act it came from. `token.pin-wrong` comes of
 * CKR_PIN_INCORRECT where the user's PIN is checked, and of nothing else; `token.so-pin-wrong` likewise. details: `ckr` (name or number), `operation`.
 */
export function errorFor(value: number, operation: Operation, cause?: unknown): YinkeyError {
  const name = names.get(value);
  const code =
    operation === 'initialize'
      ? // Whatever else it says while it starts, it says of itself.
        name === 'CKR_LIBRARY_LOAD_FAILED'
        ? 'driver.load-failed'
        : otherwise.initialize
      : ((name && (inOperation[operation]?.[name] ?? everywhere[name])) ?? otherwise[operation]);
  return new YinkeyError(code, { ckr: ckrName(value), operation }, { cause });
}

/** The driver refused the attributes of an object that was to be made, not the making itself. */
export function isTemplateRefused(error: unknown): boolean {
  if (!(error instanceof YinkeyError)) return false;
  return Object.hasOwn(template, String(error.details.ckr));
}
