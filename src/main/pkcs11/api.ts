import { z } from 'zod';
import {
  loginFactsSchema,
  pinStateSchema,
  pinStatesSchema,
  wireErrorSchema,
} from '../../shared/domain/index.ts';
import type { SealOfUse } from './data-api.ts';
import type { KnownTries } from './tries.ts';

/**
 * What the token host answers. The driver inside it is not trusted: main checks every answer against these schemas.
 */
export const moduleFactsSchema = z.object({
  description: z.string(),
  manufacturer: z.string(),
  version: z.string(),
  cryptokiVersion: z.string(),
});
export type ModuleFacts = z.infer<typeof moduleFactsSchema>;

const tokenCertificateSchema = z.object({
  ckaId: z.string(),
  label: z.string(),
  der: z.instanceof(Uint8Array),
  /** null: the token shows no keys of any kind before login, so nothing can be said. */
  hasPrivateKey: z.boolean().nullable(),
});

export const tokenReportSchema = z.object({
  slot: z.number().int(),
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  /** false: a blank key; then it has no PINs, no label and no certificates. */
  initialized: z.boolean(),
  pinState: pinStateSchema,
  soPinState: pinStateSchema,
  minPin: z.number().int(),
  maxPin: z.number().int(),
  protectedPath: z.boolean(),
  certificates: z.array(tokenCertificateSchema),
  error: wireErrorSchema.nullable(),
});
export type TokenReport = z.infer<typeof tokenReportSchema>;

export const signatureAnswerSchema = z.object({
  /** RSA: the signature value. ECDSA: DER Ecdsa-Sig-Value. */
  signature: z.instanceof(Uint8Array),
  /** Milliseconds spent inside the driver, the wait for the PIN not counted. */
  tokenMillis: z.number(),
  /** The token's flags before the login and after the logout. */
  before: pinStatesSchema,
  after: pinStatesSchema,
  /** The PIN that was accepted is one that keys are delivered with: the holder should change it. */
  defaultPin: z.boolean(),
});
export type SignatureAnswer = z.infer<typeof signatureAnswerSchema>;

/** How the key signs; the digest runs over `message` (the DER of the signed attributes). */
export interface SignRequest {
  serial: string;
  label: string;
  /** SHA-256 (hex) of the certificate whose private key signs. */
  certificateSha256: string;
  scheme: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa';
  hash: 'sha256' | 'sha384' | 'sha512';
  message: Uint8Array;
  /**
   * The seal that this signature is a stamp of. The host judges it by the key itself (judgeSealUse) before anybody is asked
   * for a PIN, and again right before the key signs.
   */
  seal?: SealOfUse | undefined;
  /** What is known of the tries; TokenService fills it in. */
  tries?: KnownTries | undefined;
}

/** The key that is meant, and what is known of its tries. */
export interface CareRequest {
  serial: string;
  label: string;
  tries: KnownTries;
}

export interface InitialiseRequest extends CareRequest {
  /** A key that was never initialised is known by its slot and its serial number. */
  blank: { slot: number } | null;
  newLabel: string;
  /** What the staff typed as the serial number, to destroy what is on the key. */
  serialTyped: string | null;
}

export const careAnswerSchema = z.object({
  token: z.object({ serial: z.string(), label: z.string(), manufacturer: z.string(), model: z.string() }),
  before: pinStatesSchema,
  after: pinStatesSchema,
  logins: z.array(loginFactsSchema).max(1000),
  tokenMillis: z.number(),
});
export type CareAnswer = z.infer<typeof careAnswerSchema>;

/**
 * What the host tells while an act with PINs runs: that a PIN goes to the key, each login as it ended, that the user's
 * counter begins anew, that the holder is asked from here on, and whether the key is being changed right now (true: if the
 * host ends here, nobody knows how it went).
 */
export const careProgressSchema = z.union([
  z.object({ checking: z.literal(true) }),
  z.object({ login: loginFactsSchema }),
  z.object({ handOver: z.literal(true) }),
  z.object({ reset: z.literal(true) }),
  z.object({ writing: z.boolean() }),
]);
export type CareProgress = z.infer<typeof careProgressSchema>;

/**
 * Methods of the token host (names on the wire).
 * - `load {path}` -> ModuleFacts; once per process
 * - `list {refresh}` -> TokenReport[]
 * - `change-pin`, `unlock`, `change-so-pin` CareRequest, `settle-so-pin {.., candidate}`, `initialise InitialiseRequest`
 *   + one port to the PIN window -> CareAnswer (pin-care.ts)
 * - `sign SignRequest` + one port to the PIN window -> SignatureAnswer: login, sign, logout in one act
 * - `act ActOpenRequest` + one port to the PIN window -> null when the act is over; tells `{opened: ActOpened}` when the
 *   login has succeeded, and from then on `act-work {act, work}` (+ one port where a PIN is wanted for one signature)
 *   -> ActWorkAnswer, `act-end {act}` -> null (act.ts)
 * - `can-generate {serial, label}` -> TokenAbilities, without a login
 * - `data {serial, label}` -> TokenData[], without a login
 * - `slots` -> SlotsReport, without a session (slot-facts.ts)
 */
export type CareMethod = 'change-pin' | 'unlock' | 'initialise' | 'change-so-pin' | 'settle-so-pin';
type ActMethod = 'act' | 'act-work' | 'act-end';
export type TokenHostMethod =
  | 'load'
  | 'list'
  | 'sign'
  | 'can-generate'
  | 'data'
  | 'slots'
  | CareMethod
  | ActMethod;
