import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  type IssuedCertificate,
  issue,
  makeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import { type Keysim, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import type { SealForm, TokenId } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import { type TokenAct, TokenService } from '../pkcs11/index.ts';
import { hashModule } from '../pkcs11/module-file.ts';
import { endHosts, submit, tokenHosts } from '../pkcs11/test-driver/host.ts';
import { bindSeal } from './bind.ts';
import { readSeal } from './ses/index.ts';
import { sha256Of, World } from './test-driver/fakes.ts';

// Seals of real sizes on a key with little room: the simulator with its memory, on SoftHSM, in the token host.

const folder = mkdtempSync(join(tmpdir(), 'yinkey-bind-'));
const forms = ['full', 'digests', 'small'] as const;
let practice: PracticeWorld;
let keysim: Keysim;
let tokens: TokenService;
let token: TokenId;
let pin: string;
let certificate: IssuedCertificate;
let world: World;
let made = 0;

beforeAll(async () => {
  practice = await practiceUp(join(folder, 'world'));
  const fresh = await makeToken(practice, { label: '小盘' });
  pin = fresh.pin!;
  certificate = await issue(practice, { token: fresh, keyType: 'EC-P256', label: '合同专用章' });
  keysim = await makeKeysim(practice);
  const agreed = [{ path: keysim.module, sha256: await hashModule(keysim.module) }];
  tokens = new TokenService({
    spawn: tokenHosts(practice, keysim.env),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
  });
  await tokens.refresh();
  token = { module: keysim.module, serial: fresh.serial, label: fresh.label };
  world = new World();
}, 120_000);
afterAll(async () => {
  await tokens.stop();
  await endHosts();
  await keysim.close();
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});
afterEach(() => keysim.control('clear'));

async function withKey<T>(work: (act: TokenAct) => Promise<T>): Promise<T> {
  const [mine, pinPort] = portPair();
  mine.onMessage((reply) => {
    if ((reply as { type: string }).type === 'ask') mine.post(submit(pin));
  });
  const act = await tokens.act(token, { pinPort });
  try {
    return await work(act);
  } finally {
    await act.end();
  }
}

/** One seal in all its forms. */
function sealInForms(): { id: string; form: (form: SealForm) => Promise<Uint8Array> } {
  made += 1;
  const id = `530199${String(made).padStart(8, '0')}`;
  return { id, form: async (form) => world.maker.make(certificate.der, form, { id }) };
}

/** Leaves as many bytes free as one form needs, with what the object has besides its value. */
async function roomFor(act: TokenAct, bytes: number): Promise<void> {
  await keysim.control('set memory = 65536');
  await act.data();
  await keysim.control(`set memory = ${65_536 - act.memory.freePublic! + bytes}`);
}

describe('a key with little room', () => {
  test.each<[SealForm | null, 'key' | 'store']>([
    ['full', 'key'],
    ['digests', 'key'],
    ['small', 'key'],
    [null, 'store'],
  ])('gets %s', async (fits, where) => {
    const seal = sealInForms();
    const kept: Uint8Array[] = [];
    const keep = (bytes: Uint8Array) => void kept.push(bytes);
    const bound = await withKey(async (act) => {
      await roomFor(act, fits ? (await seal.form(fits)).length + 250 : 400);
      return bindSeal(act, seal, { keep });
    });
    const form = fits ?? 'full';
    const tooSmallFor = fits ? forms.slice(0, forms.indexOf(fits)) : [...forms];
    expect(bound).toMatchObject({ form, where, tooSmallFor, sha256: sha256Of(await seal.form(form)) });
    const objects = (await tokens.data(token)).filter(({ label }) => label === seal.id);
    expect(objects).toHaveLength(1);
    if (where === 'key') expect(readSeal(objects[0]!.value).id).toBe(seal.id);
    else expect(Buffer.from(objects[0]!.value).toString('hex')).toBe(sha256Of(kept[0]!));

    // Bound again, with more room by now: what is there stays, and is not written twice.
    await keysim.control('clear');
    if (where === 'key') {
      const again = await withKey((act) => bindSeal(act, seal, { keep }));
      expect(again).toMatchObject({ form, where });
    }
    expect((await tokens.data(token)).filter(({ label }) => label === seal.id)).toHaveLength(1);
    await withKey(async (act) => {
      for (const { application, label, value } of objects)
        await act.removeData({ application, label, sha256: sha256Of(value) });
    });
  });

  test('takes a seal in the place of another one', async () => {
    const [old, fresh] = [sealInForms(), sealInForms()];
    const keep = () => {};
    const bound = await withKey((act) => bindSeal(act, old, { keep }));
    await withKey(async (act) => {
      await expect(bindSeal(act, fresh, { keep })).rejects.toMatchObject({ code: 'seal.certificate-taken' });
      await bindSeal(act, { ...fresh, replaces: bound.sha256 }, { keep });
    });
    const labels = (await tokens.data(token)).map(({ label }) => label);
    expect([labels.includes(old.id), labels.includes(fresh.id)]).toEqual([false, true]);
  });
});
