import { z } from 'zod';
import { keyAbilitySchema } from '../../shared/domain/index.ts';
import { toWireError, YinkeyError } from '../../shared/errors/index.ts';
import { type Cryptoki, type Handle, slotNumber } from './cryptoki.ts';
import { ckf } from './pin-state.ts';

/** What a driver's slots hold and can do, for the environment check: nothing is opened, nobody logs in. */

type KeyAbility = z.infer<typeof keyAbilitySchema>;

/** For each ability the mechanisms (PKCS#11 2.40) of which one is enough. */
const mechanismsOf: Record<KeyAbility, readonly number[]> = {
  'rsa-raw': [0x0001],
  'rsa-sha256': [0x0040],
  'rsa-pss': [0x000d, 0x0043],
  ecdsa: [0x1041, 0x1044],
  'generate-rsa': [0x0000],
  'generate-ec': [0x1040],
};

const slotFactsSchema = z.object({
  slot: z.number().int().nonnegative(),
  serial: z.string(),
  /** null: the driver lists no mechanisms at all, so nothing is known. */
  can: z.array(keyAbilitySchema).nullable(),
  loginRequired: z.boolean(),
  /** CKF_WRITE_PROTECTED: nothing on it can be changed. */
  writeProtected: z.boolean(),
  /** Code of what went wrong while this one was read. */
  error: z.string().nullable(),
});

export const slotsReportSchema = z.object({
  /** How many slots the driver has, empty ones counted. */
  slots: z.number().int().nonnegative(),
  filled: z.array(slotFactsSchema).max(256),
});
export type SlotsReport = z.infer<typeof slotsReportSchema>;
type SlotFacts = SlotsReport['filled'][number];

/** Looks at every slot; one that can't be read keeps its error, and the others are told all the same. */
export function slotsOf(module: Cryptoki): SlotsReport {
  const filled = module.slots().slice(0, 256);
  return { slots: module.slotCount(), filled: filled.map((slot) => factsOf(module, slot)) };
}

function factsOf(module: Cryptoki, slot: Handle): SlotFacts {
  const nothing = { can: null, loginRequired: false, writeProtected: false };
  const facts: SlotFacts = { slot: slotNumber(slot), serial: '', ...nothing, error: null };
  try {
    const { serial, flags } = module.token(slot);
    facts.serial = serial;
    facts.loginRequired = (flags & ckf.CKF_LOGIN_REQUIRED) !== 0;
    facts.writeProtected = (flags & ckf.CKF_WRITE_PROTECTED) !== 0;
    const mechanisms = module.mechanisms(slot);
    if (mechanisms.length === 0) return facts;
    facts.can = keyAbilitySchema.options.filter((ability) =>
      mechanismsOf[ability].some((mechanism) => mechanisms.includes(mechanism)),
    );
  } catch (error) {
    if (!(error instanceof YinkeyError)) throw error;
    facts.error = toWireError(error).code;
  }
  return facts;
}
