import { z } from 'zod';
import { pinStateSchema, wireErrorSchema } from '../domain/index.ts';
import { newPinReasons } from '../pin-policy.ts';

/**
 * What the PIN window is told when it opens: who asks for what. It comes from main together with the window's port
 * to one token host; nothing of the PIN ever goes back that way.
 *
 * - stamp          the user's PIN ('pin'), for one signature
 * - change-pin     'pin', then 'new-pin'
 * - unlock         'so-pin' by the staff, then 'new-pin' by the holder (`handOver`)
 * - initialise     blank key: 'new-so-pin' by the staff; other: 'so-pin'; then 'new-pin' by the holder (`handOver`)
 * - trial          the user's PIN, after an unlock: the key signs a few bytes that mean nothing
 * - renew          the user's PIN: new key pair, requests and certificate in one act
 * - import         the user's PIN: a certificate is written beside its key
 * - remove         the user's PIN: a certificate or key pair is removed
 * - look-around    the user's PIN: what is on the key is looked at, and nothing changed
 * - seal-request   the user's PIN: an application for a seal is signed
 * - seal-bind      the user's PIN: a seal is written to the key
 * - loss           the user's PIN: the report of another, lost key is signed
 * - change-so-pin  'so-pin', then 'new-so-pin'; with `candidate`: which of the two is being tried after a crash
 */
export const pinPurposeSchema = z.object({
  purpose: z.enum([
    'stamp',
    'change-pin',
    'unlock',
    'initialise',
    'change-so-pin',
    'trial',
    'renew',
    'import',
    'remove',
    'look-around',
    'seal-request',
    'seal-bind',
    'loss',
  ]),
  /** Name of the document that is stamped, without its folder; '' for the other purposes. */
  document: z.string(),
  /** Name of the seal, or of the signature picture; '' for the other purposes. */
  seal: z.string(),
  /** It is a signature picture: the window says sign, and speaks of no seal. */
  picture: z.boolean().optional(),
  tokenLabel: z.string(),
  tokenSerial: z.string(),
  /** Whose certificate is on the key; both '' where there is none. */
  holder: z.string(),
  unit: z.string(),
  language: z.enum(['zh-CN', 'en']),
  theme: z.enum(['system', 'light', 'dark']),
});
export type PinPurpose = z.infer<typeof pinPurposeSchema>;

/** PIN window -> token host. The only message anywhere that carries a PIN. */
export const pinRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('submit'), pin: z.string().min(1).max(255), lastTryAgreed: z.boolean() }),
  /** The PIN is typed on the key's own pad (protected authentication path). */
  z.object({ type: z.literal('submit-on-pad'), lastTryAgreed: z.boolean() }),
  /** After a failure that was not the PIN's: read the flags again and go back to the field. */
  z.object({ type: z.literal('again') }),
  z.object({ type: z.literal('cancel') }),
]);
export type PinRequest = z.infer<typeof pinRequestSchema>;

/** Which PIN is asked for. A new one is typed twice; the window compares the two and sends it once. */
const pinFieldSchema = z.enum(['pin', 'new-pin', 'so-pin', 'new-so-pin']);
export type PinField = z.infer<typeof pinFieldSchema>;

/** Token host -> PIN window. */
export const pinReplySchema = z.discriminatedUnion('type', [
  /** The field is open. `wrong`: the try before was refused by the key and counted. */
  z.object({
    type: z.literal('ask'),
    field: pinFieldSchema,
    /** Of the PIN that `field` asks for: the SO PIN's own flags for 'so-pin'. 'ok' for a new one. */
    state: pinStateSchema,
    /** Known only from counting since the last success, or from the final-try flag; null: "few", as `state` says. */
    triesLeft: z.number().int().nonnegative().nullable(),
    /** Bytes of UTF-8, as the token counts; 0: the token does not say. */
    minLength: z.number().int(),
    maxLength: z.number().int(),
    protectedPath: z.boolean(),
    wrong: z.boolean(),
    /** The new PIN that was sent is refused (nothing was tried): why. 'by-key': the key itself didn't like it. */
    refused: z.enum([...newPinReasons, 'by-key']).nullable(),
    /** Another person answers from here on: the window first asks the staff to hand the keyboard over. */
    handOver: z.boolean(),
    /** Milliseconds until the host gives this question up and logs out; null: as long as it takes. */
    expiresIn: z.number().int().nullable(),
    /** The key wants its PIN once more for this very signature (CKA_ALWAYS_AUTHENTICATE). */
    signatureAgain: z.boolean(),
    /** After an interrupted change of the SO PIN: which of the two is tried now, once. */
    candidate: z.enum(['old', 'new']).nullable(),
  }),
  z.object({ type: z.literal('checking') }),
  /** stamp: logged in, the signature follows. All others: done. The window closes. */
  z.object({ type: z.literal('accepted') }),
  /** Not the PIN's fault, or locked: `{code, details}`; `canRetry` offers `again`. */
  z.object({ type: z.literal('failed'), error: wireErrorSchema, canRetry: z.boolean() }),
]);
export type PinReply = z.infer<typeof pinReplySchema>;
export type PinQuestion = Extract<PinReply, { type: 'ask' }>;
