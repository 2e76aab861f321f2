import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type PracticeWorld, practiceUp } from '../../../softhsm-fixtures/index.ts';
import { type Keysim, type KeysimConfig, makeKeysim } from '../../../softhsm-fixtures/keysim/index.ts';
import type { PinQuestion, PinReply, PinRequest } from '../../shared/contract/index.ts';
import type { TokenId } from '../../shared/domain/index.ts';
import { portPair } from '../../shared/hosts/index.ts';
import { hashModule } from './module-file.ts';
import { type Person, people, submit, tokenHosts } from './test-driver/host.ts';
import { type CareWork, TokenService } from './token-service.ts';

/** Keys that count, lock, die and have pads, as the simulator plays them; through the service that counts along. */
let folder: string;
let world: PracticeWorld;
let keysim: Keysim;
let service: TokenService;
let id: TokenId;
const fresh = 'hx27q9pz';
const other = 'k4m8tw1r';
const third = 'w6d3nb8y';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-keysim-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
beforeEach(async () => {
  // A world for each test: what one locks, no other finds.
  world = await practiceUp(join(folder, `world-${++count}`));
}, 60_000);
afterEach(async () => {
  await service.stop();
  await keysim.close();
});

async function plug(settings: KeysimConfig['settings'] = {}): Promise<void> {
  keysim = await makeKeysim(world, { settings });
  const agreed = [{ path: keysim.module, sha256: await hashModule(keysim.module) }];
  service = new TokenService({
    spawn: tokenHosts(world, keysim.env),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
  });
  id = { module: keysim.module, serial: world.token.serial, label: world.token.label };
}

const asks = (replies: PinReply[]) => replies.filter((reply): reply is PinQuestion => reply.type === 'ask');

/** Somebody at the PIN window, and all that the window was told. */
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
async function outcome<T>(act: Promise<T>) {
  return act.then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error: error as { code: string } }),
  );
}
const care = async (work: CareWork, person: Person) => {
  const { pinPort, replies } = window(person);
  return { ...(await outcome(service.care(id, work, { pinPort }))), replies };
};
const sign = async (person: Person) => {
  const { pinPort, replies } = window(person);
  const request = {
    serial: id.serial,
    label: id.label,
    certificateSha256: world.certificates[0]!.sha256,
    scheme: 'rsa-pkcs1' as const,
    hash: 'sha256' as const,
    message: Buffer.from('attributes'),
  };
  return { ...(await outcome(service.sign(id, request, { pinPort }))), replies };
};
/** Agrees to last tries too. */
const stubborn =
  (...pins: string[]): Person =>
  (reply) => {
    if (reply.type === 'failed') return { type: 'cancel' };
    if (reply.type !== 'ask') return undefined;
    const pin = pins.shift();
    return pin === undefined ? { type: 'cancel' } : submit(pin, true);
  };
/** What the key's own counters stand at: user, SO. A key that has counted nothing yet has all of its ten. */
const triesOf = async () => {
  const found = /user-tries=(\d+)\/\d+ so-tries=(\d+)/.exec(await keysim.control('status'));
  return found ? [Number(found[1]), Number(found[2])] : [10, 10];
};

describe('a key that counts', () => {
  it('goes from wrong to the last try to locked, and back by an on-site unlock', async () => {
    await plug({ 'user-tries': 4, 'so-tries': 3 });
    const first = await sign(stubborn(world.token.pin));
    expect(first.value).toMatchObject({ before: { user: 'ok' }, after: { user: 'ok' }, defaultPin: false });

    const locked = await sign(stubborn('wrong991', 'wrong992', 'wrong993', 'wrong994', world.token.pin));
    expect(locked.error).toMatchObject({ code: 'token.pin-locked' });
    expect(asks(locked.replies).map(({ state, triesLeft, wrong }) => [state, triesLeft, wrong])).toEqual([
      ['ok', null, false],
      ['low', null, true],
      ['low', null, true],
      ['final-try', 1, true],
    ]);
    expect(await triesOf()).toEqual([0, 3]);
    // Locked is locked: the right PIN is not even tried.
    expect((await sign(stubborn(world.token.pin))).replies).toMatchObject([{ type: 'failed' }]);

    const unlocked = await care(
      { method: 'unlock' },
      people({ 'so-pin': [world.token.soPin], 'new-pin': [fresh] }),
    );
    expect(unlocked.value).toMatchObject({ before: { user: 'locked' }, after: { user: 'ok' } });
    expect(await triesOf()).toEqual([4, 3]);

    // The key has shown its limit: from now on the number is known.
    const counted = await sign(stubborn('wrong991', 'wrong992', fresh));
    expect(counted.value).toBeDefined();
    expect(asks(counted.replies).map(({ triesLeft }) => triesLeft)).toEqual([4, 3, 2]);
    expect(await triesOf()).toEqual([4, 3]);
  });

  it('spends no try on a last try that nobody agreed to', async () => {
    await plug({ 'user-tries': 2 });
    await sign(stubborn('wrong991'));
    expect(await triesOf()).toEqual([1, 10]);
    const answers: PinRequest[] = [submit(world.token.pin), { type: 'cancel' }];
    const { error, replies } = await sign((reply) => (reply.type === 'ask' ? answers.shift() : undefined));
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(asks(replies)).toMatchObject([
      { state: 'final-try', triesLeft: 1, wrong: false },
      { state: 'final-try', triesLeft: 1, wrong: false },
    ]);
    expect((await triesOf())[0]).toBe(1);
  });

  it('has an SO PIN whose lock is final, and told as such', async () => {
    await plug({ 'user-tries': 3, 'so-tries': 2 });
    const { error, replies } = await care({ method: 'unlock' }, stubborn('wrong991', 'wrong992'));
    expect(error).toMatchObject({ code: 'token.so-pin-locked' });
    expect(asks(replies)).toMatchObject([
      { field: 'so-pin', state: 'ok' },
      { field: 'so-pin', state: 'final-try', triesLeft: 1, wrong: true },
    ]);
    for (const method of ['unlock', 'change-so-pin'] as const) {
      expect((await care({ method }, stubborn(world.token.soPin))).error).toMatchObject({
        code: 'token.so-pin-locked',
      });
    }
    const { keys } = await service.refresh();
    expect(keys[0]?.pin).toMatchObject({ state: 'ok', soState: 'locked' });
    // The user's PIN still opens it.
    expect((await sign(stubborn(world.token.pin))).value).toBeDefined();
  });

  it('whose flags lie is taken at the word of its return values', async () => {
    await plug({ 'user-tries': 2, flags: 'lie' });
    const { error } = await sign(stubborn('wrong991', 'wrong992', world.token.pin));
    expect(error).toMatchObject({ code: 'token.pin-locked' });
    expect(await triesOf()).toEqual([0, 10]);
  });
});

describe('a key that wants its first PIN changed', () => {
  it.each([{}, { flags: 'lie' }])('signs nothing until it is: %o', async (more) => {
    await plug({ 'to-be-changed': true, 'expired-blocks': true, ...more });
    const { error } = await sign(stubborn(world.token.pin));
    expect(error).toMatchObject({ code: 'token.pin-expired' });
    const changed = await care(
      { method: 'change-pin' },
      people({ pin: [world.token.pin], 'new-pin': [fresh] }),
    );
    expect(changed.value).toMatchObject({ after: { user: 'ok' } });
    expect((await sign(stubborn(fresh))).value).toBeDefined();
  });
});

describe('a key with its own policy', () => {
  it('is asked with its own lengths, and asks for another PIN by itself', async () => {
    await plug({ 'pin-min': 6, 'pin-max': 8, 'pin-characters': 'mixed' });
    const { value, replies } = await care(
      { method: 'change-pin' },
      people({ pin: [world.token.pin], 'new-pin': ['q4m8t', 'q4m8tw1r9', '739154', fresh] }),
    );
    expect(value).toBeDefined();
    expect(asks(replies).slice(1)).toMatchObject([
      { refused: null, minLength: 6, maxLength: 8 },
      { refused: 'too-short' },
      { refused: 'too-long' },
      { refused: 'by-key' },
    ]);
  });
});

describe('a key with a pad', () => {
  const pad: Person = (reply) =>
    reply.type === 'ask' ? { type: 'submit-on-pad', lastTryAgreed: false } : undefined;
  const onPad = (pins: Record<string, string>) =>
    plug({ 'pin-pad': true, 'pad-pin': world.token.pin, 'pad-so-pin': world.token.soPin, ...pins });

  it('has every PIN typed on it', async () => {
    await onPad({ 'pad-new-pin': fresh });
    const unlocked = await care({ method: 'unlock' }, pad);
    expect(asks(unlocked.replies)).toMatchObject([
      { field: 'so-pin', protectedPath: true },
      { field: 'new-pin', protectedPath: true, handOver: true },
    ]);
    expect(unlocked.value).toBeDefined();
    await keysim.control(`set pad-pin = ${fresh}`);
    await keysim.control(`set pad-new-pin = ${other}`);
    expect((await care({ method: 'change-pin' }, pad)).value).toBeDefined();
    await keysim.control(`set pad-pin = ${other}`);
    expect((await sign(pad)).value).toBeDefined();
  });

  it('may be given up there', async () => {
    await onPad({ 'pad-answer': 'cancel' });
    const { error, replies } = await sign((reply) => {
      if (reply.type === 'failed') return { type: 'cancel' } satisfies PinRequest;
      return pad(reply);
    });
    expect(error).toMatchObject({ code: 'token.pin-cancelled' });
    expect(replies.at(-1)).toMatchObject({ type: 'failed', canRetry: true });
    expect(await triesOf()).toEqual([10, 10]);
  });
});

describe('a poor key', () => {
  it('with one session does all of it', async () => {
    await plug({ 'max-sessions': 1 });
    const acts: [CareWork, Person][] = [
      [{ method: 'change-pin' }, people({ pin: [world.token.pin], 'new-pin': [fresh] })],
      [{ method: 'unlock' }, people({ 'so-pin': [world.token.soPin], 'new-pin': [other] })],
      [{ method: 'change-so-pin' }, people({ 'so-pin': [world.token.soPin], 'new-so-pin': [third] })],
    ];
    for (const [work, person] of acts) expect((await care(work, person)).error).toBeUndefined();
    expect((await sign(stubborn(other))).value).toBeDefined();
    const again = { method: 'initialise', blank: null, newLabel: '重来', serialTyped: id.serial } as const;
    const made = await care(again, people({ 'so-pin': [third], 'new-pin': [fresh] }));
    expect(made.value).toMatchObject({ token: { label: '重来' }, after: { user: 'ok' } });
  });

  it('that is pulled while the holder types ends the act, and is as it was', async () => {
    await plug();
    const { error } = await care({ method: 'unlock' }, (reply) => {
      if (reply.type !== 'ask') return undefined;
      if (reply.field === 'so-pin') return submit(world.token.soPin);
      void keysim.control(`pull ${id.serial}`);
      return undefined;
    });
    expect(error).toMatchObject({ code: 'token.removed' });
    await keysim.control(`plug ${id.serial}`);
    expect((await sign(stubborn(world.token.pin))).value).toBeDefined();
  });

  it('that is pulled in the middle of the change leaves it open which PIN holds', async () => {
    await plug();
    await keysim.control('fault add function=C_SetPIN do=pull when=after');
    const cut = await care({ method: 'change-pin' }, people({ pin: [world.token.pin], 'new-pin': [other] }));
    expect(cut.error).toMatchObject({ code: 'token.act-unknown' });
    await keysim.control('fault clear');
    await keysim.control(`plug ${id.serial}`);
    expect((await sign(stubborn(other))).value).toBeDefined();
  });
});
