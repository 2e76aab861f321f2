import { randomUUID } from 'node:crypto';
import type { RenewalView, TokenId } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import type { RenewalRow } from '../store/index.ts';
import { noSeal } from './seal.ts';
import { pairIdOf, type Work, workSchema } from './work.ts';

/** @throws YinkeyError store.damaged */
export function readWork(row: RenewalRow): Work {
  const { data } = workSchema.safeParse(row.work);
  if (!data) throw new YinkeyError('store.damaged', { kept: row.id });
  return data;
}

/** How a renewal looks before anything was checked. */
export function newView(
  id: string,
  token: TokenId,
  authority: string,
  now: Date,
  old: RenewalView['old'],
): RenewalView {
  const { module, serial, label } = token;
  return {
    id,
    token: { module, serial, label },
    old,
    authority,
    step: 'check',
    state: 'ready',
    checks: [],
    quote: null,
    order: null,
    progress: null,
    nextLookAt: null,
    fresh: null,
    seal: noSeal,
    error: null,
    actions: ['check', 'end'],
    history: [{ at: now.toISOString(), what: 'started' }],
  };
}

/** What the journal keeps of a renewal that has just begun. */
export const newWork = (id: string, kind: Work['kind']): Work => ({
  version: 1,
  kind,
  phase: 'started',
  endingFrom: null,
  api: '',
  cmp: '',
  pool: [],
  old: null,
  subject: '',
  pair: { ckaId: pairIdOf(id), label: '', keyType: '' },
  label: '',
  years: null,
  idempotencyKey: randomUUID(),
  orderId: null,
  adopt: false,
  spki: null,
  transaction: null,
  certificate: null,
  implicit: false,
  withMods: false,
  mismatch: '',
  confirmationSent: false,
  reference: '',
  pkcs10: false,
  oldPair: 'kept',
  makesSeals: false,
  seal: null,
});
