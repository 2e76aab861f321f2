import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signRequest } from '../../src/main/authority/http-signatures.ts';
import {
  authorityHttp,
  CmpClient,
  type CmpSigner,
  type NewKey,
  SealsClient,
} from '../../src/main/authority/index.ts';
import { type CertificateFacts, parseCertificate } from '../../src/main/certificates/index.ts';
import { readStatusList, verifyStatusList } from '../../src/main/seals/ses/index.ts';
import type { SealApplicationAnswer, SealForm, SealRequest } from '../../src/shared/domain/seal-making.ts';
import { ringSeal } from '../sealing.ts';
import { withUsccCheck } from '../uscc.ts';
import { spkiOf } from './certificate.ts';
import { startAuthority } from './index.ts';
import { calmKnobs } from './knobs.ts';
import { certify, ensureAuthority, noteIssued } from './root.ts';

const day = 86_400_000;

/** A unit's certificate with its key in memory. */
export interface SealHolder extends CmpSigner {
  facts: CertificateFacts;
  sha256: string;
  unit: string;
  creditCode: string;
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const signBy = (key: KeyObject) => async (data: Uint8Array) => new Uint8Array(sign('sha256', data, key));
const newPair = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const holderOf = (facts: CertificateFacts, key: KeyObject, unit: string, creditCode: string): SealHolder => ({
  ...{ facts, unit, creditCode, sha256: facts.sha256, certificate: facts.der, chain: [] },
  ...{ scheme: 'ecdsa', hash: 'sha256', sign: signBy(key) },
});

/** A running practice authority and everything that asks it for seals: what tests of its seal maker stand on. */
export async function sealTestbed() {
  const dir = mkdtempSync(join(tmpdir(), 'seal-making-'));
  const http = authorityHttp();
  /** Milliseconds that both clocks are ahead of this computer's. */
  const clock = { ahead: 0 };
  const now = () => new Date(Date.now() + clock.ahead);
  const authority = await startAuthority({ dir, now });
  const world = await ensureAuthority(dir);
  const facts = (certificate: { rawData: ArrayBuffer }) =>
    parseCertificate(new Uint8Array(certificate.rawData));
  const roots = [facts(world.root.certificate)];
  const pool = [facts(world.issuing.certificate)];
  const client = new SealsClient({ url: authority.api, http, now });
  const png = { large: await ringSeal(42, 300), small: await ringSeal(42, 150) };
  const { default: sharp } = await import('sharp');
  const paper = { create: { width: 900, height: 700, channels: 3, background: '#fff' } } as const;
  const jpeg = await sharp(paper).withMetadata({ density: 300 }).jpeg().toBuffer();
  let units = 0;

  /** A new unit's certificate, or another one of a unit. */
  const holder = async (
    given: { of?: SealHolder; seal?: string; begins?: number; ends?: number; noted?: boolean } = {},
  ): Promise<SealHolder> => {
    const { seal = '公章', begins = -30, ends = 300 } = given;
    if (!given.of) units += 1;
    const unit = given.of?.unit ?? `某某市第${units}单位`;
    const creditCode = given.of?.creditCode ?? withUsccCheck(`125301990000${String(units).padStart(5, '0')}`);
    const { publicKey, privateKey } = newPair();
    const made = await certify(
      {
        subject: [
          { C: ['CN'] },
          { O: [unit] },
          { '2.5.4.97': [`NTRCN-${creditCode}`] },
          { OU: [seal] },
          { CN: [`${unit} ${seal}`] },
        ],
        publicKey,
        notBefore: new Date(now().getTime() + begins * day),
        notAfter: new Date(now().getTime() + ends * day),
        keyUsage: ['digitalSignature', 'nonRepudiation'],
      },
      world.issuing,
    );
    if (given.noted !== false) noteIssued(world.folder, made);
    return holderOf(facts(made), privateKey, unit, creditCode);
  };

  const request = (who: SealHolder, given: Partial<SealRequest> = {}): SealRequest => ({
    certificateSha256: who.sha256,
    name: who.facts.subject.organizationalUnit ?? '',
    kind: 'official',
    ...{ unit: who.unit, creditCode: who.creditCode },
    ...{ administrator: '李明华', handler: '王小兰', contact: '8888' },
    ...{ widthMm: 42, heightMm: 42 },
    picture: png.large.toString('base64'),
    smallPicture: png.small.toString('base64'),
    scan: jpeg.toString('base64'),
    measured: { shape: 'circle', widthMm: 42, heightMm: 42, rotation: 0, verdict: 'good', checks: [] },
    replaces: null,
    ...given,
  });
  const newKey = () => randomBytes(16).toString('hex');
  const apply = (who: SealHolder, given: Partial<SealRequest> = {}) =>
    client.apply(request(who, given), who, newKey());
  const bind = async (
    who: SealHolder,
    { id }: SealApplicationAnswer,
    form: SealForm = 'full',
  ): Promise<SealApplicationAnswer> => {
    const sealSha256 = digest(await client.seal(id, form));
    return client.bound(id, { form, sealSha256 }, who);
  };
  const bound = async (who: SealHolder, given: Partial<SealRequest> = {}) => {
    const { id } = await apply(who, given);
    authority.approveSeal(id);
    return bind(who, await client.read(id));
  };

  const cmp = (signer: SealHolder) =>
    new CmpClient({ url: authority.cmp, http, protection: { kind: 'signature', signer }, roots, now });
  /** The certificate that takes the place of this one, by kur. */
  const renewed = async (who: SealHolder): Promise<SealHolder> => {
    const { publicKey, privateKey } = newPair();
    const key: NewKey = {
      spki: spkiOf(publicKey),
      scheme: 'ecdsa',
      hash: 'sha256',
      sign: signBy(privateKey),
    };
    const over = cmp(who);
    const answer = await over.send(await over.make({ kind: 'kur', key, subject: who.facts.subject.raw }));
    if (answer.kind !== 'issued') throw new Error('not issued at once');
    await over.confirm(answer.transaction, answer.certificate, { ok: true });
    return holderOf(parseCertificate(answer.certificate), privateKey, who.unit, who.creditCode);
  };

  /** A signed request as no client of ours makes it; its answer as it comes. */
  const raw = async (
    path: string,
    body: unknown,
    signer: SealHolder | null,
    headers: Record<string, string> = {},
  ) => {
    const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const question = {
      method: 'POST' as const,
      url: `${authority.api}/${path}`,
      headers: { 'content-type': 'application/json', ...headers } as Record<string, string>,
      body: content,
    };
    if (signer) {
      const key = { keyId: signer.sha256, algorithm: 'ecdsa-p256-sha256' as const, sign: signer.sign };
      Object.assign(question.headers, await signRequest(question, key, { now: now() }));
    }
    const answer = await http.request({ ...question, deadlineMillis: 20_000 });
    return { status: answer.status, body: JSON.parse(Buffer.from(answer.body).toString()) as unknown };
  };

  /** The status list, proven to be the maker's. */
  const statusList = async () => {
    const bytes = await client.statusList(authority.sealStatus);
    return verifyStatusList(bytes, { sealMaker: readStatusList(bytes).maker, roots, pool });
  };

  return {
    ...{ dir, folder: world.folder, authority, client, clock, now, http, roots, pool, png, jpeg },
    ...{ holder, request, newKey, apply, bind, bound, cmp, renewed, raw, statusList, digest },
    calm: () => {
      Object.assign(authority.knobs, calmKnobs);
      clock.ahead = 0;
    },
    close: async () => {
      http.close();
      await authority.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
