import { z } from 'zod';
import { errorCodes } from '../errors/codes.ts';
import { moduleStateSchema, pinStateSchema } from './keys.ts';

// What support is told about a computer. Redacted by construction: no field has room for a PIN, a holder's name, a
// certificate's subject or a path; what does not fit a field is left out by whoever fills it in.

const codeSchema = z.enum(errorCodes);
const versionSchema = z.string().regex(/^[\w.+~-]{0,32}$/);
/** A driver's file name without its folder. */
const fileNameSchema = z.string().regex(/^[\w.+@-]{1,64}$/);
/** What a maker calls itself or its product: the fields of 32 and 16 bytes that tokens have for it. */
const makerSchema = z.string().regex(/^[\p{L}\p{N} .,()&+/_-]{0,32}$/u);
const countSchema = z.number().int().nonnegative();

/** What a key says it can do: signatures by mechanism, and key pairs that it can make itself. */
export const keyAbilitySchema = z.enum([
  'rsa-raw',
  'rsa-sha256',
  'rsa-pss',
  'ecdsa',
  'generate-rsa',
  'generate-ec',
]);

export const environmentFactSchema = z.discriminatedUnion('what', [
  z.object({
    what: z.literal('program'),
    version: versionSchema,
    platform: z.enum(['linux', 'win32', 'darwin']),
    architecture: z.enum(['x64', 'arm64', 'ia32', 'arm']),
    runtime: versionSchema,
    practice: z.boolean(),
  }),
  z.object({
    what: z.literal('driver'),
    file: fileNameSchema,
    /** Hex; '' where the file could not be read. */
    sha256: z.string().regex(/^([0-9a-f]{64})?$/),
    version: versionSchema,
    state: moduleStateSchema,
    error: codeSchema.nullable(),
  }),
  z.object({
    what: z.literal('key'),
    maker: makerSchema,
    model: makerSchema,
    /** The last four of the serial number: what people compare with the key in hand. */
    serialEnd: z.string().regex(/^[0-9A-Za-z]{0,4}$/),
    slot: countSchema,
    pin: pinStateSchema,
    soPin: pinStateSchema,
    pad: z.boolean(),
    certificates: countSchema,
    error: codeSchema.nullable(),
  }),
  z.object({
    what: z.literal('slots'),
    file: fileNameSchema,
    /** Empty ones counted. */
    count: countSchema,
    filled: countSchema,
  }),
  z.object({
    what: z.literal('slot'),
    file: fileNameSchema,
    slot: countSchema,
    serialEnd: z.string().regex(/^[0-9A-Za-z]{0,4}$/),
    /** null: its driver lists no mechanisms. */
    can: z.array(keyAbilitySchema).nullable(),
    loginRequired: z.boolean(),
    writeProtected: z.boolean(),
    error: codeSchema.nullable(),
  }),
  z.object({ what: z.literal('silent'), file: fileNameSchema, error: codeSchema.nullable() }),
  z.object({ what: z.literal('blank'), maker: makerSchema, model: makerSchema, slot: countSchema }),
  z.object({ what: z.literal('code'), code: codeSchema }),
  z.object({ what: z.literal('entries'), count: countSchema }),
  z.object({
    what: z.literal('broken'),
    entry: countSchema,
    reason: z.enum(['missing', 'changed', 'unreadable', 'end-missing']),
  }),
  z.object({ what: z.literal('roots'), count: countSchema, unreadable: countSchema }),
  z.object({ what: z.literal('interrupted'), count: countSchema }),
  z.object({ what: z.literal('free'), megabytes: countSchema }),
  z.object({ what: z.literal('font'), found: z.boolean() }),
  z.object({
    what: z.literal('clock'),
    at: z.iso.datetime(),
    /** Minutes east of Greenwich. */
    offset: z.number().int().min(-900).max(900),
  }),
  z.object({
    what: z.literal('time'),
    /** Who told the time; which authority that is stands nowhere. */
    source: z.enum(['catalogue', 'http-date', 'unreachable', 'unset']),
    /** Whole minutes by which this computer is ahead (behind: negative); null where nobody told the time. */
    ahead: z.number().int().min(-100_000_000).max(100_000_000).nullable(),
  }),
]);
export type EnvironmentFact = z.infer<typeof environmentFactSchema>;

const environmentCheckSchema = z.enum([
  'program',
  'drivers',
  'keys',
  'mechanisms',
  'store',
  'audit',
  'acts',
  'trust',
  'disk',
  'fonts',
  'clock',
]);

/** Texts under `care:environment.next.<word>`. */
const nextSchema = z.enum([
  'driver-changed',
  'driver-missing',
  'driver-trouble',
  'driver-agree',
  'driver-install',
  'key-plug',
  'key-read',
  'key-so-locked',
  'key-locked',
  'key-first-pin',
  'key-tries',
  'mechanism-none',
  'mechanism-unread',
  'store-kept',
  'audit-broken',
  'acts-settle',
  'trust-unreadable',
  'trust-empty',
  'disk-full',
  'disk-unknown',
  'font-install',
  'clock-set',
  'clock-off',
  'time-unreachable',
]);

const findingSchema = z.object({
  check: environmentCheckSchema,
  /** note: works, but somebody should know of it. */
  state: z.enum(['ok', 'note', 'trouble']),
  /** null where there is nothing to do. */
  next: nextSchema.nullable(),
  facts: z.array(environmentFactSchema).max(64),
});
export type EnvironmentFinding = z.infer<typeof findingSchema>;

export const environmentSchema = z.object({
  /** When it was looked at: ISO 8601, UTC. */
  at: z.iso.datetime(),
  findings: z.array(findingSchema),
});
export type Environment = z.infer<typeof environmentSchema>;
