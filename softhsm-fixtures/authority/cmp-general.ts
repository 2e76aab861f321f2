import { generateKeyPairSync } from 'node:crypto';
import { cmpOids, type InfoTypeAndValue } from '../../src/main/authority/index.ts';
import { der } from '../../src/main/certificates/index.ts';
import type { CertificationAuthority } from './ca.ts';
import {
  authorityKeyExtension,
  basicConstraintsExtension,
  extension,
  ids,
  keyIdentifier,
  keyUsageExtension,
  spkiOf,
  writeCertificate,
} from './certificate.ts';
import type { AuthorityDatabase } from './database.ts';
import type { Knobs } from './knobs.ts';

const currentCrl = '1.3.6.1.5.5.7.4.6';

interface Parts {
  ca: CertificationAuthority;
  database: AuthorityDatabase;
  knobs: Knobs;
}

/** AlgorithmIdentifiers of the keys that certificates are issued for (id-it-signKeyPairTypes). */
const keyTypes = () =>
  der.seq(
    der.seq(der.oid('1.2.840.113549.1.1.1'), der.nul()),
    der.seq(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7')),
    der.seq(der.oid('1.2.840.10045.2.1'), der.oid('1.3.132.0.34')),
  );

/**
 * Answers the information types that are known here (RFC 9483 4.3): CA certificates, root update, key types, the CRL.
 * What is not known is left out; asked nothing, all that there is is told.
 */
export function generalAnswer(infos: readonly InfoTypeAndValue[], parts: Parts): InfoTypeAndValue[] {
  const { ca } = parts;
  const answers: Record<string, () => InfoTypeAndValue> = {
    [cmpOids.caCerts]: () => ({ type: cmpOids.caCerts, value: der.seq(ca.issuing.der, ca.root.der) }),
    [cmpOids.rootCaCert]: () => ({ type: cmpOids.rootCaKeyUpdate, value: rootUpdate(parts) }),
    [cmpOids.signKeyPairTypes]: () => ({ type: cmpOids.signKeyPairTypes, value: keyTypes() }),
    [currentCrl]: () => ({ type: currentCrl, value: ca.crl('issuing') }),
  };
  const asked = infos.length > 0 ? infos.map(({ type }) => type) : Object.keys(answers);
  return asked.flatMap((type) => answers[type]?.() ?? []);
}

const day = 86_400_000;

/**
 * RootCaKeyUpdateContent (RFC 9810 5.3.19.15): the new root by itself, the new one by the old, the old one by the new.
 * null: the root stays what it is.
 */
function rootUpdate({ ca, database, knobs }: Parts): Uint8Array | null {
  if (!knobs.rootUpdate) return null;
  const name = `root-update.${ca.root.sha256}`;
  const kept = database.setting(name);
  if (kept) return kept;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
  const fresh = spkiOf(publicKey);
  const oldKey = ca.authority.root.privateKey;
  const write = (spki: Uint8Array, by: Uint8Array, key: typeof privateKey, notAfter: Date) =>
    writeCertificate(
      {
        subject: ca.root.subject.raw,
        issuer: ca.root.subject.raw,
        spki,
        notBefore: ca.root.notBefore,
        notAfter,
        extensions: [
          basicConstraintsExtension(1),
          keyUsageExtension(['keyCertSign', 'cRLSign']),
          extension(ids.subjectKeyIdentifier, false, der.octets(keyIdentifier(spki))),
          authorityKeyExtension(by),
        ],
      },
      key,
    );
  const later = new Date(ca.root.notAfter.getTime() + 3650 * day);
  const update = der.seq(
    write(fresh, fresh, privateKey, later),
    der.explicit(0, write(fresh, ca.root.spki, oldKey, ca.root.notAfter)),
    der.explicit(1, write(ca.root.spki, fresh, privateKey, ca.root.notAfter)),
  );
  database.setSetting(name, update);
  return update;
}
