// A process that renews a certificate by CMP with keys in files, once for each message, and tells how long it took.
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { authorityHttp, CmpClient, type NewKey } from '../src/main/authority/index.ts';
import { parseCertificate, parsePemCertificates } from '../src/main/certificates/index.ts';

export interface Exchange {
  /** From the first thought to the confirmation's answer, in milliseconds. */
  total: number;
  /** Of that: signatures of the two keys. */
  key: number;
  /** Of that: between a message sent and its answer here. */
  authority: number;
}

const [url, rootFile, certificateFile, oldFile, newFile] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const plain = authorityHttp();
let key = 0;
let authority = 0;

const http: typeof plain = {
  ...plain,
  request: async (question) => {
    const began = performance.now();
    const answer = await plain.request(question);
    authority += performance.now() - began;
    return answer;
  },
};

function keyIn(file: string): NewKey {
  const privateKey = createPrivateKey(readFileSync(file));
  return {
    spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    scheme: 'ecdsa',
    hash: 'sha256',
    sign: async (message) => {
      const began = performance.now();
      const signature = sign('sha256', message, { key: privateKey, dsaEncoding: 'der' });
      key += performance.now() - began;
      return signature;
    },
  };
}

async function renew(): Promise<Exchange> {
  key = 0;
  authority = 0;
  const began = performance.now();
  const old = parsePemCertificates(readFileSync(certificateFile))[0]!;
  const wanted = keyIn(newFile);
  const client = new CmpClient({
    url,
    http,
    protection: { kind: 'signature', signer: { ...keyIn(oldFile), certificate: old.der, chain: [] } },
    roots: parsePemCertificates(readFileSync(rootFile)),
  });
  const outcome = await client.send(
    await client.make({ kind: 'kur', key: wanted, subject: old.subject.raw }),
  );
  if (outcome.kind !== 'issued' || !outcome.ownKey || outcome.implicit) throw new Error(outcome.kind);
  await client.confirm(outcome.transaction, outcome.certificate, { ok: true });
  const total = performance.now() - began;
  if (parseCertificate(outcome.certificate).serialNumber === old.serialNumber) throw new Error('the old one');
  return { total, key, authority };
}

process.on('message', () => {
  renew().then(
    (exchange) => process.send!(exchange),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));
