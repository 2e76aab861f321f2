import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../shared/errors/index.ts';
import { type CkrName, ckr, ckrName, errorFor, type Operation, operations } from './ckr.ts';
import { attributeText, paddedText } from './cryptoki.ts';
import { ckf, pinStateOf } from './pin-state.ts';

const names = Object.keys(ckr) as CkrName[];
/** Where the SO PIN is what the key checks. */
const soOperations: readonly Operation[] = ['so-login', 'set-so-pin', 'init-token'];

/**
 * What each return value comes to, act by act: the common code, then the acts in which it means something else. A code
 * without a dot is one of `token.`.
 */
const acts = [
  'login',
  'so-login',
  'sign',
  'find',
  'generate',
  'write',
  'init-pin',
  'set-pin',
  'set-so-pin',
  'init-token',
] as const;
const meanings = `
  CANCEL pin-cancelled find=failed
  HOST_MEMORY driver.failed
  SLOT_ID_INVALID removed
  GENERAL_ERROR failed
  FUNCTION_FAILED failed
  ARGUMENTS_BAD driver.failed
  NO_EVENT failed
  NEED_TO_CREATE_THREADS driver.failed
  CANT_LOCK driver.failed
  ATTRIBUTE_READ_ONLY failed generate=not-supported write=not-supported
  ATTRIBUTE_SENSITIVE failed
  ATTRIBUTE_TYPE_INVALID failed generate=not-supported write=not-supported
  ATTRIBUTE_VALUE_INVALID failed generate=not-supported write=not-supported
  ACTION_PROHIBITED failed sign=not-supported write=not-supported
  DATA_INVALID failed
  DATA_LEN_RANGE failed sign=mechanism-missing write=memory
  DEVICE_ERROR failed
  DEVICE_MEMORY memory
  DEVICE_REMOVED removed
  ENCRYPTED_DATA_INVALID failed
  ENCRYPTED_DATA_LEN_RANGE failed
  FUNCTION_CANCELED pin-cancelled find=failed
  FUNCTION_NOT_PARALLEL not-supported
  FUNCTION_NOT_SUPPORTED not-supported
  KEY_HANDLE_INVALID failed sign=key-missing
  KEY_SIZE_RANGE failed sign=mechanism-missing generate=mechanism-missing
  KEY_TYPE_INCONSISTENT failed sign=mechanism-missing
  KEY_NOT_NEEDED failed
  KEY_CHANGED failed
  KEY_NEEDED failed
  KEY_INDIGESTIBLE failed
  KEY_FUNCTION_NOT_PERMITTED failed sign=not-supported
  KEY_NOT_WRAPPABLE failed
  KEY_UNEXTRACTABLE failed
  MECHANISM_INVALID failed sign=mechanism-missing generate=mechanism-missing
  MECHANISM_PARAM_INVALID failed sign=mechanism-missing generate=mechanism-missing
  OBJECT_HANDLE_INVALID failed sign=key-missing
  OPERATION_ACTIVE busy
  OPERATION_NOT_INITIALIZED failed
  PIN_INCORRECT failed login=pin-wrong so-login=so-pin-wrong set-pin=pin-wrong set-so-pin=so-pin-wrong init-token=so-pin-wrong
  PIN_INVALID new-pin-refused login=pin-invalid so-login=pin-invalid sign=failed find=failed generate=failed write=failed
  PIN_LEN_RANGE new-pin-length login=pin-length so-login=pin-length sign=failed find=failed generate=failed write=failed
  PIN_EXPIRED pin-expired
  PIN_LOCKED pin-locked so-login=so-pin-locked set-so-pin=so-pin-locked init-token=so-pin-locked
  SESSION_CLOSED removed
  SESSION_COUNT busy
  SESSION_HANDLE_INVALID removed
  SESSION_PARALLEL_NOT_SUPPORTED not-supported
  SESSION_READ_ONLY failed
  SESSION_EXISTS busy init-token=used-by-other
  SESSION_READ_ONLY_EXISTS used-by-other
  SESSION_READ_WRITE_SO_EXISTS used-by-other
  SIGNATURE_INVALID failed
  SIGNATURE_LEN_RANGE failed
  TEMPLATE_INCOMPLETE failed generate=not-supported write=not-supported
  TEMPLATE_INCONSISTENT failed generate=not-supported write=not-supported
  TOKEN_NOT_PRESENT removed
  TOKEN_NOT_RECOGNIZED not-supported
  TOKEN_WRITE_PROTECTED write-protected
  UNWRAPPING_KEY_HANDLE_INVALID failed
  UNWRAPPING_KEY_SIZE_RANGE failed
  UNWRAPPING_KEY_TYPE_INCONSISTENT failed
  USER_ALREADY_LOGGED_IN used-by-other
  USER_NOT_LOGGED_IN used-by-other login=failed so-login=failed find=failed
  USER_PIN_NOT_INITIALIZED pin-not-set
  USER_TYPE_INVALID failed
  USER_ANOTHER_ALREADY_LOGGED_IN used-by-other
  USER_TOO_MANY_TYPES used-by-other
  WRAPPED_KEY_INVALID failed
  WRAPPED_KEY_LEN_RANGE failed
  WRAPPING_KEY_HANDLE_INVALID failed
  WRAPPING_KEY_SIZE_RANGE failed
  WRAPPING_KEY_TYPE_INCONSISTENT failed
  RANDOM_SEED_NOT_SUPPORTED failed
  RANDOM_NO_RNG failed
  DOMAIN_PARAMS_INVALID failed generate=mechanism-missing
  CURVE_NOT_SUPPORTED failed sign=mechanism-missing generate=mechanism-missing
  BUFFER_TOO_SMALL driver.failed
  SAVED_STATE_INVALID failed
  INFORMATION_SENSITIVE failed
  STATE_UNSAVEABLE failed
  CRYPTOKI_NOT_INITIALIZED driver.failed
  CRYPTOKI_ALREADY_INITIALIZED driver.failed
  MUTEX_BAD driver.failed
  MUTEX_NOT_LOCKED driver.failed
  NEW_PIN_MODE not-supported
  NEXT_OTP not-supported
  EXCEEDED_MAX_ITERATIONS failed
  FIPS_SELF_TEST_FAILED driver.failed
  LIBRARY_LOAD_FAILED driver.load-failed
  PIN_TOO_WEAK new-pin-refused login=pin-invalid so-login=pin-invalid sign=failed find=failed generate=failed write=failed
  PUBLIC_KEY_INVALID failed
  FUNCTION_REJECTED pin-cancelled find=failed
  VENDOR_DEFINED failed
`;

describe('return values, act by act', () => {
  const full = (code: string) => (code.includes('.') ? code : `token.${code}`);
  const rows = meanings
    .trim()
    .split('\n')
    .map((row) => row.trim().split(' '));

  it('are all in the table', () => {
    expect(rows.map(([name]) => `CKR_${name}`)).toEqual(names.filter((name) => name !== 'CKR_OK'));
  });

  it.each(rows)('%s: %s', (name, common, ...special) => {
    const others = new Map(special.map((each) => each.split('=') as [string, string]));
    for (const act of acts) {
      const expected = full(others.get(act) ?? common!);
      expect([act, errorFor(ckr[`CKR_${name}` as CkrName], act).code]).toEqual([act, expected]);
    }
  });
});

describe('return values', () => {
  it('are named as in the standard, each number once', async () => {
    const { default: native } = (await import('pkcs11js')) as unknown as { default: Record<string, unknown> };
    for (const [name, value] of Object.entries(native)) {
      if (name.startsWith('CKR_')) expect([name, ckr[name as CkrName]]).toEqual([name, value]);
    }
    expect(new Set(Object.values(ckr)).size).toBe(names.length);
    expect(ckrName(0xa4)).toBe('CKR_PIN_LOCKED');
    expect(ckrName(0x80000012)).toBe('0x80000012');
    expect(ckrName(0x4)).toBe('0x00000004');
  });

  it.each(operations)('at %s: every value has a code, and keeps its name', (operation) => {
    for (const name of names) {
      const error = errorFor(ckr[name], operation);
      expect(errorCodes).toContain(error.code);
      expect(error.details).toEqual({ ckr: name, operation });
      expect([name, error.code === 'token.pin-wrong']).toEqual([
        name,
        name === 'CKR_PIN_INCORRECT' && ['login', 'set-pin'].includes(operation),
      ]);
      expect([name, error.code === 'token.so-pin-wrong']).toEqual([
        name,
        name === 'CKR_PIN_INCORRECT' && soOperations.includes(operation),
      ]);
      if (error.code === 'token.pin-length') expect(name).toBe('CKR_PIN_LEN_RANGE');
    }
    for (const unknown of [0x4, 0x300, 0x80000001, 0x80000012, 0xffffffff]) {
      const error = errorFor(unknown, operation);
      expect(error.details.ckr).toBe(`0x${unknown.toString(16).padStart(8, '0')}`);
      expect(['token.failed', 'token.not-opened', 'driver.failed', 'driver.init-failed']).toContain(
        error.code,
      );
    }
  });

  it.each(operations.filter((each) => each !== 'initialize'))(
    'at %s: a key that is gone is gone',
    (operation) => {
      for (const name of [
        'CKR_DEVICE_REMOVED',
        'CKR_TOKEN_NOT_PRESENT',
        'CKR_SESSION_HANDLE_INVALID',
        'CKR_SESSION_CLOSED',
        'CKR_SLOT_ID_INVALID',
      ] as const) {
        expect(errorFor(ckr[name], operation).code).toBe('token.removed');
      }
      expect(errorFor(ckr.CKR_PIN_LOCKED, operation).code).toBe(
        soOperations.includes(operation) ? 'token.so-pin-locked' : 'token.pin-locked',
      );
      for (const name of ['CKR_FUNCTION_FAILED', 'CKR_GENERAL_ERROR', 'CKR_DEVICE_ERROR'] as const) {
        expect(errorFor(ckr[name], operation).code).toMatch(
          operation === 'open' ? /\.not-opened$/ : /\.failed$/,
        );
      }
    },
  );

  it('tell wrong, locked, removed, busy and failed apart at a login', () => {
    const codes = [
      'CKR_PIN_INCORRECT',
      'CKR_PIN_LOCKED',
      'CKR_DEVICE_REMOVED',
      'CKR_SESSION_COUNT',
      'CKR_FUNCTION_FAILED',
    ] as const;
    expect(codes.map((name) => errorFor(ckr[name], 'login').code)).toEqual([
      'token.pin-wrong',
      'token.pin-locked',
      'token.removed',
      'token.busy',
      'token.failed',
    ]);
  });
});

describe('PIN state', () => {
  it('tells the worst that the flags say', () => {
    const set = ckf.CKF_USER_PIN_INITIALIZED | ckf.CKF_TOKEN_INITIALIZED;
    const {
      CKF_USER_PIN_COUNT_LOW,
      CKF_USER_PIN_FINAL_TRY,
      CKF_USER_PIN_LOCKED,
      CKF_USER_PIN_TO_BE_CHANGED,
    } = ckf;
    const low = set | CKF_USER_PIN_COUNT_LOW;
    expect(pinStateOf(set)).toBe('ok');
    expect(pinStateOf(low)).toBe('low');
    expect(pinStateOf(low | CKF_USER_PIN_FINAL_TRY)).toBe('final-try');
    expect(pinStateOf(low | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED)).toBe('locked');
    expect(pinStateOf(set | CKF_USER_PIN_TO_BE_CHANGED)).toBe('to-be-changed');
    expect(pinStateOf(low | CKF_USER_PIN_TO_BE_CHANGED)).toBe('low');
    expect(pinStateOf(ckf.CKF_TOKEN_INITIALIZED)).toBe('not-set');
    expect(pinStateOf(CKF_USER_PIN_LOCKED)).toBe('locked');
  });
});

describe('texts of drivers', () => {
  it('are trimmed, ended by NUL, and rid of what is no text', () => {
    expect(paddedText('公章 01                ')).toBe('公章 01');
    expect(paddedText('ePass\0garbage')).toBe('ePass');
    expect(paddedText('\ufffd\ufffdKey\u0007')).toBe('Key');
    expect(paddedText('\0'.repeat(32))).toBe('');
  });

  it('are read as GB 18030 where they are not UTF-8', () => {
    expect(attributeText(Buffer.from('公章', 'utf8'))).toBe('公章');
    expect(attributeText(Buffer.from('b9abd5c2', 'hex'))).toBe('公章');
    expect(attributeText(Buffer.from('ff', 'hex'))).toBe('');
  });
});
