import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  canSign,
  daysLeft,
  parseCertificate,
  parsePemCertificates,
  validateChain,
} from '../src/main/certificates/index.ts';
import { readSeal, readStatusList, sealLists, verifySeal } from '../src/main/seals/ses/index.ts';
import { startAuthority } from './authority/index.ts';
import { notedSeals, openSealMaker } from './authority/practice-seals.ts';
import { ensureAuthority } from './authority/root.ts';
import { withDriver } from './driver.ts';
import {
  findSoftHsm,
  issue,
  lockSeeds,
  makeToken,
  type PracticeWorld,
  practiceUp,
  seedKeys,
} from './index.ts';
import { makeKeysim } from './keysim/index.ts';
import { withLock } from './lock.ts';
import { withUsccCheck } from './uscc.ts';

const scratch = mkdtempSync(join(tmpdir(), 'practice-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

let world: PracticeWorld;
beforeAll(async () => {
  world = await practiceUp(join(scratch, 'main'));
}, 120_000);

const look = (at: PracticeWorld, token = at.token) =>
  withDriver(at.module, at.env.SOFTHSM2_CONF, (driver) => driver.content(token.serial, token.pin));

describe('the practice world', () => {
  it('has a token whose label fills its 32 bytes', () => {
    const slots = execFileSync('softhsm2-util', ['--show-slots'], {
      env: { ...process.env, ...world.env },
    }).toString();
    expect(slots).toContain(`Label:            ${world.token.label}`);
    expect(slots).toContain(world.token.serial);
    expect(world.token.pin).toMatch(/^[a-z]{2}\d{6}$/);
    expect(world.token.soPin).toMatch(/^[a-z]{2}\d{6}$/);
  });

  it('has two certificates with their keys, and the issuing authority without one', async () => {
    const content = await look(world);
    expect(content.privateKeys).toHaveLength(2);
    const facts = content.certificates.map(({ der, keyId }) => ({ ...parseCertificate(der), keyId }));
    const [authority] = facts.filter(({ isCa }) => isCa);
    expect(content.privateKeys).not.toContain(authority!.keyId);
    const own = facts.filter(({ isCa }) => !isCa);
    expect(new Set(own.map(({ keyType }) => keyType))).toEqual(new Set(['RSA-2048', 'EC-P256']));
    expect(new Set(own.map(({ id }) => id))).toEqual(new Set(world.certificates.map(({ id }) => id)));
    const roots = parsePemCertificates(readFileSync(world.trust));
    for (const certificate of own) {
      expect(content.privateKeys).toContain(certificate.keyId);
      expect(canSign(certificate)).toBe(true);
      expect(certificate.subject.organizationIdentifier).toBe('NTRCN-12530199MB1A27343Y');
      const chain = validateChain({ certificate, pool: facts, roots, at: new Date() });
      expect(chain).toMatchObject({ status: 'trusted', reason: null });
    }
  });

  it('has a seal that is bound to its first certificate', async () => {
    const { data, certificates } = await look(world);
    expect(data).toMatchObject([{ application: 'YinKey seal', label: world.seal.id }]);
    const { value } = data[0]!;
    const seal = readSeal(value);
    expect(seal).toMatchObject({ name: '公章', standard: 4, picture: { width: 42, height: 42 } });
    expect(world.seal).toEqual({ id: seal.id, name: seal.name });
    expect(seal.id).toMatch(/^530199\d{8}$/);
    const ders = certificates.map(({ der }) => parseCertificate(der));
    const own = ders.find(({ sha256 }) => sha256 === world.certificates[0]!.sha256)!;
    const roots = parsePemCertificates(readFileSync(world.trust));
    const pool = parsePemCertificates(readFileSync(world.issuing));
    const { verification } = await verifySeal(value, {
      ...{ roots, pool, certificate: own, at: new Date() },
      picture: async (png) => {
        const { width, height, density } = await sharp(png).metadata();
        expect(density).toBe(300);
        return { widthPx: width, heightPx: height };
      },
    });
    expect(verification).toMatchObject({ verdict: 'valid' });
    expect(seal.picture.data.length).toBeLessThanOrEqual(24 << 10);
    const [noted] = notedSeals(join(world.dir, 'authority'));
    expect(noted).toMatchObject({ id: seal.id, state: 'normal', key: world.token.serial });
    const maker = await openSealMaker(await ensureAuthority(world.dir));
    expect(maker.issue(noted!, 'full').equals(value)).toBe(true);
  });

  it('is trusted by openssl too', () => {
    const [rsa] = world.certificates;
    const verify = ['verify', '-CAfile', world.trust, '-x509_strict', world.issuing];
    expect(execFileSync('openssl', verify).toString()).toContain('OK');
    expect(new X509Certificate(readFileSync(world.trust)).ca).toBe(true);
    expect(rsa?.subject).toContain('OU=公章');
  });

  it('keeps the keys of the practice authorities to the user', () => {
    const folder = join(world.dir, 'authority');
    const keys = readdirSync(folder).filter((name) => name.includes('key'));
    expect(keys).toEqual([
      'practice-issuing-key.pem',
      'practice-root-key.pem',
      'practice-seal-maker-key.pem',
    ]);
    if (process.platform !== 'win32') {
      for (const name of keys) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
      for (const name of ['secrets.json', 'PIN.txt'])
        expect(statSync(join(world.dir, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('tells the client everything but the PINs', () => {
    const facts = readFileSync(join(world.dir, 'practice.json'), 'utf8');
    expect(facts).toContain(world.token.serial);
    expect(facts).not.toContain(world.token.pin);
    expect(facts).not.toContain(world.token.soPin);
  });

  it('has seals at their true size, transparent around the ring', async () => {
    for (const { path, millimetres } of world.seals) {
      const { width, height, density, hasAlpha } = await sharp(path).metadata();
      expect({ width, height }).toEqual({ width: height, height: Math.round((millimetres / 25.4) * 600) });
      expect(density).toBe(600);
      expect(hasAlpha).toBe(true);
      const pixels = await sharp(path).raw().toBuffer();
      expect(pixels[3]).toBe(0);
      // Half a millimetre inside the left edge, at half the height: the ring, in the seal's red.
      const at = 4 * (Math.floor(height! / 2) * width! + Math.round((0.6 / 25.4) * 600));
      expect([...pixels.subarray(at, at + 4)]).toEqual([0xc3, 0x27, 0x2b, 0xff]);
    }
    expect(world.picture).toBe(world.seals[0]?.path);
  });

  it('has documents that are there and are PDF', () => {
    expect(world.documents).toHaveLength(3);
    for (const path of world.documents) expect(readFileSync(path).subarray(0, 5).toString()).toBe('%PDF-');
  });
});

describe('practice keys in every state', () => {
  it('hold their certificates, are found again, and their PINs are noted', async () => {
    const seeded = await seedKeys(world, ['91', '90', '1', 'expired', 'revoked', 'locked']);
    const now = new Date();
    const left = seeded.map(({ state, der }) => [state, daysLeft(parseCertificate(der).notAfter, now)]);
    expect(left).toEqual([
      ['91', 91],
      ['90', 89],
      ['1', 1],
      ['expired', -6],
      ['revoked', 264],
      ['locked', 164],
    ]);
    for (const { creditCode, der, unit } of seeded) {
      expect(withUsccCheck(creditCode.slice(0, 17))).toBe(creditCode);
      const { subject } = parseCertificate(der);
      expect(subject).toMatchObject({ organization: unit, organizationIdentifier: `NTRCN-${creditCode}` });
    }
    const [first] = seeded;
    const content = await look(world, { ...first!.token, pin: first!.token.pin! });
    expect(content.certificates.map(({ der }) => Buffer.from(der).toString('hex')).sort()).toEqual(
      [seeded[0]!, seeded[1]!].map(({ der }) => Buffer.from(der).toString('hex')).sort(),
    );
    expect(content.privateKeys).toHaveLength(2);
    expect(await seedKeys(world, ['91'])).toEqual([first]);
    await practiceUp(world.dir);
    expect(content.data).toHaveLength(1);
    const suspended = readSeal(content.data[0]!.value);
    expect(suspended.name).toBe('财务专用章');
    expect(await sealLists(suspended, seeded[0]!.der)).toBe(true);
    const pins = readFileSync(join(world.dir, 'PIN.txt'), 'utf8');
    expect(pins).toContain(first!.token.pin);
    expect(pins).not.toContain(seeded.at(-1)!.token.pin);
    const authority = await startAuthority({ dir: world.dir, port: 0 });
    const states = new Map(authority.certificates().map(({ sha256, state }) => [sha256, state]));
    const list = await fetch(authority.sealStatus).then((answer) => answer.arrayBuffer());
    await authority.close();
    const { entries } = readStatusList(new Uint8Array(list));
    expect(new Map(entries.map(({ id, state }) => [id, state]))).toEqual(
      new Map([
        [world.seal.id, 'normal'],
        [suspended.id, 'suspended'],
      ]),
    );
    expect(seeded.map(({ certificate }) => states.get(certificate.sha256))).toEqual([
      ...['good', 'good', 'good', 'good', 'revoked', 'good'],
    ]);
  });
});

describe('a key whose PIN is locked', () => {
  it('is locked under the simulator: SoftHSM counts no tries', async () => {
    const seeded = await seedKeys(world, ['locked']);
    const keysim = await makeKeysim(world);
    try {
      await lockSeeds(keysim, seeded);
      const line = (await keysim.control('status'))
        .split('\n')
        .find((text) => text.includes(seeded[0]!.token.serial));
      expect(line).toContain('user-tries=0/');
    } finally {
      await keysim.close();
    }
  });
});

describe('coming up again', () => {
  it('finds what is there', async () => {
    expect(await practiceUp(world.dir)).toEqual(world);
  });

  it('several at once, in this process and in others, make one world', async () => {
    const dir = join(scratch, 'shared');
    const script = `import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)})
      .then((fixtures) => fixtures.practiceUp(${JSON.stringify(dir)}))
      .then((world) => console.log(JSON.stringify(world)));`;
    const other = () => promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    const [one, two, three, four] = await Promise.all([practiceUp(dir), practiceUp(dir), other(), other()]);
    expect(two).toEqual(one);
    for (const { stdout } of [three, four]) expect(JSON.parse(stdout)).toEqual(one);
    expect(readdirSync(join(dir, 'tokens'))).toHaveLength(1);
    expect(existsSync(join(dir, '.practice-lock'))).toBe(false);
  }, 120_000);

  it('a lock whose owner died does not hold for ever', async () => {
    const dir = join(scratch, 'lock');
    mkdirSync(dir);
    const dead = execFileSync(process.execPath, ['-p', 'process.pid']).toString().trim();
    writeFileSync(join(dir, '.practice-lock'), `${dead} 0123456789abcdef`);
    expect(await Promise.all([1, 2, 3].map((number) => withLock(dir, async () => number)))).toEqual([
      1, 2, 3,
    ]);
    expect(readdirSync(dir)).toEqual([]);
  });
});

describe('a half-made world heals', () => {
  it('from each of its cut-off states to one token with two certificates', async () => {
    const dir = join(scratch, 'heal');
    let before = await practiceUp(dir);
    const steps: [string, () => void, (now: PracticeWorld) => void][] = [
      [
        'files that are missing',
        () => {
          for (const path of [before.picture, before.documents[0]!, before.env.SOFTHSM2_CONF]) rmSync(path);
        },
        (now) => expect(now).toEqual(before),
      ],
      [
        'the token made, its serial number not yet noted',
        () => {
          const state = JSON.parse(readFileSync(join(dir, 'secrets.json'), 'utf8'));
          writeFileSync(join(dir, 'secrets.json'), JSON.stringify({ ...state, serial: null }));
        },
        (now) => expect(now.token.pin).toBe(before.token.pin),
      ],
      [
        'a state file that is cut off',
        () => truncateSync(join(dir, 'secrets.json'), 20),
        (now) => expect(now.token.pin).not.toBe(before.token.pin),
      ],
      [
        'a token whose files are damaged',
        () => {
          const [token] = readdirSync(join(dir, 'tokens'));
          const folder = join(dir, 'tokens', token!);
          for (const name of readdirSync(folder).filter((file) => file.endsWith('.object'))) {
            truncateSync(join(folder, name), 9);
          }
        },
        (now) => expect(now.token.serial).not.toBe(before.token.serial),
      ],
      [
        'no token at all',
        () => rmSync(join(dir, 'tokens'), { recursive: true }),
        (now) => expect(now.token.serial).not.toBe(before.token.serial),
      ],
      [
        'an issuing authority that is lost: new certificates on the same token',
        () => rmSync(join(dir, 'authority', 'practice-issuing-key.pem')),
        (now) => {
          expect(now.token).toEqual(before.token);
          expect(now.certificates[0]?.sha256).not.toBe(before.certificates[0]?.sha256);
        },
      ],
      [
        'a root that does not fit its key',
        () => writeFileSync(join(dir, 'authority', 'root.pem'), readFileSync(world.trust)),
        (now) => expect(readFileSync(now.trust)).not.toEqual(readFileSync(world.trust)),
      ],
    ];
    for (const [name, breakIt, check] of steps) {
      breakIt();
      const now = await practiceUp(dir);
      check(now);
      const content = await look(now);
      expect(content.privateKeys, name).toHaveLength(2);
      expect(content.certificates, name).toHaveLength(3);
      const pool = content.certificates.map(({ der }) => parseCertificate(der));
      const roots = parsePemCertificates(readFileSync(now.trust));
      for (const { id } of now.certificates) {
        const certificate = pool.find((facts) => facts.id === id)!;
        expect(validateChain({ certificate, pool, roots, at: new Date() }), name).toMatchObject({
          status: 'trusted',
        });
      }
      before = now;
    }
  }, 180_000);

  it('a user PIN that was changed while practising is set back; the keys stay', async () => {
    const dir = join(scratch, 'changed');
    const made = await practiceUp(dir);
    await withDriver(made.module, made.env.SOFTHSM2_CONF, (driver) =>
      driver.resetPin(made.token.serial, made.token.soPin, 'other123'),
    );
    await expect(look(made)).rejects.toMatchObject({ code: 'practice.failed' });
    expect(await practiceUp(dir)).toEqual(made);
    expect((await look(made)).privateKeys).toHaveLength(2);
  }, 60_000);

  it('a place where nothing can be made is told with a code', async () => {
    writeFileSync(join(scratch, 'file'), '');
    await expect(practiceUp(join(scratch, 'file', 'x'))).rejects.toMatchObject({ code: 'practice.failed' });
  });

  it('a system without SoftHSM is told with a code', () => {
    const missing = expect.objectContaining({ code: 'practice.missing' });
    expect(() => findSoftHsm([join(scratch, 'nowhere.so')])).toThrowError(missing);
  });
});

describe('makers for tests', () => {
  it('tokens: one more, and one without a user PIN', async () => {
    const token = await makeToken(world, { label: '另一个' });
    expect(token.serial).not.toBe(world.token.serial);
    const unset = await makeToken(world, { label: '未设口令', pin: null });
    const slots = execFileSync('softhsm2-util', ['--show-slots'], {
      env: { ...process.env, ...world.env },
    }).toString();
    const block = slots.split(/^Slot /m).find((part) => part.includes(unset.serial));
    expect(block).toMatch(/User PIN init\.:\s+no/);
    await expect(makeToken(world, { label: '名'.repeat(11) })).rejects.toMatchObject({
      code: 'practice.failed',
    });
  }, 60_000);

  it('certificates of every state', async () => {
    const token = await makeToken(world, { label: 'states' });
    const past = new Date('2024-01-01T00:00:00Z');
    const expired = await issue(world, {
      token,
      keyType: 'EC-P256',
      notBefore: past,
      notAfter: new Date('2025-01-01T00:00:00Z'),
    });
    expect(expired.notAfter).toBe('2025-01-01T00:00:00.000Z');
    const noUsage = await issue(world, { token, keyType: 'EC-P384', keyUsage: ['keyEncipherment'] });
    expect(canSign(parseCertificate(noUsage.der))).toBe(false);
    expect(noUsage.keyType).toBe('EC-P384');
    const noKey = await issue(world, { token, keyType: 'EC-P256', withKey: false });
    const noCertificate = await issue(world, { token, keyType: 'EC-P256', withCertificate: false });
    const content = await look(world, { ...token, pin: token.pin! });
    const certificateIds = content.certificates.map(({ keyId }) => keyId);
    expect(new Set(certificateIds)).toEqual(new Set([expired.keyId, noUsage.keyId, noKey.keyId]));
    expect(new Set(content.privateKeys)).toEqual(
      new Set([expired.keyId, noUsage.keyId, noCertificate.keyId]),
    );
    const outside = await issue(world, { keyType: 'RSA-3072', onToken: false, keyUsage: null });
    expect(outside.privateKey?.asymmetricKeyDetails?.modulusLength).toBe(3072);
    expect(outside.keyType).toBe('RSA-3072');
    const own = await issue(world, { keyType: 'EC-P256', onToken: false, issuer: 'self' });
    expect(own.subject).toBe(own.issuer);
  }, 120_000);

  it('private keys on the token are sensitive and stay there', async () => {
    const { default: pkcs11 } = await import('pkcs11js');
    const script = `
      const pkcs11 = require('pkcs11js'); const p = new pkcs11.PKCS11();
      const [module, serial, pin] = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      p.load(module); p.C_Initialize({ flags: ${pkcs11.CKF_OS_LOCKING_OK} });
      const slot = p.C_GetSlotList(true).find((s) => p.C_GetTokenInfo(s).serialNumber.trim() === serial);
      const session = p.C_OpenSession(slot, ${pkcs11.CKF_SERIAL_SESSION});
      p.C_Login(session, 1, pin); p.C_FindObjectsInit(session, [{ type: ${pkcs11.CKA_CLASS}, value: ${pkcs11.CKO_PRIVATE_KEY} }]);
      const types = [${pkcs11.CKA_SENSITIVE}, ${pkcs11.CKA_EXTRACTABLE}, ${pkcs11.CKA_NEVER_EXTRACTABLE}];
      const read = (o) => types.map((type) => p.C_GetAttributeValue(session, o, [{ type }])[0].value[0]);
      console.log(JSON.stringify(p.C_FindObjects(session, 20).map(read)));`;
    const input = JSON.stringify([world.module, world.token.serial, world.token.pin]);
    const out = execFileSync(process.execPath, ['-e', script], {
      input,
      env: { ...process.env, ...world.env },
    });
    expect(JSON.parse(out.toString())).toEqual([
      [1, 0, 1],
      [1, 0, 1],
    ]);
  });

  it('unified social credit codes get the check character of the standard', () => {
    for (const code of ['91350100M000100Y43', '12100000400002259P', '9144030071526726XG']) {
      expect(withUsccCheck(code.slice(0, 17))).toBe(code);
    }
    expect(() => withUsccCheck('I'.repeat(17))).toThrowError(RangeError);
  });
});
