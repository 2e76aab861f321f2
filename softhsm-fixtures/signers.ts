import { constants, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { type Authority, certify } from './authority/root.ts';
import type { PracticeKeyType } from './types.ts';

/** A key in memory with its certificate: signs as a token would, for tests that need none. */
export interface MemorySigner {
  /** DER, the signer's first, the root's last. */
  certificates: Uint8Array[];
  /** RSA: the signature value. ECDSA: DER Ecdsa-Sig-Value. */
  sign(prepared: { message: Uint8Array; scheme: string; hash: string }): Uint8Array;
}

const generate = promisify(generateKeyPair) as (
  type: string,
  options: object,
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;
const day = 86_400_000;

/** Makes a key and a certificate of the practice authority for it. */
export async function memorySigner(authority: Authority, keyType: PracticeKeyType): Promise<MemorySigner> {
  const size = Number(/\d+$/.exec(keyType)?.[0]);
  const { publicKey, privateKey } = keyType.startsWith('RSA')
    ? await generate('rsa', { modulusLength: size })
    : await generate('ec', { namedCurve: `P-${size}` });
  const certificate = await certify(
    {
      subject: [{ C: ['CN'] }, { O: ['示范物业服务有限公司'] }, { CN: [`合同专用章 ${keyType}`] }],
      publicKey,
      notBefore: new Date(Date.now() - day),
      notAfter: new Date(Date.now() + 365 * day),
      keyUsage: ['digitalSignature', 'nonRepudiation'],
    },
    authority.issuing,
  );
  return {
    certificates: [certificate, authority.issuing.certificate, authority.root.certificate].map(
      ({ rawData }) => new Uint8Array(rawData),
    ),
    sign: ({ message, scheme, hash }) => {
      const padding =
        scheme === 'rsa-pss'
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
          : {};
      return new Uint8Array(sign(hash, message, { key: privateKey, ...padding }));
    },
  };
}
