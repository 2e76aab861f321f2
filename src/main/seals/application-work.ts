import { z } from 'zod';
import type { SealApplicationView } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { SealApplicationRow } from '../store/index.ts';

const digest = z.string().regex(/^[0-9a-f]{64}$/);

/** Everything that is needed to go on with an application after a crash, besides its view. No PIN. */
export const workSchema = z.object({
  version: z.literal(1),
  /** Address of the orders API, under which the seal maker's is. */
  api: z.string(),
  /** Makes one application of however many times it is sent. */
  idempotencyKey: z.string(),
  /** The application's id at the authority; null: no answer came yet. */
  remoteId: z.string().nullable(),
  unit: z.string(),
  creditCode: z.string(),
  handler: z.string(),
  contact: z.string(),
  replaces: z.string().nullable(),
  measured: z.unknown(),
  /** SHA-256 of the picture in full and in small: what the seal has to show. */
  pictures: z.object({ full: digest, small: digest }),
  /** Forms of the seal that were fetched and judged, by their SHA-256: how the key is asked whether it holds one. */
  forms: z.record(z.string(), digest),
  /** The authority was told that it is bound. */
  told: z.boolean(),
});
export type ApplicationWork = z.infer<typeof workSchema>;

/** @throws YinkeyError store.damaged */
export function readWork(row: SealApplicationRow): ApplicationWork {
  const { data } = workSchema.safeParse(row.work);
  if (!data) throw new YinkeyError('store.damaged', { kept: row.id });
  return data;
}

/** Nothing is left to be done. */
export const isOver = (phase: SealApplicationView['phase']) =>
  phase === 'bound' || phase === 'refused' || phase === 'withdrawn';
