import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { type Keysim, type KeysimConfig, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import type { PinReply } from '../../shared/contract/index.ts';
import type { TokenId } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import type { TokenAct } from './act-api.ts';
import { hashModule } from './module-file.ts';
import { type Person, tokenHosts, typing } from './test-driver/host.ts';
import { TokenService, type TokenServiceOptions } from './token-service.ts';

let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let service: TokenService;
let id: TokenId;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-act-'));
  world = await practiceUp(join(folder, 'world'));
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  await service.stop();
  await keysim.close();
});

async function plug(
  config: KeysimConfig = {},
  deadlines: TokenServiceOptions['deadlines'] = {},
): Promise<void> {
  keysim = await makeKeysim(world, config);
  const agreed = [{ path: keysim.module, sha256: await hashModule(keysim.module) }];
  service = new TokenService({
    spawn: tokenHosts(world, keysim.env),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
    deadlines,
  });
  id = { module: keysim.module, serial: world.token.serial, label: world.token.label };
}

function window(person: Person) {
  const [mine, pinPort] = portPair();
  const replies: PinReply[] = [];
  mine.onMessage((message) => {
    const reply = message as PinReply;
    replies.push(reply);
    const answer = person(reply);
    if (answer === 'close') mine.close();
    else if (answer) mine.post(answer);
  });
  return { pinPort, replies };
}
const login = (person = typing(world.token.pin)): Promise<TokenAct> =>
  service.act(id, { pinPort: window(person).pinPort });

describe('one login', () => {
  it('makes pairs, signs with old and new keys', async () => {
    await plug();
    const act = await login();
    const t = performance.now();
    const { spki } = await act.generate({ keyType: 'EC-P256', ckaId: 'a1a1', label: 'neu' });
    console.log('gen', performance.now() - t, act.tokenMillis, act.memory);
    const message = Buffer.from('hello');
    const signature = await act.sign({ ckaId: 'a1a1', spki }, 'ecdsa', 'sha256', message);
    expect(
      verify('sha256', message, { key: Buffer.from(spki), format: 'der', type: 'spki' }, signature),
    ).toBe(true);
    console.log(await act.pairs());
    await act.removePair('a1a1', spki);
    console.log((await act.pairs()).length, await service.canGenerate(id).catch((e) => e.code));
    await act.end();
    console.log(await service.canGenerate(id), act.logins, await keysim.control('calls'));
  });
});
void generateKeyPairSync;
