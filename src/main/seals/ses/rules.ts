import type { SealStep } from '../../../shared/domain/index.ts';
import { type CertificateFacts, creditCodeOf } from '../../certificates/index.ts';
import type { SealInfo } from './structure.ts';

/** Kinds of seals that the rules of sizes tell apart. */
export type SealKind = 'official' | 'contract' | 'finance' | 'invoice' | 'representative';

/** What kind a seal is by its name, as engravers and makers write them. */
function kindOfName(name: string): SealKind {
  const endings: readonly [RegExp, SealKind][] = [
    [/发票专用章(?:[((（].*)?$/, 'invoice'],
    [/合同专用章(?:[((（].*)?$/, 'contract'],
    [/财务专用章(?:[((（].*)?$/, 'finance'],
    [/(?:法人|法定代表人)(?:名)?章$/, 'representative'],
  ];
  return endings.find(([ending]) => ending.test(name.trim()))?.[1] ?? 'official';
}

/**
 * The largest official seal, in millimetres, by the first characters of the unit's credit code (GB 32100-2015) and
 * the State Council's notice on seals (国发〔1999〕25号): organs of state up to the State Council's own 60 mm;
 * enterprises, public institutions and social organisations 45 mm.
 */
const largestOfficial: readonly [RegExp, number][] = [
  [/^11/, 60],
  [/^(?:12|13|5|9|N)/, 45],
];

/** Where nothing tells what the unit is: the largest seal that there is. */
const largest = 60;

/** Contract seals of an older rule, still in use. */
const largestContract = 58;

/** Invoice seals have one size (国家税务总局公告2011年第7号). */
const invoice = { width: 40, height: 30, tolerance: 1 };

function sizeTrouble(
  kind: SealKind,
  creditCode: string | null,
  { width, height }: { width: number; height: number },
): string | null {
  if (width <= 0 || height <= 0) return String(largest);
  if (kind === 'invoice') {
    const off = Math.max(Math.abs(width - invoice.width), Math.abs(height - invoice.height));
    return off > invoice.tolerance ? `${invoice.width} x ${invoice.height}` : null;
  }
  const byUnit =
    largestOfficial.find(([start]) => creditCode !== null && start.test(creditCode))?.[1] ?? largest;
  const limit = kind === 'contract' ? largestContract : byUnit;
  return Math.max(width, height) > limit ? String(limit) : null;
}

/** What a maker or a client knows of the seal from elsewhere; what is left out is read from the seal. */
export interface SealExpectation {
  kind?: SealKind;
  /** The unit's unified social credit code. */
  creditCode?: string;
}

/** Whether the seal keeps the rules of size, and stands for the unit that it should. `holders`: who may use it. */
export function judgeRules(
  seal: Pick<SealInfo, 'name' | 'picture'>,
  holders: readonly CertificateFacts[],
  expected: SealExpectation,
): Omit<SealStep, 'step'> {
  if (seal.name.trim() === '') return { state: 'failed', reason: 'name-missing', details: {} };
  const codes = holders.map(({ subject }) => creditCodeOf(subject)).filter((code) => code !== null);
  const wrong = codes.find(({ value, valid }) => {
    return !valid || (expected.creditCode !== undefined && value !== expected.creditCode);
  });
  if (wrong) return { state: 'failed', reason: 'credit-code', details: { creditCode: wrong.value } };
  if (expected.creditCode !== undefined && codes.length === 0) {
    return { state: 'failed', reason: 'credit-code', details: { creditCode: null } };
  }
  const creditCode = codes[0]?.value ?? null;
  const kind = expected.kind ?? kindOfName(seal.name);
  const { width, height } = seal.picture;
  const limit = sizeTrouble(kind, creditCode, seal.picture);
  const details = { kind, creditCode, width, height };
  if (limit !== null) return { state: 'failed', reason: 'size', details: { ...details, limit } };
  return { state: 'ok', reason: 'right', details };
}
