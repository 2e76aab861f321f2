import { DerError, der } from '../../certificates/index.ts';
import type { SesExtension } from './structure.ts';

/**
 * Extensions of seals that YinKey reads and its practice maker writes. The arcs under 2.25 are made of random UUIDs
 * (ITU-T X.667), so nobody has to hand them out.
 */
export const sealExtensionOids = {
  /** UTF8String: the unit's unified social credit code (GB 32100-2015). */
  creditCode: '2.25.88346721480412371916049287615338041277',
  /** IA5String: http(s) address of the maker's status list. */
  statusList: '2.25.312096408772315490621883470126995437105',
  /** UTF8String: the one employee who stamps with it. */
  administrator: '2.25.154417302866590178340015527706613192448',
  /** IA5String: the kind by its word, as `SealKind`. */
  kind: '2.25.207733106154923380714462209851176350629',
} as const;

export type SealExtensionName = keyof typeof sealExtensionOids;

/** What these extensions say; null for those that are not there or can't be read. */
export type SealExtensionFacts = Record<SealExtensionName, string | null>;

const mostText = 500;

function textOf(value: Uint8Array): string | null {
  try {
    const text = der.readText(der.readDer(value));
    return text.length > mostText ? null : text;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

export function readSealExtensions(extensions: readonly SesExtension[]): SealExtensionFacts {
  const of = (name: SealExtensionName) => {
    const found = extensions.find(({ oid }) => oid === sealExtensionOids[name]);
    return found ? textOf(found.value) : null;
  };
  return {
    creditCode: of('creditCode'),
    statusList: of('statusList'),
    administrator: of('administrator'),
    kind: of('kind'),
  };
}

export function sealExtension(name: SealExtensionName, text: string): SesExtension {
  const ascii = name === 'statusList' || name === 'kind';
  const value = ascii ? der.element(der.tags.ia5String, Buffer.from(text, 'latin1')) : der.utf8(text);
  return { oid: sealExtensionOids[name], critical: false, value };
}
