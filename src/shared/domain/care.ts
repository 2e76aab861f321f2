import { z } from 'zod';
import { pinStateSchema, tokenIdSchema } from './keys.ts';

/** What a token's flags say of its two PINs. */
export const pinStatesSchema = z.object({ user: pinStateSchema, so: pinStateSchema });
export type PinStates = z.infer<typeof pinStatesSchema>;

/**
 * One C_Login (or one C_SetPIN / C_InitToken that checked a PIN) as it went: whose PIN, how it ended ('ok' or the
 * error code), and the flags before and after it. null: the token could no longer be asked.
 */
export const loginFactsSchema = z.object({
  who: z.enum(['user', 'so']),
  result: z.string().max(64),
  before: pinStatesSchema,
  after: pinStatesSchema.nullable(),
});
export type LoginFacts = z.infer<typeof loginFactsSchema>;

/** What can be done to a key's PINs. The names are those of the audit log too. */
export const careActSchema = z.enum(['pin.change', 'token.unlock', 'token.initialise', 'so-pin.change']);
export type CareAct = z.infer<typeof careActSchema>;

/** Who asked for it at the counter, and on what paper. All free text, kept in the audit log. */
export const careCaseSchema = z.object({
  /** Why: a word or a sentence. */
  reason: z.string().trim().min(1).max(200),
  /** Order number or paper reference. */
  reference: z.string().trim().max(100),
  /** Name or number of the staff member. */
  staff: z.string().trim().min(1).max(100),
});
export type CareCase = z.infer<typeof careCaseSchema>;

/** What was done, as far as a screen or a receipt needs it. */
export const careResultSchema = z.object({
  /** The entry of the journal; '' for a plain change of the PIN, which has none. */
  id: z.string(),
  act: careActSchema,
  /** ISO 8601, UTC: when it was done. */
  at: z.string(),
  token: tokenIdSchema,
  manufacturer: z.string(),
  model: z.string(),
  /** Flags before the first and after the last call. */
  before: pinStatesSchema,
  after: pinStatesSchema,
  /** Every login in order, with the flags before and after it. */
  logins: z.array(loginFactsSchema),
  case: careCaseSchema.nullable(),
  /** Number of the entry in the audit log. */
  auditEntry: z.number().int(),
  /** Milliseconds spent inside the driver. */
  tokenMillis: z.number(),
});
export type CareResult = z.infer<typeof careResultSchema>;

/**
 * Where an act at the counter stands in the journal.
 * - started: it was begun; found at a later start it means "nobody knows"
 * - done, unchanged: it ended, and the key is as the act left it / as it was before
 * - unknown: the host or the key went away in the middle
 */
const careStateSchema = z.enum(['started', 'done', 'unchanged', 'unknown']);

/** One act of the journal. The PINs are in no state of it: both SO PINs stay with those who typed them. */
export const careEntrySchema = z.object({
  id: z.string(),
  act: careActSchema,
  token: tokenIdSchema,
  case: careCaseSchema,
  startedAt: z.string(),
  state: careStateSchema,
  settledAt: z.string().nullable(),
  /** 'ok', or the error code; '' while it is open. */
  result: z.string(),
  /** SO PIN change: candidates that were tried since and did not fit. */
  refused: z.array(z.enum(['old', 'new'])),
});
export type CareEntry = z.infer<typeof careEntrySchema>;

/**
 * How far an act is: `pin`, somebody is at the PIN window; `hand-over`, the staff have given the keyboard to the holder,
 * who is at the PIN window from then on; `token`, the key is at work.
 */
export const careStepSchema = z.enum(['pin', 'hand-over', 'token']);
export type CareStep = z.infer<typeof careStepSchema>;

/** The holder tried the new PIN after an unlock: the key has signed, and its certificate confirms it. */
export const careTrialSchema = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** Whose certificate it was. */
  holder: z.string(),
  auditEntry: z.number().int(),
});
export type CareTrial = z.infer<typeof careTrialSchema>;
