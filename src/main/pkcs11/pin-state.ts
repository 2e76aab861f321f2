import type { PinState, PinStates } from '../../shared/domain/index.ts';

/** Token flags of CK_TOKEN_INFO (PKCS#11 2.40, section 3.2) that this client reads. */
export const ckf = {
  CKF_WRITE_PROTECTED: 0x2,
  CKF_LOGIN_REQUIRED: 0x4,
  CKF_USER_PIN_INITIALIZED: 0x8,
  CKF_PROTECTED_AUTHENTICATION_PATH: 0x100,
  CKF_TOKEN_INITIALIZED: 0x400,
  CKF_USER_PIN_COUNT_LOW: 0x10000,
  CKF_USER_PIN_FINAL_TRY: 0x20000,
  CKF_USER_PIN_LOCKED: 0x40000,
  CKF_USER_PIN_TO_BE_CHANGED: 0x80000,
  CKF_SO_PIN_COUNT_LOW: 0x100000,
  CKF_SO_PIN_FINAL_TRY: 0x200000,
  CKF_SO_PIN_LOCKED: 0x400000,
  CKF_SO_PIN_TO_BE_CHANGED: 0x800000,
} as const;

/**
 * The one state that the user must know of, worst first: what can no longer be used, then what a wrong try would
 * cost, then what should be done. The standard gives no number of tries.
 */
export function pinStateOf(flags: number): PinState {
  if (flags & ckf.CKF_USER_PIN_LOCKED) return 'locked';
  if (!(flags & ckf.CKF_USER_PIN_INITIALIZED)) return 'not-set';
  if (flags & ckf.CKF_USER_PIN_FINAL_TRY) return 'final-try';
  if (flags & ckf.CKF_USER_PIN_COUNT_LOW) return 'low';
  if (flags & ckf.CKF_USER_PIN_TO_BE_CHANGED) return 'to-be-changed';
  return 'ok';
}

/** The same for the SO PIN. A token that was never initialised has none yet. */
export function soPinStateOf(flags: number): PinState {
  // First: SoftHSM says "locked" of its spare slot too.
  if (!(flags & ckf.CKF_TOKEN_INITIALIZED)) return 'not-set';
  if (flags & ckf.CKF_SO_PIN_LOCKED) return 'locked';
  if (flags & ckf.CKF_SO_PIN_FINAL_TRY) return 'final-try';
  if (flags & ckf.CKF_SO_PIN_COUNT_LOW) return 'low';
  if (flags & ckf.CKF_SO_PIN_TO_BE_CHANGED) return 'to-be-changed';
  return 'ok';
}

/** What the flags say of both PINs. */
export function pinStatesOf(flags: number): PinStates {
  return { user: pinStateOf(flags), so: soPinStateOf(flags) };
}
