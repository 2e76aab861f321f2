import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type RenewalStep, sealFormSchema } from '../../shared/domain/index.ts';
import type { CmpTransaction } from '../authority/index.ts';

/**
 * Where a renewal stands, each written down when it is reached. The ones in -ing are written before something happens:
 * found in the journal after a crash, nobody knows whether it did, and the key or the authority is asked.
 *
 *   started -> ordering -> ordered -> cleared -> generating -> generated -> confirming-order -> requestable
 *     -> requesting -> [waiting] -> issued -> writing -> written -> proven -> confirming -> confirmed -> done
 *   confirmed -> sealing -> sealed -> binding-seal -> seal-bound -> seal-told -> done (the old certificate has a seal)
 *   issued -> rejecting -> requestable (another certificate than was ordered)
 *   any before confirming -> ending -> ended
 *
 * An authority that takes no orders: started -> cleared, generated -> requestable.
 */
export const phaseSchema = z.enum([
  'started',
  'ordering',
  'ordered',
  'cleared',
  'generating',
  'generated',
  'confirming-order',
  'requestable',
  'requesting',
  'waiting',
  'issued',
  'rejecting',
  'writing',
  'written',
  'proven',
  'confirming',
  'confirmed',
  'sealing',
  'sealed',
  'binding-seal',
  'seal-bound',
  'seal-told',
  'done',
  'ending',
  'ended',
]);
export type Phase = z.infer<typeof phaseSchema>;

const order = phaseSchema.options;
/** Whether a phase lies before another one on the straight way. */
export const isBefore = (phase: Phase, other: Phase) => order.indexOf(phase) < order.indexOf(other);

const sealingPhases: ReadonlySet<Phase> = new Set<Phase>([
  'sealing',
  'sealed',
  'binding-seal',
  'seal-bound',
  'seal-told',
]);
/** The certificate is renewed and safe; its seal is being carried over. */
export const isSealing = (phase: Phase): boolean => sealingPhases.has(phase);

const base64 = z.base64().max(400_000);

const transactionSchema: z.ZodType<CmpTransaction> = z
  .object({
    kind: z.enum(['ir', 'cr', 'p10cr', 'kur', 'rr', 'genm']),
    transactionId: z.string(),
    request: z.string(),
    senderNonce: z.string(),
    recipNonce: z.string().nullable(),
    certReqId: z.number(),
    state: z.enum(['made', 'waiting', 'issued', 'confirmed']),
    shown: z.array(z.string()).optional(),
  })
  .transform(({ shown, ...rest }) => (shown ? { ...rest, shown } : rest));

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** The seal of the old certificate, and what has become of it. */
const carriedSealSchema = z.object({
  /** esID of the old one, its name, and the SHA-256 of the SESeal. */
  id: z.string().max(64),
  name: z.string(),
  sha256,
  /** The old SESeal: kept, because it may have to leave the key before the new one fits. */
  bytes: base64,
  /** 'store': the key holds its digest alone. */
  where: z.enum(['key', 'store']),
  /** At the maker; null before it was asked. */
  application: z.string().nullable(),
  newId: z.string().nullable(),
  /** The new seal in the forms that were fetched. */
  forms: z.partialRecord(sealFormSchema, base64),
  /** The old one was taken off the key to make room, or was about to be. */
  freed: z.boolean(),
  /** How the new one lies on the key. */
  bound: z.object({ form: sealFormSchema, where: z.enum(['key', 'store']), sha256 }).nullable(),
});
export type CarriedSeal = z.infer<typeof carriedSealSchema>;

/** Everything that is needed to go on after a crash. Names, requests and certificates; no PIN, no secret code. */
export const workSchema = z.object({
  version: z.literal(1),
  /** renew: a certificate's successor; enrol: the first certificate of a key. */
  kind: z.enum(['renew', 'enrol']),
  phase: phaseSchema,
  /** Where `ending` began. */
  endingFrom: phaseSchema.nullable(),
  /** Address of the orders API; '' for an authority that takes none. */
  api: z.string(),
  /** CMP endpoint; '' before the authority was asked. */
  cmp: z.string(),
  /** Certificates of the authority, as it names them; not trusted, only material for chains. */
  pool: z.array(base64).max(30),
  /** The certificate that is renewed, and those above it on the key. */
  old: z.object({ certificate: base64, ckaId: z.string(), chain: z.array(base64).max(10) }).nullable(),
  /** Name (DER) that is asked for. */
  subject: base64,
  /** The new pair. */
  pair: z.object({ ckaId: z.string(), label: z.string(), keyType: z.string() }),
  /** Label of the certificate on the key. */
  label: z.string(),
  years: z.number().nullable(),
  /** Makes one order of however many times it is sent. */
  idempotencyKey: z.string(),
  orderId: z.string().nullable(),
  /** An order that another computer or an earlier journal made is to be looked for. */
  adopt: z.boolean(),
  /** Public key of the new pair. */
  spki: base64.nullable(),
  transaction: transactionSchema.nullable(),
  certificate: base64.nullable(),
  /** The authority wants no confirmation. */
  implicit: z.boolean(),
  withMods: z.boolean(),
  /** Why the issued certificate is rejected. */
  mismatch: z.string(),
  /** The confirmation was sent at least once. */
  confirmationSent: z.boolean(),
  /** enrol: reference number handed out at the counter; '' otherwise. */
  reference: z.string(),
  /** enrol: with a PKCS#10 request. */
  pkcs10: z.boolean(),
  /** After it is done: whether the old pair was removed, or was being removed. */
  oldPair: z.enum(['kept', 'removing', 'removed']),
  /** Whether the authority makes seals. Clients before seals wrote neither of the two. */
  makesSeals: z.boolean().default(false),
  seal: carriedSealSchema.nullable().default(null),
});
export type Work = z.infer<typeof workSchema>;

/** The six steps that people see. */
export function stepOf(work: Work): RenewalStep {
  const phase =
    work.phase === 'ending' || work.phase === 'ended' ? (work.endingFrom ?? 'started') : work.phase;
  if (phase === 'started') return 'check';
  if (isBefore(phase, 'cleared')) return 'confirm';
  if (isBefore(phase, 'generated')) return 'generate';
  if (isBefore(phase, 'writing')) return 'issue';
  return isBefore(phase, 'confirmed') || isSealing(phase) ? 'write' : 'done';
}

/**
 * CKA_ID (hex) of the pair that a renewal makes: the first 20 bytes of SHA-256 over the renewal's id. Made of the id, so
 * that the pair is found again on the key when the journal ends with "about to be generated".
 */
export function pairIdOf(renewal: string): string {
  return createHash('sha256').update(`yinkey renewal ${renewal}`).digest('hex').slice(0, 40);
}

const labelPrefix = 'YinKey renewal ';
/**
 * Label of the new pair: "YinKey renewal <order number>", or the beginning of the renewal's id where there is no order.
 * It tells people, and a client whose journal was lost, which order the pair belongs to.
 */
export const pairLabelOf = (orderNumber: string, renewal: string) =>
  labelPrefix + (orderNumber || renewal.slice(0, 8));
/** The order number in such a label; null for other labels. */
export const orderInLabel = (label: string) =>
  label.startsWith(labelPrefix) ? label.slice(labelPrefix.length) : null;

export const toBase64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
export const fromBase64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));
