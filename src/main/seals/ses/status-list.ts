import { YinkeyError } from '../../../shared/errors/index.ts';
import {
  type CertificateFacts,
  canSign,
  DerError,
  type DerNode,
  der,
  parseCertificate,
  validateChain,
} from '../../certificates/index.ts';
import { sesCrypto } from './check.ts';
import { chainPool, readChain, writeChain } from './extensions.ts';
import type { SealQuestion } from './verify.ts';
import type { SignedBy } from './write.ts';

/*
 * The signed list in which a seal maker says of each seal whether it may be used. The standards name the states (normal,
 * suspended, cancelled) and leave the form to the maker; this one is written as a SESeal is: DER, a bare algorithm, the
 * maker's certificate with it.
 *
 *   SealStatusList ::= SEQUENCE { tbs, cert OCTET STRING, signAlgID OBJECT IDENTIFIER, signedValue BIT STRING }
 *   tbs ::= SEQUENCE { header SEQUENCE { "ESL" IA5String, version INTEGER (1), Vid IA5String }, number INTEGER,
 *                      thisUpdate GeneralizedTime, nextUpdate GeneralizedTime, SEQUENCE OF entry,
 *                      chain SEQUENCE OF OCTET STRING }, the certificates between the maker's and its root
 *   entry ::= SEQUENCE { esID IA5String, state INTEGER, since GeneralizedTime }
 */

const states = ['normal', 'suspended', 'cancelled'] as const;
export type SealState = (typeof states)[number];

/** Bytes and entries that one list may have. */
export const statusListLimits = { bytes: 4 << 20, entries: 50_000 };

export interface SealStatusEntry {
  id: string;
  state: SealState;
  /** Since when it has this state. */
  since: Date;
}

export interface SealStatusFacts {
  vendor: string;
  /** Grows with each list of this maker. */
  number: number;
  thisUpdate: Date;
  nextUpdate: Date;
  entries: readonly SealStatusEntry[];
  /** DER of the certificates between the maker's and its root, for those who have none of them. */
  chain?: readonly Uint8Array[];
}

/** A list as it was read; nothing of it is proven by that. */
export interface SealStatusList extends SealStatusFacts {
  chain: readonly Uint8Array[];
  signed: Uint8Array;
  maker: Uint8Array;
  algorithm: string;
  signature: Uint8Array;
}

const ascii = (text: string) => der.element(der.tags.ia5String, Buffer.from(text, 'latin1'));

/** The bytes that the maker signs. Times are written to the second. */
export function statusListInfo(facts: SealStatusFacts): Buffer {
  return der.seq(
    der.seq(ascii('ESL'), der.int(1), ascii(facts.vendor)),
    der.int(facts.number),
    der.generalizedTime(facts.thisUpdate),
    der.generalizedTime(facts.nextUpdate),
    der.seq(
      ...facts.entries.map(({ id, state, since }) =>
        der.seq(ascii(id), der.int(states.indexOf(state)), der.generalizedTime(since)),
      ),
    ),
    writeChain(facts.chain ?? []),
  );
}

/** The list, from what `statusListInfo` gave and the maker's signature over it. */
export function assembleStatusList(info: Uint8Array, maker: SignedBy): Buffer {
  return der.seq(info, der.octets(maker.certificate), der.oid(maker.algorithm), der.bits(maker.signature));
}

function entryOf(node: DerNode): SealStatusEntry {
  const state = states[der.readSmallInteger(node.at(1))];
  if (!state || node.children.length !== 3) throw new DerError('a state that is not known');
  return { id: der.readText(node.at(0).as(der.tags.ia5String)), state, since: der.readTime(node.at(2)) };
}

/**
 * Reads a list. Nothing is verified by this.
 * @throws YinkeyError `seal.status-unreadable`
 */
export function readStatusList(bytes: Uint8Array): SealStatusList {
  try {
    if (bytes.length > statusListLimits.bytes) throw new DerError('too large for a list');
    const list = der.readDer(bytes).as(der.tags.sequence);
    const tbs = list.at(0).as(der.tags.sequence);
    const header = tbs.at(0).as(der.tags.sequence);
    if (der.readText(header.at(0).as(der.tags.ia5String)) !== 'ESL') throw new DerError('not a status list');
    if (der.readSmallInteger(header.at(1)) !== 1) throw new DerError('a version that is not known');
    const entries = tbs.at(4).as(der.tags.sequence).children;
    if (entries.length > statusListLimits.entries) throw new DerError('too many entries');
    if (list.children.length !== 4 || tbs.children.length !== 6 || header.children.length !== 3)
      throw new DerError('members too many');
    return {
      vendor: der.readText(header.at(2).as(der.tags.ia5String)),
      number: der.readSmallInteger(tbs.at(1)),
      thisUpdate: der.readTime(tbs.at(2)),
      nextUpdate: der.readTime(tbs.at(3)),
      entries: entries.map(entryOf),
      chain: readChain(tbs.at(5)),
      signed: tbs.raw,
      maker: der.readOctets(list.at(1)),
      algorithm: der.readOid(list.at(2)),
      signature: der.readBitBytes(list.at(3)),
    };
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new YinkeyError('seal.status-unreadable', { reason: error.message }, { cause: error });
  }
}

/**
 * Reads a list and believes it only where its maker is the seal's: same issuer and same name, chain to a root, not revoked
 * when it was written, and a signature that fits.
 * @throws YinkeyError `seal.status-unreadable`, `seal.status-unproven` {reason}
 */
export async function verifyStatusList(
  bytes: Uint8Array,
  question: { sealMaker: Uint8Array } & Pick<SealQuestion, 'roots' | 'pool' | 'revocation'>,
): Promise<SealStatusList> {
  const list = readStatusList(bytes);
  const unproven = (reason: string) => new YinkeyError('seal.status-unproven', { reason });
  const maker = parsed(list.maker);
  const sealMaker = parsed(question.sealMaker);
  if (!maker || !sealMaker) throw unproven('maker-unreadable');
  const same =
    Buffer.compare(maker.subject.raw, sealMaker.subject.raw) === 0 &&
    Buffer.compare(maker.issuer.raw, sealMaker.issuer.raw) === 0;
  if (!same) throw unproven('other-maker');
  const crypto = await sesCrypto([maker], [list.algorithm]);
  const { roots, pool = [], revocation = () => null } = question;
  // Judged when it was written: an old list stays proven, and its age is told.
  const { reason, chain } = validateChain({
    certificate: maker,
    pool: [...pool, ...chainPool(list.chain)],
    roots: [...roots],
    at: list.thisUpdate,
    check: crypto.certificate,
  });
  if (reason !== null) throw unproven(reason);
  if (!canSign(maker)) throw unproven('usage');
  for (const member of chain) {
    const revoked = revocation(member);
    if (revoked && (revoked.since === null || revoked.since <= list.thisUpdate)) throw unproven('revoked');
  }
  if (crypto.check(list.algorithm, maker, list.signed, list.signature) !== 'right')
    throw unproven('signature-wrong');
  return list;
}

/** A certificate that fills its bytes exactly. */
function parsed(bytes: Uint8Array): CertificateFacts | null {
  try {
    const facts = parseCertificate(bytes);
    return facts.der.length === bytes.length ? facts : null;
  } catch (error) {
    if (error instanceof YinkeyError) return null;
    throw error;
  }
}

/** What a list says of a seal. */
export interface SealStatus {
  /** 'unknown': there is no list, or it was written before the seal. 'not-issued': the list doesn't know the seal. */
  state: SealState | 'not-issued' | 'unknown';
  since: Date | null;
  /** When the list was written; null without one. */
  asOf: Date | null;
  /** The list should have been replaced by now. */
  stale: boolean;
}

/** Looks a seal up. `createdAt`: the seal's own word of when it was made. */
export function lookUpSeal(
  list: SealStatusFacts | null,
  seal: { id: string; createdAt: Date },
  now: Date,
): SealStatus {
  if (!list) return { state: 'unknown', since: null, asOf: null, stale: false };
  const found = list.entries.findLast(({ id }) => id === seal.id);
  const stale = now > list.nextUpdate;
  const asOf = list.thisUpdate;
  if (found) return { state: found.state, since: found.since, asOf, stale };
  const state = list.thisUpdate > seal.createdAt ? 'not-issued' : 'unknown';
  return { state, since: null, asOf, stale };
}
