import { describe, expect, it, vi } from 'vitest';
import { YinkeyError } from '../errors/index.ts';
import { portPair } from './process-port.ts';
import { type CallContext, RpcClient, serve } from './rpc.ts';

const deadline = 60_000;

/** Lets the ports in memory hand over all that is under way: a few microtasks, no clock. */
async function delivered() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

function connected(handlers: Parameters<typeof serve>[1], onUnexpected?: (error: unknown) => void) {
  const [near, far] = portPair();
  serve(far, handlers, onUnexpected);
  const onHang = vi.fn();
  return { client: new RpcClient(near, onHang), onHang };
}

describe('rpc', () => {
  it('answers each call with its own answer, in whatever order they come', async () => {
    const answers = new Map<string, (value: string) => void>();
    const { client } = connected({
      ask: (input: string) => new Promise<string>((resolve) => answers.set(input, resolve)),
    });
    const first = client.call('ask', 'first', { deadline });
    const second = client.call('ask', 'second', { deadline });
    await vi.waitFor(() => expect(answers.size).toBe(2));
    answers.get('second')?.('answer to second');
    expect(await second).toBe('answer to second');
    expect(client.open).toBe(1);
    answers.get('first')?.('answer to first');
    expect(await first).toBe('answer to first');
    expect(client.open).toBe(0);
  });

  it('refuses an unknown method, inherited names among them', async () => {
    const { client } = connected({});
    for (const method of ['missing', 'toString', '__proto__', 'constructor']) {
      await expect(client.call(method, null, { deadline })).rejects.toMatchObject({
        code: 'request.refused',
        details: { method },
      });
    }
  });

  it('carries a code and its details, and turns anything else into unexpected', async () => {
    const unexpected = vi.fn();
    const { client } = connected(
      {
        coded: () => {
          throw new YinkeyError('token.pin-locked', { ckr: 'CKR_PIN_LOCKED' });
        },
        plain: () => {
          throw new RangeError('with a secret in its words');
        },
      },
      unexpected,
    );
    await expect(client.call('coded', null, { deadline })).rejects.toMatchObject({
      code: 'token.pin-locked',
      details: { ckr: 'CKR_PIN_LOCKED' },
    });
    expect(unexpected).not.toHaveBeenCalled();
    const error = await client.call('plain', null, { deadline }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unexpected', details: { name: 'RangeError' } });
    expect(JSON.stringify(error)).not.toContain('secret');
    expect(unexpected).toHaveBeenCalledOnce();
  });

  it('survives answers of the wrong shape', async () => {
    const [near, far] = portPair();
    const client = new RpcClient(near, () => {});
    const call = client.call('any', null, { deadline });
    for (const junk of [
      null,
      7,
      'text',
      {},
      { id: 1 },
      { id: 1, kind: 'nonsense' },
      { id: 99, kind: 'done' },
    ]) {
      far.post(junk);
    }
    far.post({ id: 1, kind: 'failed', error: undefined });
    await expect(call).rejects.toMatchObject({ code: 'unexpected' });
    const second = client.call('any', null, { deadline });
    far.post({
      id: 2,
      kind: 'failed',
      error: { code: 'token.removed', details: { ckr: 'CKR_DEVICE_REMOVED', nested: {} } },
    });
    await expect(second).rejects.toMatchObject({
      code: 'token.removed',
      details: { ckr: 'CKR_DEVICE_REMOVED' },
    });
  });

  it('stops the deadline while a person is asked, and starts it anew afterwards', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      let context: CallContext | undefined;
      const { client, onHang } = connected({
        sign: (_: unknown, given: CallContext) => {
          context = given;
          return new Promise(() => {});
        },
      });
      const onWaiting = vi.fn();
      const onResumed = vi.fn();
      void client.call('sign', null, { deadline: 1000, onWaiting, onResumed }).catch(() => {});
      await delivered();
      expect(context).toBeDefined();
      vi.advanceTimersByTime(900);
      context?.waiting();
      await delivered();
      expect(onWaiting).toHaveBeenCalledOnce();
      vi.advanceTimersByTime(1_000_000);
      expect(onHang).not.toHaveBeenCalled();
      context?.resumed();
      context?.resumed();
      await delivered();
      expect(onResumed).toHaveBeenCalledTimes(2);
      vi.advanceTimersByTime(999);
      expect(onHang).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(onHang).toHaveBeenCalledExactlyOnceWith('sign');
      vi.advanceTimersByTime(1_000_000);
      expect(onHang).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('passes progress and ports', async () => {
    const { client } = connected({
      work: (_: unknown, { progress, ports }: CallContext) => {
        progress(0.5);
        ports[0]?.post('hello from the handler');
        return 'done';
      },
    });
    const [mine, given] = portPair();
    const heard = new Promise((resolve) => mine.onMessage(resolve));
    const onProgress = vi.fn();
    expect(await client.call('work', null, { deadline, ports: [given], onProgress })).toBe('done');
    expect(onProgress).toHaveBeenCalledExactlyOnceWith(0.5);
    expect(await heard).toBe('hello from the handler');
  });

  it('rejects open and later calls once it has failed', async () => {
    const { client } = connected({ wait: () => new Promise(() => {}) });
    const open = client.call('wait', null, { deadline });
    client.fail(new YinkeyError('driver.crashed'));
    await expect(open).rejects.toMatchObject({ code: 'driver.crashed' });
    await expect(client.call('wait', null, { deadline })).rejects.toMatchObject({ code: 'driver.crashed' });
    expect(client.open).toBe(0);
  });

  it('gives named work its own deadline, stops the clock between, and goes back to the call’s', async () => {
    vi.useFakeTimers();
    try {
      let context: CallContext | undefined;
      const { client, onHang } = connected({
        work: (_: null, given: CallContext) => {
          context = given;
          return new Promise(() => {});
        },
      });
      void client.call('work', null, { deadline: 1000, phases: { pad: 60_000 } });
      await delivered();
      context?.phase('pad');
      await delivered();
      vi.advanceTimersByTime(59_999);
      expect(onHang).not.toHaveBeenCalled();
      context?.phase(null);
      await delivered();
      vi.advanceTimersByTime(1_000_000);
      expect(onHang).not.toHaveBeenCalled();
      // A name that the caller has no time for, inherited ones among them, has the call's.
      context?.phase('toString');
      await delivered();
      vi.advanceTimersByTime(999);
      expect(onHang).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(onHang).toHaveBeenCalledWith('work');
    } finally {
      vi.useRealTimers();
    }
  });
});
