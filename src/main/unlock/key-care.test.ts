import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  issue,
  makeToken,
  type PracticeToken,
  type PracticeWorld,
  practiceUp,
} from '../../../softhsm-fixtures/index.ts';
import type { CareCase, TokenId } from '../../shared/domain/index.ts';
import { YinkeyError } from '../../shared/errors/index.ts';
import { type Port, portPair } from '../../shared/hosts/index.ts';
import { AuditLog } from '../audit/index.ts';
import { hashModule } from '../pkcs11/module-file.ts';
import { buildTestDriver, type TestDriver } from '../pkcs11/test-driver/build.ts';
import { type Person, people, submit, tokenHosts } from '../pkcs11/test-driver/host.ts';
import { TokenService } from '../pkcs11/token-service.ts';
import { openStore, type Store } from '../store/index.ts';
import { KeyCare } from './index.ts';

let folder: string;
let world: PracticeWorld;
let driver: TestDriver;
let sha256: string;
let store: Store;
let audit: AuditLog;
let tokens: TokenService;
let care: KeyCare;
let token: PracticeToken & { pin: string };
let id: TokenId;
let count = 0;

const facts: CareCase = { reason: '忘记 PIN 码', reference: 'JS20261122-018', staff: '工号 0312' };
const fresh = 'hx27q9pz';
const other = 'k4m8tw1r';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'yinkey-unlock-'));
  world = await practiceUp(join(folder, 'world'));
  driver = buildTestDriver(folder, world.module);
  sha256 = await hashModule(driver.path);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  driver.wish();
  count++;
  token = (await makeToken(world, { label: `密钥盘 ${count}` })) as typeof token;
  id = { module: driver.path, serial: token.serial, label: token.label };
  ({ store } = await openStore({ file: join(folder, `store-${count}.db`) }));
  audit = new AuditLog(store.audit);
  const agreed = [{ path: driver.path, sha256 }];
  tokens = new TokenService({
    spawn: tokenHosts(world, driver.env),
    ledger: { list: () => agreed, agree: () => {}, forget: () => {} },
    known: [],
  });
  care = new KeyCare({ tokens, audit, journal: store.care });
});
afterEach(async () => {
  await tokens.stop();
  store.close();
});

/** A PIN window in memory. */
function window(person: Person) {
  const steps: string[] = [];
  const options = {
    pinPort: (): Port => {
      const [mine, given] = portPair();
      mine.onMessage((message) => {
        const answer = person(message as never);
        if (answer === 'close') mine.close();
        else if (answer) mine.post(answer);
      });
      return given;
    },
    onProgress: (step: string) => steps.push(step),
  };
  return { options, steps };
}
const by = (pins: Parameters<typeof people>[0]) => window(people(pins)).options;
const failure = async (act: Promise<unknown>): Promise<YinkeyError> => {
  const error: unknown = await act.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(YinkeyError);
  return error as YinkeyError;
};

describe('an act on a key', () => {
  it('changes the PIN, and is in the audit log with the tries it took', async () => {
    const { options, steps } = window(people({ pin: ['wrong999', token.pin], 'new-pin': [fresh] }));
    const result = await care.changePin(id, options);
    expect(result).toMatchObject({ id: '', act: 'pin.change', token: id, case: null, auditEntry: 1 });
    expect(steps).toEqual(['pin', 'token', 'pin', 'token', 'pin', 'token']);
    expect(audit.list()).toMatchObject([
      { act: 'pin.change', result: 'ok', token: { serial: token.serial }, tries: { user: 2, so: 0 } },
    ]);
    expect(care.journal()).toEqual([]);
  });

  it('unlocks: who, why and on what paper stand in journal, audit log and result', async () => {
    const result = await care.unlock(id, facts, by({ 'so-pin': [token.soPin], 'new-pin': [fresh] }));
    expect(result).toMatchObject({ act: 'token.unlock', case: facts, after: { user: 'ok' } });
    expect(care.journal()).toMatchObject([
      { id: result.id, act: 'token.unlock', state: 'done', result: 'ok', case: facts, token: id },
    ]);
    expect(audit.list()).toMatchObject([
      { act: 'token.unlock', result: 'ok', case: facts, tries: { so: 1 } },
    ]);
    expect(audit.verify()).toEqual({ ok: true, entries: 1 });
  });

  it('shows the hand-over: who is asked for the SO PIN and who for the new one', async () => {
    const { options, steps } = window(people({ 'so-pin': [token.soPin], 'new-pin': ['123456', fresh] }));
    await care.unlock(id, facts, options);
    expect(steps).toEqual(['pin', 'token', 'hand-over', 'token', 'hand-over', 'token']);
  });

  it('is tried by the holder with the new PIN: the key signs, its certificate confirms it, the log has it', async () => {
    expect((await failure(care.trial(id, facts, by({})))).code).toBe('token.not-found');
    await tokens.refresh();
    expect((await failure(care.trial(id, facts, by({})))).code).toBe('certificate.not-found');
    const certificate = await issue(world, { token, keyType: 'EC-P384' });
    await tokens.refresh();
    const unlocked = await care.unlock(id, facts, by({ 'so-pin': [token.soPin], 'new-pin': [fresh] }));
    expect((await failure(care.trial(id, facts, by({ pin: [token.pin] })))).code).toBe('token.pin-cancelled');
    const { options, steps } = window(people({ pin: [fresh] }));
    const trial = await care.trial(id, facts, options);
    expect(trial.auditEntry).toBe(unlocked.auditEntry + 2);
    expect(steps).toEqual(['pin', 'token']);
    expect(audit.list(2)).toMatchObject([
      { act: 'token.trial', result: 'ok', case: facts, tries: { user: 1, so: 0 } },
      { act: 'token.trial', result: 'token.pin-wrong', tries: { user: 1, so: 0 } },
    ]);
    expect(audit.list(1)[0]?.certificateSha256).toBe(certificate.sha256);
    expect(care.journal()).toHaveLength(1);
  });

  it('that is refused or given up left the key unchanged, and is written down', async () => {
    const error = await failure(care.unlock(id, facts, by({ 'so-pin': ['nonsense'] })));
    expect(error.code).toBe('token.pin-cancelled');
    expect(care.journal()).toMatchObject([{ state: 'unchanged', result: 'token.pin-cancelled' }]);
    expect(audit.list()).toMatchObject([
      { act: 'token.unlock', result: 'token.so-pin-wrong', tries: { user: 0, so: 1 } },
    ]);
  });

  it('is in the journal before the key is touched', async () => {
    let seen: unknown;
    await failure(
      care.unlock(
        id,
        facts,
        window((reply) => {
          seen ??= care.journal();
          return reply.type === 'ask' ? { type: 'cancel' } : undefined;
        }).options,
      ),
    );
    expect(seen).toMatchObject([{ state: 'started', result: '', settledAt: null }]);
  });

  it('that the key has done is done in the journal, even when the audit log can not be written', async () => {
    const full = {
      append: (): never => {
        throw new YinkeyError('store.failed', { reason: 'SQLITE_FULL' });
      },
    };
    const unwritten = new KeyCare({ tokens, audit: full, journal: store.care });
    const error = await failure(
      unwritten.unlock(id, facts, by({ 'so-pin': [token.soPin], 'new-pin': [fresh] })),
    );
    expect(error.code).toBe('store.failed');
    expect(care.journal()).toMatchObject([{ state: 'done', result: 'ok' }]);
  });

  it('makes a key new, known by its new serial number', async () => {
    const { blanks } = await tokens.refresh();
    const request = { target: { blank: blanks[0]!.key }, label: '新盘', serialTyped: null, case: facts };
    const result = await care.initialise(request, by({ 'new-so-pin': [other], 'new-pin': [fresh] }));
    expect(result).toMatchObject({ act: 'token.initialise', token: { label: '新盘' } });
    expect(care.journal()).toMatchObject([{ state: 'done', token: result.token }]);
    const { keys } = await tokens.refresh();
    expect(keys.find(({ serial }) => serial === result.token.serial)).toMatchObject({
      label: '新盘',
      pin: { state: 'ok', soState: 'ok' },
    });
  });

  it('does not make a full key new', async () => {
    const request = { target: { token: id }, label: '新盘', serialTyped: null, case: facts };
    const error = await failure(
      care.initialise(request, by({ 'so-pin': [token.soPin], 'new-pin': [fresh] })),
    );
    expect(error.code).toBe('token.not-empty');
    expect(care.journal()).toMatchObject([{ state: 'unchanged', result: 'token.not-empty' }]);
  });
});

describe('a change of the SO PIN', () => {
  const change = (pin: string) =>
    care.changeSoPin(id, facts, by({ 'so-pin': [token.soPin], 'new-so-pin': [pin] }));

  it('is done when the new one was confirmed', async () => {
    const result = await change(fresh);
    expect(care.journal()).toMatchObject([{ id: result.id, act: 'so-pin.change', state: 'done' }]);
    expect(audit.list()).toMatchObject([{ act: 'so-pin.change', result: 'ok', tries: { so: 2 } }]);
  });

  /** The driver ends its process in the middle of C_SetPIN. */
  const cutOff = (then: 'crash') =>
    failure(
      care.changeSoPin(
        id,
        facts,
        window((reply) => {
          if (reply.type !== 'ask') return undefined;
          if (reply.field === 'so-pin') return submit(token.soPin);
          driver.wish(`set-pin ${then}`);
          return submit(fresh);
        }).options,
      ),
    );

  it('that is cut off leaves both candidates open, to be tried once each, the old one first', async () => {
    const error = await cutOff('crash');
    expect(error).toMatchObject({ code: 'token.act-unknown', details: { was: 'driver.crashed' } });
    driver.wish();
    const [entry] = care.journal();
    expect(entry).toMatchObject({ state: 'unknown', result: 'token.act-unknown', refused: [] });

    const before = driver.logins();
    const wrong = await failure(care.settleSoPin(entry!.id, 'new', by({ 'so-pin': [fresh, token.soPin] })));
    expect(wrong.code).toBe('token.so-pin-wrong');
    expect(driver.logins()).toBe(before + 1);
    expect(care.journal()).toMatchObject([{ state: 'unknown', refused: ['new'] }]);

    await care.settleSoPin(entry!.id, 'old', by({ 'so-pin': [token.soPin] }));
    expect(care.journal()).toMatchObject([{ state: 'unchanged', result: 'ok' }]);
    expect((await failure(care.settleSoPin(entry!.id, 'old', by({})))).code).toBe('request.refused');
    expect(audit.list().map(({ act, result }) => [act, result])).toEqual([
      ['so-pin.settle', 'ok'],
      ['so-pin.settle', 'token.so-pin-wrong'],
      ['so-pin.change', 'token.act-unknown'],
    ]);
    expect(audit.verify()).toMatchObject({ ok: true });
  });

  it('that came through after all settles what was open on that key', async () => {
    await cutOff('crash');
    driver.wish();
    await change(other);
    expect(care.journal().map(({ state, result }) => [state, result])).toEqual([
      ['done', 'ok'],
      ['done', 'superseded'],
    ]);
  });
});

it('keeps no PIN anywhere on disk', async () => {
  await care.changePin(id, by({ pin: ['wrong999', token.pin], 'new-pin': [fresh] }));
  await care.unlock(id, facts, by({ 'so-pin': [token.soPin], 'new-pin': [other] }));
  await care.changeSoPin(id, facts, by({ 'so-pin': [token.soPin], 'new-so-pin': [fresh] }));
  const files = readdirSync(folder).filter((name) => name.startsWith(`store-${count}`));
  expect(files.length).toBeGreaterThan(0);
  const kept = files.map((name) => readFileSync(join(folder, name), 'latin1')).join();
  for (const secret of ['wrong999', token.pin, token.soPin, fresh, other]) expect(kept).not.toContain(secret);
});
