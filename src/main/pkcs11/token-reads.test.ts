import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issue, type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import { ckr } from './ckr.ts';
import { attribute } from './cryptoki.ts';
import { buildTestDriver, type TestDriver } from './test-driver/build.ts';
import { endHosts, startHost } from './test-driver/host.ts';
import { sha256Hex } from './token-list.ts';

/** How often a key is asked while its certificates are listed: the faulty driver stands on the simulator, which counts. */
let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let driver: TestDriver;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-reads-'));
  world = await practiceUp(join(folder, 'world'));
  for (const label of ['一', '二', '三']) await issue(world, { label, withKey: false });
  keysim = await makeKeysim(world);
  driver = buildTestDriver(folder, keysim.module);
}, 120_000);
afterAll(async () => {
  await keysim.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => driver.wish());
afterEach(endHosts);

/** What a new host lists, and how many calls of C_GetAttributeValue that took. */
async function listing(...wishes: string[]) {
  driver.wish(...wishes);
  const { list } = await startHost(world, driver.path, { ...keysim.env, ...driver.env });
  await keysim.control('calls reset');
  const [token] = await list();
  const calls = Number(/^C_GetAttributeValue (\d+)$/m.exec(await keysim.control('calls'))?.[1]);
  // SoftHSM has its objects in another order in each process.
  const certificates = token!.certificates
    .map(({ der, ...rest }) => ({ sha256: sha256Hex(der), ...rest }))
    .sort((one, other) => (one.sha256 < other.sha256 ? -1 : 1));
  return { error: token!.error, certificates, calls };
}

describe('reading certificates', () => {
  let whole: Awaited<ReturnType<typeof listing>>;
  let count: number;
  beforeAll(async () => {
    driver.wish();
    whole = await listing();
    count = whole.certificates.length;
  }, 60_000);

  it('asks for all attributes of one at once: for the lengths, then for the values', async () => {
    expect(count).toBeGreaterThan(3);
    expect(whole.certificates.map(({ label }) => label)).toEqual(expect.arrayContaining(['一', '二', '三']));
    // Refused, the question for all three does not reach the simulator: what it counts then are the single ones.
    const singly = await listing(`template ${ckr.CKR_ATTRIBUTE_TYPE_INVALID}`);
    expect(singly.calls - whole.calls).toBe((3 * 2 - 2) * count);
  });

  it.each([
    ['CKR_ATTRIBUTE_TYPE_INVALID', ckr.CKR_ATTRIBUTE_TYPE_INVALID],
    ['CKR_ATTRIBUTE_SENSITIVE', ckr.CKR_ATTRIBUTE_SENSITIVE],
    ['CKR_BUFFER_TOO_SMALL', ckr.CKR_BUFFER_TOO_SMALL],
    ['CKR_FUNCTION_FAILED', ckr.CKR_FUNCTION_FAILED],
    ['the first attribute only', 'first'],
  ])('shows the same where several attributes at once are answered with %s', async (_, answer) => {
    const { error, certificates } = await listing(`template ${answer}`);
    expect(error).toBeNull();
    expect(certificates).toEqual(whole.certificates);
  });

  it.each([
    ['label', attribute.label, { label: '' }],
    ['id', attribute.id, { ckaId: '' }],
  ])('lists a key that refuses the %s', async (_, type, missing) => {
    const { error, certificates } = await listing(`without ${type}`);
    expect(error).toBeNull();
    expect(certificates).toEqual(whole.certificates.map((each) => ({ ...each, ...missing })));
  });

  it('leaves certificates out that have no value, or one of a nonsense length', async () => {
    expect(await listing(`without ${attribute.value}`)).toMatchObject({ error: null, certificates: [] });
    await keysim.control(
      'fault add name=long function=C_GetAttributeValue do=wrong-length length=70000 times=always',
    );
    try {
      expect(await listing()).toMatchObject({ error: null, certificates: [] });
    } finally {
      await keysim.control('fault clear long');
    }
  });

  it('tells what is wrong with the key itself', async () => {
    await keysim.control(
      'fault add name=broken function=C_GetAttributeValue error=CKR_DEVICE_ERROR times=always',
    );
    try {
      expect(await listing()).toMatchObject({ error: { code: 'token.failed' }, certificates: [] });
    } finally {
      await keysim.control('fault clear broken');
    }
  });
});
