import { z } from 'zod';
import { pinStateSchema, wireErrorSchema } from '../../shared/domain/index.ts';

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
  pinState: pinStateSchema,
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
}

/**
 * Methods of the token host (names on the wire).
 * - `load {path}` -> ModuleFacts; once per process
 * - `list {refresh}` -> TokenReport[]
 * - `sign SignRequest` + one port to the PIN window -> SignatureAnswer: login, sign, logout in one act
 */
export type TokenHostMethod = 'load' | 'list' | 'sign';
