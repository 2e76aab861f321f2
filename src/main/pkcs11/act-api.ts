import { z } from 'zod';
import type { LoginFacts } from '../../shared/domain/index.ts';
import { removedDataSchema, type TokenData, tokenDataListSchema, writtenDataSchema } from './data-api.ts';
import { knownTriesSchema } from './tries.ts';

/**
 * One login, many operations: what main and the token host say to each other, and what callers get (TokenAct).
 * What the host answers is checked against these schemas; the driver inside it is not trusted.
 */

const generatedKeyTypes = ['RSA-2048', 'RSA-3072', 'RSA-4096', 'EC-P256', 'EC-P384'] as const;
export type GeneratedKeyType = (typeof generatedKeyTypes)[number];

/** CKA_ID in hex; keys keep 64 bytes at most. */
const ckaIdSchema = z.string().regex(/^([0-9a-f]{2}){1,64}$/);
const labelSchema = z.string().max(256);
const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
/** DER of a certificate or public key. */
const derSchema = bytesSchema.refine(({ length }) => length > 0 && length <= 64 * 1024);

export const actOpenSchema = z.object({
  /** Names the act, so that nothing meant for one reaches another. */
  act: z.string().min(1).max(64),
  serial: z.string(),
  label: z.string(),
  tries: knownTriesSchema,
  /** Milliseconds without any operation after which the act ends by itself. */
  idleMillis: z.number().int().positive(),
});
export type ActOpenRequest = z.infer<typeof actOpenSchema>;

/** One operation within an act. */
const workSchema = z.discriminatedUnion('do', [
  z.object({
    do: z.literal('generate'),
    keyType: z.enum(generatedKeyTypes),
    ckaId: ckaIdSchema,
    label: labelSchema,
  }),
  z.object({
    do: z.literal('sign'),
    /** '' where the key has none: its numbers alone tell it. */
    ckaId: ckaIdSchema.or(z.literal('')),
    spki: derSchema,
    scheme: z.enum(['rsa-pkcs1', 'rsa-pss', 'ecdsa']),
    hash: z.enum(['sha256', 'sha384', 'sha512']),
    message: bytesSchema,
    tries: knownTriesSchema,
  }),
  z.object({ do: z.literal('write-certificate'), ckaId: ckaIdSchema, label: labelSchema, der: derSchema }),
  z.object({ do: z.literal('pairs') }),
  z.object({ do: z.literal('certificates') }),
  z.object({
    do: z.literal('remove-pair'),
    ckaId: ckaIdSchema,
    /** Empty: a private key whose public key nobody can know. */
    spki: bytesSchema.refine(({ length }) => length <= 64 * 1024),
  }),
  z.object({ do: z.literal('remove-certificate'), der: derSchema }),
  z.object({ do: z.literal('data') }),
  z.object({ do: z.literal('write-data'), data: writtenDataSchema }),
  z.object({ do: z.literal('remove-data'), data: removedDataSchema }),
]);
export type Work = z.infer<typeof workSchema>;
export type WorkOf<D extends Work['do']> = Extract<Work, { do: D }>;

export const actWorkSchema = z.object({ act: z.string(), work: workSchema });
export const actEndSchema = z.object({ act: z.string() });

export const canGenerateSchema = z.object({ serial: z.string(), label: z.string() });

const memorySchema = z.object({ freePublic: z.number().nullable(), freePrivate: z.number().nullable() });
/** Bytes; null where the token does not say. */
export type FreeMemory = z.infer<typeof memorySchema>;

/** What the host tells when the login has succeeded (progress of the call `act`, which goes on until the act ends). */
export const actOpenedSchema = z.object({
  opened: z.object({
    token: z.object({ label: z.string(), serial: z.string(), manufacturer: z.string(), model: z.string() }),
    defaultPin: z.boolean(),
    memory: memorySchema,
    tokenMillis: z.number(),
  }),
});
export type ActOpened = z.infer<typeof actOpenedSchema>['opened'];

export const actWorkAnswerSchema = z.object({
  value: z.unknown(),
  memory: memorySchema,
  /** Milliseconds in the driver. */
  tokenMillis: z.number(),
});
export type ActWorkAnswer = z.infer<typeof actWorkAnswerSchema>;

const pairSchema = z.object({
  ckaId: z.string(),
  label: z.string(),
  keyType: z.string(),
  spki: bytesSchema,
  hasPrivate: z.boolean(),
  alwaysAuthenticate: z.boolean(),
});
const certificateSchema = z.object({ ckaId: z.string(), label: z.string(), der: bytesSchema });

/** Answers by operation. */
export const workAnswers = {
  generate: z.object({ spki: derSchema }),
  /** `needsPin`: the key wants its PIN for this very signature; asked again with a port to somebody who types it. */
  sign: z.union([z.object({ signature: bytesSchema }), z.object({ needsPin: z.literal(true) })]),
  'write-certificate': z.null(),
  pairs: z.array(pairSchema).max(1024),
  certificates: z.array(certificateSchema).max(512),
  'remove-pair': z.null(),
  'remove-certificate': z.null(),
  data: tokenDataListSchema,
  'write-data': z.null(),
  'remove-data': z.null(),
} as const satisfies Record<Work['do'], z.ZodType>;
export type WorkAnswer<D extends Work['do']> = z.infer<(typeof workAnswers)[D]>;

export const abilitiesSchema = z.object({
  keyTypes: z.array(z.enum(generatedKeyTypes)),
  freePublic: z.number().nullable(),
  freePrivate: z.number().nullable(),
  sessions: z.number().nullable(),
});
/** What a token can make, as it says itself before any login. `sessions`: null where there is no limit or none is told. */
export type TokenAbilities = z.infer<typeof abilitiesSchema>;

/** A key pair on a token, or the half of one. */
export interface TokenPair {
  /** Hex; '' where it has none. */
  ckaId: string;
  label: string;
  /** 'RSA-2048', 'EC-P256' ...; '' where nothing tells. */
  keyType: string;
  /** DER SubjectPublicKeyInfo; empty where the token shows no public key and no certificate for it. */
  spki: Uint8Array;
  hasPrivate: boolean;
  /** Wants its PIN for each signature (CKA_ALWAYS_AUTHENTICATE). */
  alwaysAuthenticate: boolean;
}

export interface TokenCertificate {
  ckaId: string;
  label: string;
  der: Uint8Array;
}

/**
 * One login on one token, and what is done with it. Operations run one after the other, in the order they are called.
 * Each may fail with token.removed (the key was pulled: the act is over), token.act-over (it had ended before),
 * token.used-by-other (another program has logged out), driver.crashed and driver.hung (over, too), token.failed.
 * It ends with `end`, when the key or its driver goes, and by itself after ten minutes (`Deadlines.idle`) in which nothing
 * was asked of it.
 */
export interface TokenAct {
  readonly token: { label: string; serial: string; manufacturer: string; model: string };
  /** The logins as they went, wrong tries included; signatures that wanted a PIN of their own add theirs. */
  readonly logins: readonly LoginFacts[];
  /** The PIN is one that keys are delivered with. */
  readonly defaultPin: boolean;
  /** As the token last told. */
  readonly memory: FreeMemory;
  /** Milliseconds in the driver up to now. */
  readonly tokenMillis: number;
  /** Resolves when the act is over, however it ended. */
  readonly over: Promise<void>;
  /**
   * Makes a key pair on the token: private, sensitive, not extractable, for signatures only. Never made twice; what was
   * half made when it failed is removed. Takes seconds to minutes. Errors: token.memory, token.mechanism-missing (this
   * token has no such keys), token.not-supported (it wants other attributes), request.invalid (the CKA_ID is in use).
   */
  generate(spec: { keyType: GeneratedKeyType; ckaId: string; label: string }): Promise<{ spki: Uint8Array }>;
  /**
   * Signs and checks the signature with `spki`. RSA: the signature value; ECDSA: DER. A key that wants its PIN for each
   * signature has it asked through a new port (`pinPortAgain`). Errors: token.key-missing, token.mechanism-missing,
   * token.signature-wrong, certificate.key-unsupported; token.pin-* where the PIN was asked.
   */
  sign(
    key: { ckaId: string; spki: Uint8Array },
    scheme: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa',
    hash: 'sha256' | 'sha384' | 'sha512',
    message: Uint8Array,
  ): Promise<Uint8Array>;
  /**
   * Writes a certificate beside its key, reads it back and compares; the same one already there is fine.
   * Errors: token.memory, token.not-supported, token.failed, certificate.unreadable.
   */
  writeCertificate(certificate: { ckaId: string; label: string; der: Uint8Array }): Promise<void>;
  pairs(): Promise<TokenPair[]>;
  certificates(): Promise<TokenCertificate[]>;
  /**
   * Removes the private and the public key with this CKA_ID and this public key, and nothing else; none there is fine.
   * `spki` empty: the one private key with this CKA_ID of which nothing tells the public key.
   * Errors: token.key-missing (there are several such keys and nothing tells them apart), token.failed.
   */
  removePair(ckaId: string, spki: Uint8Array): Promise<void>;
  /** Removes this very certificate; none there is fine. */
  removeCertificate(der: Uint8Array): Promise<void>;
  /** Public data objects with an application of this client's: seals, and digests of seals. */
  data(): Promise<TokenData[]>;
  /**
   * Writes a seal or a seal's digest as a public data object, reads it back and compares; the same one already there is
   * fine. What an attempt that was cut off has left of it is removed. `replaces`: SHA-256 (hex) of the old seal, which is
   * removed when the new one is proven. Errors: seal.unreadable, seal.certificate-taken {id, name} (another seal on this
   * token lists the same certificate), token.memory {needed, freePublic} (bytes; no room, or longer than the token takes),
   * token.not-supported, token.failed (the token has something else than was written), request.invalid.
   */
  writeData(data: TokenData & { replaces?: string }): Promise<void>;
  /** Removes this very data object (`sha256` of its value, hex); none there is fine. Errors: token.failed, request.invalid. */
  removeData(data: { application: string; label: string; sha256: string }): Promise<void>;
  /** Logs out. May be called at any time, again and again; it waits for what is under way, and never fails. */
  end(): Promise<void>;
}
