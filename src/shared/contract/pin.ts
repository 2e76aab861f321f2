import { z } from 'zod';
import { pinStateSchema, wireErrorSchema } from '../domain/index.ts';

/**
 * What the PIN window is told when it opens: who asks for what. It comes from main together with the window's port
 * to one token host; nothing of the PIN ever goes back that way.
 */
export const pinPurposeSchema = z.object({
  purpose: z.enum(['stamp']),
  /** Name of the document that is stamped, without its folder. */
  document: z.string(),
  /** Name of the seal picture. */
  seal: z.string(),
  tokenLabel: z.string(),
  tokenSerial: z.string(),
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

/** Token host -> PIN window. */
export const pinReplySchema = z.discriminatedUnion('type', [
  /** The field is open. `wrong`: the try before was refused by the key and counted. */
  z.object({
    type: z.literal('ask'),
    state: pinStateSchema,
    minLength: z.number().int(),
    maxLength: z.number().int(),
    protectedPath: z.boolean(),
    wrong: z.boolean(),
  }),
  z.object({ type: z.literal('checking') }),
  /** Logged in; the window closes. */
  z.object({ type: z.literal('accepted') }),
  /** Not the PIN's fault, or locked: `{code, details}`; `canRetry` offers `again`. */
  z.object({ type: z.literal('failed'), error: wireErrorSchema, canRetry: z.boolean() }),
]);
export type PinReply = z.infer<typeof pinReplySchema>;
