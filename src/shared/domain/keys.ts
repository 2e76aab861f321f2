import { z } from 'zod';
import { wireErrorSchema } from './errors.ts';

/**
 * State of a user PIN as the token's flags tell it (PKCS#11 2.40, CKF_USER_PIN_*). The flags give no number of
 * tries; a driver may also lie, so this is what the key says, not what is proven.
 */
export const pinStateSchema = z.enum(['ok', 'low', 'final-try', 'locked', 'not-set', 'to-be-changed']);
export type PinState = z.infer<typeof pinStateSchema>;

/** Whether a certificate's private key is on the token; null: this token shows no keys before login. */
const hasPrivateKeySchema = z.boolean().nullable();

/** How a certificate stands today, judged by its dates alone. */
const validitySchema = z.enum(['valid', 'soon', 'expired', 'not-yet-valid']);

export const certificateSchema = z.object({
  /** First 16 hex digits of the SHA-256 of the DER certificate; what `--cert` takes. */
  id: z.string(),
  /** CKA_ID in hex, '' when the token keeps none. */
  ckaId: z.string(),
  label: z.string(),
  /** RFC 4514 text. */
  subject: z.string(),
  issuer: z.string(),
  /** Words for people: common name, and the unit (organisation). */
  holder: z.string(),
  unit: z.string(),
  issuerName: z.string(),
  /** Hex, without leading zeros' loss. */
  serialNumber: z.string(),
  /** ISO 8601, UTC. */
  notBefore: z.string(),
  notAfter: z.string(),
  /** Whole days until notAfter, negative when over. */
  daysLeft: z.number().int(),
  validity: validitySchema,
  /** 'RSA-2048', 'EC-P256', 'SM2' ... */
  keyType: z.string(),
  hasPrivateKey: hasPrivateKeySchema,
  isCa: z.boolean(),
  /** keyUsage allows digitalSignature or nonRepudiation, or there is no keyUsage at all. */
  canSign: z.boolean(),
  /** It was renewed: kept until its end, and not used for new stamps. */
  superseded: z.literal(true).optional(),
  sha256: z.string(),
});
export type CertificateInfo = z.infer<typeof certificateSchema>;

/** A token is known by these three, never by its slot. */
export const tokenIdSchema = z.object({
  module: z.string(),
  serial: z.string(),
  label: z.string(),
});
export type TokenId = z.infer<typeof tokenIdSchema>;

export const keySchema = z.object({
  /** Stable text made of module, serial and label; the key of lists in the windows. */
  key: z.string(),
  /** Path of the PKCS#11 module and its name for people. */
  module: z.string(),
  moduleName: z.string(),
  slot: z.number().int(),
  label: z.string(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  firmware: z.string(),
  pin: z.object({
    state: pinStateSchema,
    /** The same of the SO PIN (PKCS#11 2.40, CKF_SO_PIN_*): it is what unlocks; a locked one ends the key. */
    soState: pinStateSchema,
    minLength: z.number().int(),
    maxLength: z.number().int(),
    /** The PIN is typed on the key's own pad. */
    protectedPath: z.boolean(),
  }),
  certificates: z.array(certificateSchema),
  /** What went wrong while this one was read; the others are still shown. */
  error: wireErrorSchema.nullable(),
});
export type KeyInfo = z.infer<typeof keySchema>;

/** A key that was never initialised: it has no label, often no serial number, and nothing on it. */
export const blankKeySchema = z.object({
  /** Stable text made of module, serial and slot; the key of lists in the windows. */
  key: z.string(),
  module: z.string(),
  moduleName: z.string(),
  slot: z.number().int(),
  serial: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  minLength: z.number().int(),
  maxLength: z.number().int(),
  protectedPath: z.boolean(),
});
export type BlankKey = z.infer<typeof blankKeySchema>;

export const moduleStateSchema = z.enum(['ready', 'starting', 'not-agreed', 'missing', 'changed', 'trouble']);

export const moduleSchema = z.object({
  path: z.string(),
  name: z.string(),
  vendor: z.string(),
  /** SHA-256 of the file, hex; '' while it is missing. */
  sha256: z.string(),
  state: moduleStateSchema,
  /** Library description and version as the module tells them, once it was loaded. */
  description: z.string(),
  version: z.string(),
  error: wireErrorSchema.nullable(),
});
export type ModuleInfo = z.infer<typeof moduleSchema>;

/** Everything the keys screen shows. `revision` grows with each change, so that windows can drop stale answers. */
export const keysSnapshotSchema = z.object({
  revision: z.number().int(),
  /** True until the first look at every agreed module is done. */
  loading: z.boolean(),
  keys: z.array(keySchema),
  /** Blank keys, for those who hand out new ones. SoftHSM shows one spare slot as such. */
  blanks: z.array(blankKeySchema),
  modules: z.array(moduleSchema),
});
export type KeysSnapshot = z.infer<typeof keysSnapshotSchema>;
