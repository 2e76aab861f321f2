import { DerError, type DerNode, der } from '../../certificates/index.ts';
import { Fields, present, readList } from './fields.ts';

const { tags } = der;

/** PKIStatus in the order of its numbers (RFC 9810 5.2.3). */
const statusNames = [
  'accepted',
  'grantedWithMods',
  'rejection',
  'waiting',
  'revocationWarning',
  'revocationNotification',
  'keyUpdateWarning',
] as const;
export type PkiStatus = (typeof statusNames)[number];

/** PKIFailureInfo in the order of its bits (RFC 9810 5.2.3). */
export const failureNames = [
  'badAlg',
  'badMessageCheck',
  'badRequest',
  'badTime',
  'badCertId',
  'badDataFormat',
  'wrongAuthority',
  'incorrectData',
  'missingTimeStamp',
  'badPOP',
  'certRevoked',
  'certConfirmed',
  'wrongIntegrity',
  'badRecipientNonce',
  'timeNotAvailable',
  'unacceptedPolicy',
  'unacceptedExtension',
  'addInfoNotAvailable',
  'badSenderNonce',
  'badCertTemplate',
  'signerNotTrusted',
  'transactionIdInUse',
  'unsupportedVersion',
  'notAuthorized',
  'systemUnavail',
  'systemFailure',
  'duplicateCertReq',
] as const;
export type PkiFailure = (typeof failureNames)[number];

/** PKIStatusInfo (RFC 9810 5.2.3). */
export interface PkiStatusInfo {
  status: PkiStatus;
  /** What the authority says to people, a text for each language or line. */
  statusString: readonly string[];
  /** null: the field is absent. */
  failInfo: readonly PkiFailure[] | null;
}

/** PKIFreeText: a SEQUENCE OF UTF8String. */
export function readFreeText(node: DerNode): string[] {
  return readList(node, (text) => der.readText(text.as(tags.utf8String)));
}

export function writeFreeText(texts: readonly string[]): Uint8Array | null {
  return texts.length === 0 ? null : der.seq(...texts.map(der.utf8));
}

function readFailures(node: DerNode): PkiFailure[] {
  const { unused, bytes } = der.readBits(node);
  const count = bytes.length * 8 - unused;
  // Named bits may end in zeros that a careless writer left in; a bit set beyond the names has no meaning to act on.
  if (bytes.length > 8) throw new DerError('failure bits beyond any that exist');
  const found: PkiFailure[] = [];
  for (let bit = 0; bit < count; bit++) {
    if (!(bytes[bit >> 3]! & (0x80 >> (bit & 7)))) continue;
    const name = failureNames[bit];
    if (!name) throw new DerError('a failure bit that has no name');
    found.push(name);
  }
  return found;
}

/** A named bit list, as short as it gets (X.690 11.2.2). */
function writeFailures(failures: readonly PkiFailure[]): Uint8Array {
  const set = failures.map((name) => failureNames.indexOf(name));
  if (set.length === 0) return der.bits(new Uint8Array(0));
  const last = Math.max(...set);
  const bytes = new Uint8Array((last >> 3) + 1);
  for (const bit of set) bytes[bit >> 3]! |= 0x80 >> (bit & 7);
  return der.bits(bytes, 7 - (last & 7));
}

export function readStatusInfo(node: DerNode): PkiStatusInfo {
  const fields = new Fields(node);
  const status = statusNames[der.readSmallInteger(fields.next())];
  if (!status) throw new DerError('a status that has no name');
  const text = fields.optional(tags.sequence);
  const failures = fields.optional(tags.bitString);
  fields.end();
  return {
    status,
    statusString: text ? readFreeText(text) : [],
    failInfo: failures ? readFailures(failures) : null,
  };
}

export function writeStatusInfo(info: PkiStatusInfo): Uint8Array {
  return der.seq(
    ...present(
      der.int(statusNames.indexOf(info.status)),
      writeFreeText(info.statusString),
      info.failInfo ? writeFailures(info.failInfo) : null,
    ),
  );
}
