import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  DerError,
  type DerNode,
  der,
  parseCertificate,
} from '../../certificates/index.ts';
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

/** SEQUENCE OF OCTET STRING: the certificates (DER) between the maker's and its root, which the standard has no room for. */
const makerChainOid = '2.25.264078524263945803177393837128386248543';

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

/** Certificates that one chain may have: those in the field have one or two. */
const longestChain = 10;

export function chainExtension(chain: readonly Uint8Array[]): SesExtension {
  return { oid: makerChainOid, critical: false, value: writeChain(chain) };
}

export function writeChain(chain: readonly Uint8Array[]): Buffer {
  return der.seq(...chain.map((certificate) => der.octets(certificate)));
}

/** The bytes of a chain's certificates. Throws DerError. */
export function readChain(value: DerNode): Uint8Array[] {
  const { children } = value.as(der.tags.sequence);
  if (children.length > longestChain) throw new DerError('a chain that is too long');
  return children.map((certificate) => der.readOctets(certificate));
}

/** Those of a chain's certificates that can be read. Nothing in it is trusted: it is looked through on the way to a root. */
export function chainPool(chain: readonly Uint8Array[]): CertificateFacts[] {
  return chain.flatMap((certificate) => {
    try {
      return [parseCertificate(certificate)];
    } catch (error) {
      if (error instanceof YinkeyError) return [];
      throw error;
    }
  });
}

/** What a seal brings along of its maker's chain; nothing where it can't be read. */
export function makerChain(extensions: readonly SesExtension[]): CertificateFacts[] {
  const found = extensions.find(({ oid }) => oid === makerChainOid);
  if (!found) return [];
  try {
    return chainPool(readChain(der.readDer(found.value)));
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}
