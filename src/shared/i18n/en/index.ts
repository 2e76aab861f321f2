import { care } from './care.ts';
import { certificates } from './certificates.ts';
import { cli } from './cli.ts';
import { common } from './common.ts';
import { desktop } from './desktop.ts';
import { documents } from './documents.ts';
import { errors } from './errors.ts';
import { keys } from './keys.ts';
import { loss } from './loss.ts';
import { papers } from './papers.ts';
import { pin } from './pin.ts';
import { renewal } from './renewal.ts';
import { screens } from './screens.ts';
import { seals } from './seals.ts';
import { verify } from './verify.ts';

/** All texts of one language; a test keeps both languages' keys and placeholders equal. */
export const texts = {
  care,
  certificates,
  cli,
  common,
  desktop,
  documents,
  errors,
  keys,
  loss,
  papers,
  pin,
  renewal,
  screens,
  seals,
  verify,
};
