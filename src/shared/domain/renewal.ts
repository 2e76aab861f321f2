import { z } from 'zod';
import { wireErrorSchema } from './errors.ts';
import { tokenIdSchema } from './keys.ts';
import { feesSchema, orderStateSchema, yearsSchema } from './orders.ts';

/** The six steps that people see. */
export const renewalStepSchema = z.enum(['check', 'confirm', 'generate', 'issue', 'write', 'done']);
export type RenewalStep = z.infer<typeof renewalStepSchema>;

/**
 * - ready           waits for the user: `actions` says for what
 * - working         the client or the key is at work: `progress`
 * - waiting-payment the order is open; looked at by the client again and again
 * - waiting-review  the authority decides; asked again at `nextLookAt`
 * - waiting-key     the key is not plugged in
 * - stopped         something failed (`error`); what was reached is kept, and it can go on
 * - ended           given up, refused or impossible (`error`): nothing of it is left on the key, unless the key was lost
 * - done
 */
export const renewalStateSchema = z.enum([
  'ready',
  'working',
  'waiting-payment',
  'waiting-review',
  'waiting-key',
  'stopped',
  'ended',
  'done',
]);
export type RenewalState = z.infer<typeof renewalStateSchema>;

export const renewalCheckSchema = z.object({
  name: z.enum([
    'key',
    'driver',
    'space',
    'key-type',
    'certificate',
    'window',
    'authority',
    'clock',
    'order',
  ]),
  state: z.enum(['ok', 'stop', 'unknown']),
  code: z.string().nullable(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type RenewalCheck = z.infer<typeof renewalCheckSchema>;

/**
 * confirm: choose years and order (renewal.confirm); pay: open the pay page; go: type the PIN and go on (renewal.go);
 * check: run the checks again (renewal.check); end: give it up cleanly; abandon: the key is lost; remove-old; receipt
 */
export const renewalActionSchema = z.enum([
  'check',
  'confirm',
  'pay',
  'go',
  'end',
  'abandon',
  'remove-old',
  'receipt',
]);
export type RenewalAction = z.infer<typeof renewalActionSchema>;

/** Words of the history; texts under `renewal:history.<word>`. */
export const renewalEventSchema = z.enum([
  'started',
  'checked',
  'ordered',
  'paid',
  'generating',
  'generated',
  'confirmed-order',
  'requested',
  'review',
  'issued',
  'written',
  'proven',
  'confirmed',
  'retired',
  'seal-issued',
  'seal-bound',
  'seal-carried',
  'seal-left',
  'removed-old',
  'removed-new',
  'cancelled',
  'refused',
  'resumed',
  'stopped',
  'abandoned',
  'ended',
  'done',
]);
export type RenewalEvent = z.infer<typeof renewalEventSchema>;

/**
 * What becomes of the seal that the old certificate may use.
 *
 * - none     there is none; with `code`: there is one, and it stays behind for that reason
 * - pending  it comes along, or is about to
 * - carried  made anew for the new certificate, and bound
 * - failed   the renewal was finished without it (`code`: what stood in the way; null: the user's wish)
 */
const renewalSealSchema = z.object({
  state: z.enum(['none', 'pending', 'carried', 'failed']),
  /** esID of the old and the new seal. */
  oldId: z.string().nullable(),
  newId: z.string().nullable(),
  name: z.string(),
  /** 'store': the key has no room; it holds the digest, and the seal lies in this computer's store. */
  where: z.enum(['key', 'store']).nullable(),
  code: z.string().nullable(),
});
export type RenewalSeal = z.infer<typeof renewalSealSchema>;

/** A renewal as the screen and the command line show it. No secret is in it. */
export const renewalViewSchema = z.object({
  id: z.string(),
  token: tokenIdSchema,
  /** The certificate that is renewed. */
  old: z.object({
    sha256: z.string(),
    id: z.string(),
    serialNumber: z.string(),
    holder: z.string(),
    unit: z.string(),
    keyType: z.string(),
    notAfter: z.string(),
  }),
  authority: z.string(),
  step: renewalStepSchema,
  state: renewalStateSchema,
  checks: z.array(renewalCheckSchema),
  /** What can be chosen; null before the authority was asked, and with an authority that takes no orders. */
  quote: z
    .object({
      holder: z.object({ name: z.string(), unit: z.string(), creditCode: z.string() }),
      seal: z.string(),
      offers: z.array(z.object({ years: yearsSchema, fees: feesSchema, notAfter: z.string() })),
    })
    .nullable(),
  order: z
    .object({
      number: z.string(),
      state: orderStateSchema,
      years: yearsSchema,
      fees: feesSchema,
      notAfter: z.string(),
      payUrl: z.string(),
      paidAt: z.string().nullable(),
      reason: z.string(),
    })
    .nullable(),
  /** What is going on; null unless `working`. `usualSeconds`: from-to on keys of this kind, where it is known. */
  progress: z
    .object({
      what: z.enum([
        'checking',
        'ordering',
        'pin',
        'generating',
        'requesting',
        'polling',
        'writing',
        'testing',
        'confirming',
        'sealing',
        'binding-seal',
        'removing',
      ]),
      startedAt: z.string(),
      usualSeconds: z.tuple([z.number(), z.number()]).nullable(),
      /** The key must stay where it is. */
      holdKey: z.boolean(),
    })
    .nullable(),
  nextLookAt: z.string().nullable(),
  fresh: z
    .object({ sha256: z.string(), id: z.string(), serialNumber: z.string(), notAfter: z.string() })
    .nullable(),
  /** Clients before seals wrote nothing of one. */
  seal: renewalSealSchema.default({
    state: 'none',
    oldId: null,
    newId: null,
    name: '',
    where: null,
    code: null,
  }),
  error: wireErrorSchema.nullable(),
  actions: z.array(renewalActionSchema),
  history: z.array(z.object({ at: z.string(), what: renewalEventSchema })),
});
export type RenewalView = z.infer<typeof renewalViewSchema>;

/** A key pair on a token that belongs to no certificate and no renewal under way. */
export const orphanPairSchema = z.object({
  token: tokenIdSchema,
  /** Hex. */
  ckaId: z.string(),
  label: z.string(),
  keyType: z.string(),
  /** The order that its label names; '' for a pair that is not of this client's making. */
  order: z.string(),
});
export type OrphanPair = z.infer<typeof orphanPairSchema>;
