import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { YinkeyError } from '../../shared/errors/index.ts';
import { FakeKey } from '../renewal/test-driver/fakes.ts';
import { readSeal } from './ses/index.ts';
import { sha256Of, World } from './test-driver/fakes.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.close());

/** Puts a seal for the key's certificate on the key; its number. */
function bound(
  more: Parameters<World['maker']['make']>[2] = {},
  certificate = world.certificate.der,
): string {
  const value = world.maker.make(certificate, 'full', more);
  const { id } = readSeal(value);
  world.key.objects.push({ application: 'YinKey seal', label: id, value });
  return id;
}

const stamped = (id: string, result: string) =>
  world.audit.append({
    act: 'stamp',
    subject: '合同.pdf',
    token: { serial: '0011', label: '密钥盘' },
    certificateSha256: world.certificate.sha256,
    documentIn: null,
    documentOut: null,
    seal: { id, sha256: null },
    result,
  });

describe('my seals', () => {
  test('are read from the key, judged, and told with the maker’s word and where they were used', async () => {
    const id = bound();
    stamped(id, 'ok');
    stamped(id, 'token.pin-cancelled');
    const seals = world.seals();
    expect(seals.cards()).toEqual([]);
    const [card] = await seals.refresh();
    expect(card).toMatchObject({
      id,
      kind: 'contract',
      administrator: '张三',
      present: true,
      where: 'key',
      certificate: { sha256: world.certificate.sha256 },
      status: { state: 'normal', stale: false },
      verdict: 'valid',
      code: null,
      uses: { count: 1, last: world.now().toISOString() },
    });
    expect(seals.detail(id).uses.map(({ result }) => result)).toEqual(['token.pin-cancelled', 'ok']);
    expect(seals.detail(id).facts.sha256).toBe(card!.sha256);
    await seals.export(id, (bytes) => expect(sha256Of(bytes)).toBe(card!.sha256));
    expect(world.audit.list()[0]).toMatchObject({ act: 'seal.export', seal: { id }, result: 'ok' });
    const full = () => {
      throw new YinkeyError('store.failed');
    };
    await expect(seals.export(id, full)).rejects.toMatchObject({ code: 'store.failed' });
    expect(world.audit.list()[0]).toMatchObject({ act: 'seal.export', result: 'store.failed' });
    expect(() => seals.detail('nobody')).toThrow(new YinkeyError('seal.unknown', { id: 'nobody' }));
  });

  test('of a key that is gone stay, are known to the next client at once, and can be forgotten', async () => {
    const id = bound();
    await world.seals().refresh();
    expect(() => world.seals().forget(id)).toThrow(YinkeyError);
    world.key.pull();
    const later = world.seals();
    expect(later.cards()).toMatchObject([{ id, present: false, verdict: 'valid', code: null }]);
    world.clock = new Date(world.certificate.notAfter.getTime() + 1000);
    await later.look();
    expect(later.cards()).toMatchObject([{ id, present: false, verdict: 'invalid', code: 'seal.expired' }]);
    expect(later.forget(id)).toEqual([]);
    expect(world.bound.list()).toEqual([]);
  });

  test('that were taken off the key are listed no more', async () => {
    bound();
    const seals = world.seals();
    await seals.refresh();
    world.key.objects = [];
    await seals.reread(world.key.token);
    expect(seals.cards()).toEqual([]);
  });

  test('whose digest alone is on the key come from the store', async () => {
    const id = bound();
    const { value } = world.key.objects.pop()!;
    const digest = Buffer.from(sha256Of(value), 'hex');
    world.key.objects.push({ application: 'YinKey seal digest', label: id, value: digest });
    const seals = world.seals();
    expect(await seals.refresh()).toEqual([]);
    world.bound.keep(value, world.now());
    expect(await seals.refresh()).toMatchObject([{ id, where: 'store', code: null }]);
    expect(seals.stored(sha256Of(value))).not.toBeNull();
  });

  test('say why they can’t stamp', async () => {
    const other = new FakeKey();
    const [mine] = [world.key.certificates[0]!];
    const id = bound();
    world.key.certificates = [];
    expect(await world.seals().refresh()).toMatchObject([{ id, code: 'seal.other-key', certificate: null }]);
    world.key.certificates = [mine];
    world.key.pairs = other.pairs;
    expect(await world.seals().refresh()).toMatchObject([{ id, code: 'seal.other-key' }]);
    const nobody = world.seals({ roots: async () => [] });
    expect((await nobody.refresh())[0]).toMatchObject({ verdict: 'unproven', code: 'seal.unproven' });
    const revoked = world.seals({ revocation: () => ({ at: new Date(world.clock.getTime() - 1000) }) });
    expect((await revoked.refresh().catch(() => revoked.cards()))[0]).toMatchObject({
      code: 'seal.maker-revoked',
    });
  });

  test('objects that are no seals are passed over', async () => {
    const value = new Uint8Array(300).fill(0x30);
    world.key.objects.push({ application: 'YinKey seal', label: 'x', value });
    const id = bound();
    expect(await world.seals().refresh()).toMatchObject([{ id }]);
  });
});

describe('the maker’s word', () => {
  test('suspends and brings back; one of a lower number is left aside, and without one the old one counts', async () => {
    const id = bound();
    const seals = world.seals();
    const old = world.maker.list();
    await seals.refresh();
    world.maker.states.set(id, 'suspended');
    world.maker.number = 2;
    expect(await seals.refresh()).toMatchObject([{ status: { state: 'suspended' }, code: 'seal.suspended' }]);
    // Somebody in between brings the old one again.
    const replaying = world.seals({
      http: { request: async () => ({ status: 200, headers: {}, body: old }) },
    });
    expect(await replaying.refresh()).toMatchObject([{ code: 'seal.suspended' }]);
    world.maker.down = true;
    world.clock = new Date(world.clock.getTime() + 30 * 3_600_000);
    await expect(seals.refresh()).rejects.toMatchObject({ code: 'authority.unreachable' });
    expect(seals.cards()).toMatchObject([{ status: { state: 'suspended', stale: true } }]);
    world.maker.down = false;
    world.maker.states.set(id, 'normal');
    world.maker.number = 3;
    expect(await seals.refresh()).toMatchObject([{ status: { state: 'normal', stale: false }, code: null }]);
  });

  test('that a stamp has heard is shown with the next look', async () => {
    const id = bound();
    const seals = world.seals();
    await seals.refresh();
    world.maker.states.set(id, 'suspended');
    world.maker.number = 2;
    await seals.forStamp(id, world.key.token);
    await seals.look();
    expect(seals.cards()).toMatchObject([{ id, status: { state: 'suspended' }, code: 'seal.suspended' }]);
  });

  test('is asked for at once about a seal that was made after the list, and once', async () => {
    bound();
    let asked = 0;
    let answer = () => world.maker.http.request();
    const http = {
      request: () => {
        asked += 1;
        return answer();
      },
    };
    const seals = world.seals({ http });
    const stateOf = (id: string) => seals.cards().find((card) => card.id === id)?.status.state;
    const later = (ckaId: string) => {
      world.clock = new Date(world.clock.getTime() + 1000);
      return bound({ createdAt: world.now() }, world.certify(ckaId, '发票专用章').der);
    };
    await seals.look();
    const second = later('02');
    world.maker.number = 2;
    await seals.reread(world.key.token);
    expect(stateOf(second)).toBe('normal');
    await seals.reread(world.key.token);
    expect(asked).toBe(2);
    // A maker that has nothing newer to say is not asked on and on.
    const body = world.maker.list();
    answer = async () => ({ status: 200, headers: {}, body });
    const third = later('03');
    await seals.reread(world.key.token);
    await seals.reread(world.key.token);
    expect([stateOf(third), asked]).toEqual(['unknown', 3]);
  });

  test('is asked for again where it was asked for by a clock that was ahead', async () => {
    const id = bound();
    const right = world.clock;
    world.clock = new Date(right.getTime() + 30 * 86_400_000);
    await world.seals().look();
    world.clock = right;
    world.maker.states.set(id, 'suspended');
    world.maker.number = 2;
    const seals = world.seals();
    await seals.look();
    expect(seals.cards()).toMatchObject([{ status: { state: 'suspended' } }]);
  });

  test('of whom nobody trusts is not asked for: a stranger’s seal names no address that is opened', async () => {
    const stranger = new World();
    try {
      const value = stranger.maker.make(world.certificate.der);
      const { id } = readSeal(value);
      world.key.objects.push({ application: 'YinKey seal', label: id, value });
      let asked = 0;
      const http = {
        request: () => {
          asked += 1;
          return world.maker.http.request();
        },
      };
      const seals = world.seals({ http });
      await seals.look();
      expect(await seals.forStamp(id, world.key.token)).toMatchObject({ id, statusList: null });
      expect(seals.cards()).toMatchObject([{ code: 'seal.maker-unknown' }]);
      expect(asked).toBe(0);
    } finally {
      await stranger.close();
    }
  });

  test('of somebody else is not believed', async () => {
    bound();
    const other = new World();
    try {
      const seals = world.seals({ http: other.maker.http });
      await expect(seals.refresh()).rejects.toMatchObject({ code: 'seal.status-unproven' });
      expect(seals.cards()).toMatchObject([{ status: { state: 'unknown', asOf: null }, code: null }]);
    } finally {
      await other.close();
    }
  });

  test('travels with a stamp', async () => {
    const id = bound();
    const seals = world.seals();
    const stamp = await seals.forStamp(id, world.key.token);
    expect(stamp).toMatchObject({ id, widthMm: 42, certificateSha256: world.certificate.sha256 });
    expect(sha256Of(stamp.picture)).toBe(sha256Of(readSeal(stamp.bytes).picture.data));
    expect(Buffer.compare(stamp.statusList!, world.maker.list())).toBe(0);
    await expect(seals.forStamp('nobody', world.key.token)).rejects.toMatchObject({
      code: 'seal.not-on-key',
    });
  });
});

describe('reading keys', () => {
  test('a slow one holds nobody up, and is read once', async () => {
    const id = bound();
    await world.seals().refresh();
    let reads = 0;
    let answer: () => void = () => {};
    const slow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const tokens = {
      snapshot: () => world.key.snapshot(),
      chain: world.key.chain.bind(world.key),
      data: async () => {
        reads += 1;
        await slow;
        return world.key.data();
      },
    };
    const seals = world.seals({ tokens });
    const looks = [seals.look(), seals.look()];
    expect(seals.cards()).toMatchObject([{ id }]);
    answer();
    await Promise.all(looks);
    await seals.look();
    expect(reads).toBe(1);
    await seals.refresh();
    expect(reads).toBe(2);
  });

  test('one that is busy keeps what was known and is told', async () => {
    const id = bound();
    await world.seals().refresh();
    const busy = async () => {
      throw new YinkeyError('token.busy');
    };
    const troubles: unknown[] = [];
    const tokens = {
      snapshot: () => world.key.snapshot(),
      chain: world.key.chain.bind(world.key),
      data: busy,
    };
    const seals = world.seals({ tokens, trouble: (error) => troubles.push(error) });
    await expect(seals.refresh()).rejects.toMatchObject({ code: 'token.busy' });
    expect(seals.cards()).toMatchObject([{ id, present: true }]);
    expect(troubles).toHaveLength(1);
  });

  test('changes are told, and nothing is told twice', async () => {
    const told: number[] = [];
    const seals = world.seals();
    seals.onChange((cards) => told.push(cards.length));
    bound();
    await seals.look();
    const heard = told.length;
    expect(told.at(-1)).toBe(1);
    await seals.look();
    expect(told).toHaveLength(heard);
    world.key.pull();
    await seals.look();
    expect(told).toHaveLength(heard + 1);
  });
});
