import { DerError, type DerNode, der } from '../../certificates/index.ts';
import { bytesOf, Fields, readList } from './fields.ts';
import type { InfoTypeAndValue } from './message.ts';
import { cmpOids } from './oids.ts';

// Values of general messages (RFC 9810 5.3.19) that a client of certificates has a use for.

/** RootCaKeyUpdateContent (RFC 9810 5.3.19.15): a new root and the two certificates that link it with the old one. */
export interface RootUpdate {
  newWithNew: Uint8Array;
  /** The new key certified by the old one: what makes the new root believable to those who trust the old. */
  newWithOld: Uint8Array | null;
  oldWithNew: Uint8Array | null;
}

/** What an authority answered to questions about itself. Nothing in it is trusted by having been answered. */
export interface GeneralAnswer {
  infos: readonly InfoTypeAndValue[];
  caCerts: readonly Uint8Array[];
  rootUpdate: RootUpdate | null;
  /** Object identifiers of the key types that may sign. */
  keyTypes: readonly string[];
}

function readRootUpdate(node: DerNode): RootUpdate {
  const fields = new Fields(node);
  const newWithNew = bytesOf(fields.next().as(der.tags.sequence));
  const newWithOld = fields.explicit(0);
  const oldWithNew = fields.explicit(1);
  fields.end();
  return {
    newWithNew,
    newWithOld: newWithOld ? bytesOf(newWithOld.as(der.tags.sequence)) : null,
    oldWithNew: oldWithNew ? bytesOf(oldWithNew.as(der.tags.sequence)) : null,
  };
}

/**
 * Reads the values that are known here.
 * @throws DerError
 */
export function readGeneral(infos: readonly InfoTypeAndValue[]): GeneralAnswer {
  const value = (type: string): DerNode | null => {
    const found = infos.filter((info) => info.type === type);
    if (found.length > 1) throw new DerError('an answer that stands twice');
    return found[0]?.value ? der.readDer(found[0].value) : null;
  };
  const caCerts = value(cmpOids.caCerts);
  const rootUpdate = value(cmpOids.rootCaKeyUpdate);
  const keyTypes = value(cmpOids.signKeyPairTypes);
  return {
    infos,
    caCerts: caCerts ? readList(caCerts, (node) => bytesOf(node.as(der.tags.sequence))) : [],
    rootUpdate: rootUpdate ? readRootUpdate(rootUpdate) : null,
    keyTypes: keyTypes ? readList(keyTypes, (node) => der.readOid(node.as(der.tags.sequence).at(0))) : [],
  };
}
