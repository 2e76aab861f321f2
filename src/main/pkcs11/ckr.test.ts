import { describe, expect, it } from 'vitest';
import { errorCodes } from '../../shared/errors/index.ts';
import { type CkrName, ckr, ckrName, errorFor, type Operation, operations } from './ckr.ts';
import { attributeText, paddedText } from './cryptoki.ts';
import { ckf, pinStateOf } from './pin-state.ts';

const names = Object.keys(ckr) as CkrName[];
/** Where the SO PIN is what the key checks. */
const soOperations: readonly Operation[] = ['so-login', 'set-so-pin', 'init-token'];

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
      expect(['token.failed', 'driver.failed', 'driver.init-failed']).toContain(error.code);
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
        expect(errorFor(ckr[name], operation).code).toMatch(/\.failed$/);
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
