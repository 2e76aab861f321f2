import { z } from 'zod';

// What client and authority say to each other about an order, in JSON. The authority's OpenAPI file is made of these.

/** Money in fen (0.01 CNY), so that sums are exact. */
const fenSchema = z.number().int().nonnegative();
const timeSchema = z.iso.datetime();
const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
export const yearsSchema = z.number().int().min(1).max(5);

/** An authority says what it is and where its services are: GET {authority}/catalogue. */
export const catalogueSchema = z.object({
  name: z.string().max(200),
  practice: z.boolean(),
  /** CMP endpoint for renewals with an order (RFC 9811), absolute or relative to the authority's URL. */
  cmp: z.string().max(500),
  tsa: z.string().max(500).nullable(),
  /** Certificate (DER, base64) that the authority protects its CMP answers with, and those above it. */
  certificates: z.array(z.string().max(20_000)).max(10),
  /** Days before its end from which a certificate can be renewed. */
  renewalDays: z.number().int().positive(),
  /** It makes electronic seals; `statusList`: address of its status list, absolute or relative. Left out: it makes none. */
  seals: z
    .object({ statusList: z.string().max(500) })
    .nullable()
    .optional(),
  /** The authority's clock. */
  time: timeSchema,
});
export type Catalogue = z.infer<typeof catalogueSchema>;

export const feesSchema = z.object({ certificate: fenSchema, seal: fenSchema, total: fenSchema });
export type Fees = z.infer<typeof feesSchema>;

/** POST {authority}/quotes: what a renewal would cost, for each number of years. */
export const quoteRequestSchema = z.object({ certificateSha256: sha256Schema });
export const quoteSchema = z.object({
  certificateSha256: sha256Schema,
  /** The holder's data as the authority has them, for the user to check. */
  holder: z.object({ name: z.string().max(200), unit: z.string().max(200), creditCode: z.string().max(30) }),
  /** From which day on it can be renewed, and until when. */
  opensAt: timeSchema,
  closesAt: timeSchema,
  /** Name of the electronic seal that is issued anew with it; '' where none hangs on it. */
  seal: z.string().max(200),
  offers: z
    .array(z.object({ years: yearsSchema, fees: feesSchema, notAfter: timeSchema }))
    .min(1)
    .max(5),
});
export type Quote = z.infer<typeof quoteSchema>;

/**
 * - open         waits for payment
 * - paid         waits for the holder's signed confirmation and the CMP request
 * - review       the authority's staff look at it
 * - approved     can be issued
 * - issued       a certificate was issued, its confirmation is missing
 * - done         confirmed
 * - refused      with a reason; what was paid is paid back
 * - cancelled    by the holder
 */
export const orderStateSchema = z.enum([
  'open',
  'paid',
  'review',
  'approved',
  'issued',
  'done',
  'refused',
  'cancelled',
]);
export type OrderState = z.infer<typeof orderStateSchema>;

export const orderRequestSchema = z.object({ certificateSha256: sha256Schema, years: yearsSchema });

export const orderSchema = z.object({
  /** Cannot be guessed: who knows it may look at the order. */
  id: z.string().regex(/^[\w-]{16,64}$/),
  /** For people: on receipts, at the counter. */
  number: z.string().max(40),
  certificateSha256: sha256Schema,
  years: yearsSchema,
  fees: feesSchema,
  /** What the new certificate's end will be. */
  notAfter: timeSchema,
  state: orderStateSchema,
  /** Page on which it is paid; shown as a QR code. */
  payUrl: z.string().max(500),
  paidAt: timeSchema.nullable(),
  /** What the staff wrote, where they refused. */
  reason: z.string().max(500),
  /** The holder has confirmed the order with the certificate's key. */
  confirmed: z.boolean(),
  history: z.array(z.object({ at: timeSchema, what: orderStateSchema })).max(100),
});
export type Order = z.infer<typeof orderSchema>;

export const receiptSchema = z.object({
  order: orderSchema,
  authority: z.string().max(200),
  /** Serial number of the new certificate, hex; '' before it is issued. */
  serialNumber: z.string().max(80),
  issuedAt: timeSchema.nullable(),
});
export type OrderReceipt = z.infer<typeof receiptSchema>;

/** Every refusal of the orders API: a stable word, and a sentence for the log. */
export const problemSchema = z.object({
  code: z.enum([
    'unknown-certificate',
    'unknown-order',
    'unknown-seal',
    'window-not-open',
    'expired',
    'revoked',
    'order-exists',
    'seal-exists',
    'rules',
    'not-paid',
    'not-in-this-state',
    'signature-missing',
    'signature-wrong',
    'clock',
    'invalid',
    'not-found',
    'unavailable',
  ]),
  message: z.string().max(500),
  /** For window-not-open: from when on. */
  at: timeSchema.optional(),
});
export type Problem = z.infer<typeof problemSchema>;
