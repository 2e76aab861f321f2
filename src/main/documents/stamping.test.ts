import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { extensionSets, OpenSsl, type OpenSslCertificate } from '../../../softhsm-fixtures/openssl.ts';
import type { CertificateInfo, KeyInfo, SealCard } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import { parseCertificate } from '../certificates/index.ts';
import type { SignRequest } from '../pkcs11/index.ts';
import type { SealsOnKey } from '../seals/ses/index.ts';
import {
  certificateObstacle,
  checkStamp,
  type StampJob,
  type StampSeal,
  type StampTools,
  stampDocument,
} from './stamping.ts';
import { TestMaker } from './test-driver/seals.ts';

const openssl = new OpenSsl();
let root: OpenSslCertificate;
let issuing: OpenSslCertificate;
let signer: OpenSslCertificate;

beforeAll(() => {
  root = openssl.issue({ subject: '/CN=Root', extensions: extensionSets.root });
  issuing = openssl.issue({ subject: '/CN=Issuing', issuer: root, extensions: extensionSets.issuing });
  signer = openssl.issue({ subject: '/CN=Signer', issuer: issuing, extensions: extensionSets.signer });
});
afterAll(() => openssl.close());

const certificate: CertificateInfo = {
  id: '0011223344556677',
  ckaId: '01',
  label: 'seal',
  subject: 'CN=Signer',
  issuer: 'CN=Issuing',
  holder: 'Signer',
  unit: 'Unit',
  issuerName: 'Issuing',
  serialNumber: '01',
  notBefore: '2026-01-01T00:00:00.000Z',
  notAfter: '2027-01-01T00:00:00.000Z',
  daysLeft: 40,
  validity: 'valid',
  keyType: 'RSA-2048',
  hasPrivateKey: true,
  isCa: false,
  canSign: true,
  sha256: 'a'.repeat(64),
};
const key = {
  module: '/driver.so',
  serial: '01',
  label: 'key',
  pin: { state: 'ok' },
  certificates: [certificate],
  error: null,
} as unknown as KeyInfo;

function job(more: Partial<StampJob> = {}): StampJob {
  return {
    input: '/tmp/letter.pdf',
    output: '/tmp/letter-stamped.pdf',
    replace: false,
    expectedSha256: '',
    key,
    certificate,
    chain: [signer.der],
    picture: new Uint8Array(),
    placement: { pages: '1', x: 1, y: 1, width: 42, height: 42 },
    now: new Date('2026-11-22T08:00:00Z'),
    ...more,
  };
}

/** Hosts that write down what they are asked; each can be made to fail. */
function tools(fails: Partial<Record<'prepare' | 'sign' | 'finish', YinkeyError>> = {}) {
  const calls: string[] = [];
  const records: unknown[] = [];
  const asked: { certificates?: Uint8Array[] } = {};
  const step = (name: 'prepare' | 'sign' | 'finish' | 'abort') => {
    calls.push(name);
    const failure = name === 'abort' ? undefined : fails[name];
    if (failure) throw failure;
  };
  const prepared = {
    message: new Uint8Array([1]),
    scheme: 'rsa-pkcs1',
    hash: 'sha256',
    field: 'Picture1',
    pages: [1],
    bytesAppended: 10,
    inputSha256: 'b'.repeat(64),
    drawnSha256: createHash('sha256').update(new Uint8Array()).digest('hex'),
    embeddedSha256: '',
  };
  const all = {
    documents: {
      prepare: async (request: { certificates: Uint8Array[] }) => {
        asked.certificates = request.certificates;
        step('prepare');
        return prepared;
      },
      finish: async () => {
        step('finish');
        return { sha256: 'c'.repeat(64), size: 100, fsyncMillis: 1 };
      },
      abort: async () => step('abort'),
    },
    sign: async () => {
      step('sign');
      return { signature: new Uint8Array([2]), tokenMillis: 5 };
    },
    audit: { append: (record: unknown) => records.push(record) },
  } as unknown as StampTools;
  return { all, calls, records, asked };
}

const stampWith = (made: ReturnType<typeof tools>, one = job()) =>
  stampDocument(one, made.all, { pinPort: () => portPair()[0] });

describe('the act of stamping', () => {
  test('prepare, sign, finish, and one entry in the audit log', async () => {
    const made = tools();
    expect(await stampWith(made)).toMatchObject({ field: 'Picture1', pages: [1], sha256: 'c'.repeat(64) });
    expect(made.calls).toEqual(['prepare', 'sign', 'finish']);
    expect(made.records).toEqual([
      expect.objectContaining({
        act: 'stamp',
        subject: 'letter.pdf',
        documentIn: 'b'.repeat(64),
        documentOut: 'c'.repeat(64),
        result: 'ok',
      }),
    ]);
  });

  test.each(['sign', 'finish'] as const)(
    'a failure to %s gives the file up and is written down',
    async (name) => {
      const made = tools({ [name]: new YinkeyError('token.removed') });
      await expect(stampWith(made)).rejects.toMatchObject({ code: 'token.removed' });
      expect(made.calls.at(-1)).toBe('abort');
      expect(made.records).toEqual([expect.objectContaining({ result: 'token.removed', documentOut: null })]);
    },
  );

  test('a document that can not be stamped never comes to the key', async () => {
    const made = tools({ prepare: new YinkeyError('document.certified-no-changes') });
    await expect(stampWith(made)).rejects.toMatchObject({ code: 'document.certified-no-changes' });
    expect(made.calls).toEqual(['prepare']);
    expect(made.records).toEqual([]);
  });

  test("authorities' certificates beside the key carry the chain on; the root stays out", async () => {
    const made = tools();
    await stampWith(made, job({ beside: [root, issuing].map(({ der }) => parseCertificate(der)) }));
    expect(made.asked.certificates?.map((der) => parseCertificate(der).subject.commonName)).toEqual([
      'Signer',
      'Issuing',
    ]);
  });
});

describe('stamping with a seal', () => {
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const sealPicture = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  let maker: TestMaker;
  let seal: Buffer;
  beforeAll(() => {
    maker = new TestMaker(openssl, root);
    seal = maker.seal({ picture: sealPicture, list: [signer.der] });
  });

  const sealed = (more: Partial<StampSeal> = {}, job_: Partial<StampJob> = {}) =>
    job({
      picture: sealPicture,
      now: new Date(),
      seal: {
        bytes: seal,
        id: '44010000000001',
        name: '某某公司合同专用章',
        statusList: null,
        roots: [root.der],
        pool: [issuing.der],
        revoked: [],
        ...more,
      },
      ...job_,
    });
  /** Hosts that answer as if they had drawn and embedded what they were asked to. */
  const sealTools = (onKey: SealsOnKey, answer: object = {}) => {
    const made = tools();
    const request: { seal?: SignRequest['seal']; embedded?: Uint8Array } = {};
    const { prepare } = made.all.documents;
    made.all.documents.prepare = (async (asked: never, progress: never) => {
      const { seal: embedded, picture } = asked as { seal: Uint8Array; picture: Uint8Array };
      request.embedded = embedded;
      const prepared = await prepare.call(made.all.documents, asked, progress);
      return { ...prepared, embeddedSha256: sha256(embedded), drawnSha256: sha256(picture), ...answer };
    }) as never;
    const { sign } = made.all;
    made.all.sign = async (...call) => {
      request.seal = call[1].seal;
      return sign(...call);
    };
    made.all.sealsOnKey = async () => onKey;
    return { made, request };
  };
  const whole = () => ({ seals: [seal], digests: [] });

  test('the key’s process gets everything that it judges by, and the log tells which seal', async () => {
    const { made, request } = sealTools(whole());
    const done = await stampWith(made, sealed());
    expect(done.sealStatus).toMatchObject({ state: 'unknown', asOf: null });
    expect(request.embedded).toEqual(seal);
    expect(request.seal).toMatchObject({
      bytes: seal,
      embeddedSha256: sha256(seal),
      drawnSha256: sha256(sealPicture),
      statusList: null,
      roots: [root.der],
    });
    expect(made.records).toEqual([
      expect.objectContaining({ result: 'ok', seal: { id: '44010000000001', sha256: sha256(seal) } }),
    ]);
  });

  test('a key that holds its digest alone is as good, and a fresh list is told', async () => {
    const { made } = sealTools({ seals: [], digests: [sha256(seal)] });
    const statusList = maker.statusList('normal', new Date());
    const done = await stampWith(made, sealed({ statusList }));
    expect(done.sealStatus).toMatchObject({ state: 'normal', stale: false });
  });

  test.each<[string, string, () => [Partial<StampSeal>, Partial<StampJob>?, SealsOnKey?]]>([
    ['not on the key', 'seal.not-on-key', () => [{}, {}, { seals: [], digests: [] }]],
    [
      'another one of its number on the key',
      'seal.swapped',
      () => [{}, {}, { seals: [maker.seal({ picture: Buffer.from('x'), list: [signer.der] })], digests: [] }],
    ],
    ['another picture', 'seal.picture-differs', () => [{}, { picture: Buffer.from('other') }]],
    ['of another certificate', 'seal.not-listed', () => [{}, { chain: [issuing.der] }]],
    [
      'without its private key',
      'seal.other-key',
      () => [{}, { certificate: { ...certificate, hasPrivateKey: false } }],
    ],
    ['suspended', 'seal.suspended', () => [{ statusList: maker.statusList('suspended', new Date()) }]],
    ['cancelled', 'seal.cancelled', () => [{ statusList: maker.statusList('cancelled', new Date()) }]],
    ['its maker unknown', 'seal.maker-unknown', () => [{ roots: [signer.der] }]],
    ['its maker revoked', 'seal.maker-revoked', () => [{ revoked: [{ sha256: maker.sha256, since: null }] }]],
    ['expired', 'seal.expired', () => [{}, { now: new Date(Date.now() + 40 * 86_400_000) }]],
    ['not yet valid', 'seal.not-yet-valid', () => [{}, { now: new Date(Date.now() - 5 * 3_600_000) }]],
  ])('%s: refused before the document is touched', async (_, code, make) => {
    const [more, job_, onKey] = make();
    const { made } = sealTools(onKey ?? whole());
    const wish =
      code === 'seal.not-yet-valid'
        ? { bytes: maker.seal({ picture: sealPicture, list: [signer.der], validFrom: new Date() }) }
        : more;
    await expect(stampWith(made, sealed(wish, job_))).rejects.toMatchObject({ code });
    expect(made.calls).toEqual([]);
  });

  test.each([
    ['embedded another', { embeddedSha256: 'd'.repeat(64) }, 'seal.swapped'],
    ['embedded none', { embeddedSha256: '' }, 'seal.swapped'],
    ['drew another picture', { drawnSha256: 'd'.repeat(64) }, 'seal.picture-differs'],
  ])('a document host that %s is not believed: nothing is signed', async (_, answer, code) => {
    const { made } = sealTools(whole(), answer);
    await expect(stampWith(made, sealed())).rejects.toMatchObject({ code });
    expect(made.calls).toEqual(['prepare', 'abort']);
    expect(made.records).toEqual([expect.objectContaining({ result: code, documentOut: null })]);
  });

  test('nor one that embeds a seal where none was asked for', async () => {
    const made = tools();
    const { prepare } = made.all.documents;
    made.all.documents.prepare = (async (...call: Parameters<typeof prepare>) => ({
      ...(await prepare.apply(made.all.documents, call)),
      embeddedSha256: 'd'.repeat(64),
    })) as never;
    await expect(stampWith(made)).rejects.toMatchObject({ code: 'seal.swapped' });
  });
});

describe('what stands in the way, before a PIN is asked for', () => {
  const document = { obstacles: [], seals: [], pages: [{ widthMm: 210, heightMm: 297 }] };
  const placement = { pages: '1', x: 100, y: 200, width: 42, height: 42 };
  const sealMark = (more: Partial<SealCard>) => ({
    kind: 'seal',
    card: {
      id: '44010000000001',
      name: '某某公司合同专用章',
      code: null,
      token: { module: '/driver.so', serial: '01', label: 'key' },
      certificate: { sha256: certificate.sha256 },
      widthMm: 42,
      heightMm: 42,
      validFrom: '2026-01-01T00:00:00Z',
      validUntil: '2027-01-01T00:00:00Z',
      status: { state: 'normal', since: null, asOf: '2026-11-22T00:00:00Z', stale: false },
      ...more,
    },
  });
  const check = (more: object) =>
    Object.fromEntries(
      checkStamp({ document, key, certificate, mark: { kind: 'picture' }, placement, ...more } as never).map(
        ({ name, state, code }) => [name, code ?? state],
      ),
    );
  const fine = { document: 'ok', seal: 'ok', place: 'ok', key: 'ok', certificate: 'ok' };

  test.each([
    ['nothing', {}, {}],
    [
      'a certified file',
      { document: { ...document, obstacles: [{ code: 'document.certified-no-changes', details: {} }] } },
      { document: 'document.certified-no-changes' },
    ],
    ['nothing to show', { mark: undefined }, { seal: 'seal.not-found' }],
    ['a seal', { mark: sealMark({}) }, {}],
    [
      'a seal that can’t stamp today',
      { mark: sealMark({ code: 'seal.suspended' }) },
      { seal: 'seal.suspended' },
    ],
    [
      'the seal of another key',
      { mark: sealMark({ token: { module: '/driver.so', serial: '02', label: 'key' } }) },
      { seal: 'seal.not-on-key' },
    ],
    [
      'the seal of another certificate',
      { mark: sealMark({ certificate: null }) },
      { seal: 'seal.not-listed' },
    ],
    ['a seal at another size', { mark: sealMark({ widthMm: 40 }) }, { seal: 'seal.size' }],
    [
      'a seal of whose standing nothing is known',
      { mark: sealMark({ status: { state: 'unknown', since: null, asOf: null, stale: false } }) },
      { seal: 'seal.status-unknown' },
    ],
    [
      'a seal with an old list',
      {
        mark: sealMark({
          status: { state: 'normal', since: null, asOf: '2026-11-01T00:00:00Z', stale: true },
        }),
      },
      { seal: 'seal.status-stale' },
    ],
    ['off the page', { placement: { ...placement, x: 190 } }, { place: 'document.place-off-page' }],
    [
      'a page that is not there',
      { placement: { ...placement, pages: '2' } },
      { place: 'document.page-missing' },
    ],
    ['no key', { key: undefined }, { key: 'token.none' }],
    ['a locked key', { key: { ...key, pin: { state: 'locked' } } }, { key: 'token.pin-locked' }],
    ['a key without a PIN', { key: { ...key, pin: { state: 'not-set' } } }, { key: 'token.pin-not-set' }],
    ['the last try', { key: { ...key, pin: { state: 'final-try' } } }, { key: 'token.pin-last-try' }],
    ['no certificate', { certificate: undefined }, { certificate: 'certificate.none' }],
    [
      'an expired one',
      { certificate: { ...certificate, validity: 'expired' } },
      { certificate: 'certificate.expired' },
    ],
    [
      'one that says nothing of its key',
      { certificate: { ...certificate, hasPrivateKey: null } },
      { certificate: 'unknown' },
    ],
    ['one that ends soon', { certificate: { ...certificate, validity: 'soon' } }, { certificate: 'note' }],
  ])('%s', (_, more, expected) => {
    expect(check(more)).toEqual({ ...fine, ...expected });
  });

  test.each([
    [{ validity: 'expired' }, 'certificate.expired'],
    [{ validity: 'not-yet-valid' }, 'certificate.not-yet-valid'],
    [{ canSign: false }, 'certificate.no-signing-usage'],
    [{ isCa: true }, 'certificate.no-signing-usage'],
    [{ superseded: true }, 'certificate.superseded'],
    [{ hasPrivateKey: false }, 'certificate.no-private-key'],
    [{ keyType: 'SM2' }, 'certificate.key-unsupported'],
    [{ keyType: 'EC-P384' }, undefined],
    [{ hasPrivateKey: null }, undefined],
  ])('%o: %s', (more, code) => {
    expect(certificateObstacle({ ...certificate, ...more } as CertificateInfo, undefined)?.code).toBe(code);
  });

  test('a certificate that is known to be revoked stamps nothing, whatever else is right with it', () => {
    const revocation = { at: new Date('2026-11-20T08:00:00.000Z') };
    expect(certificateObstacle(certificate, revocation)).toMatchObject({
      code: 'certificate.revoked',
      details: { date: '2026-11-20' },
    });
    expect(check({ revocation })).toEqual({ ...fine, certificate: 'certificate.revoked' });
  });
});
