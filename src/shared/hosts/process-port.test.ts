import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Port } from './port.ts';
import { type MessagePortLike, portOfChild, portPair, wrapMessagePort } from './process-port.ts';

const next = (port: Port) => new Promise<unknown>((resolve) => port.onMessage((message) => resolve(message)));
const closed = (port: Port) => new Promise<void>((resolve) => port.onClose(resolve));

describe('portPair', () => {
  it('keeps what came before the listener, in order, as copies', async () => {
    const [a, b] = portPair();
    const message = { n: 1, bytes: new Uint8Array([1, 2]) };
    a.post(message);
    message.n = 9;
    a.post({ n: 2 });
    await Promise.resolve();
    const got: unknown[] = [];
    b.onMessage((each) => got.push(each));
    expect(got).toEqual([{ n: 1, bytes: new Uint8Array([1, 2]) }, { n: 2 }]);
  });

  it('tells the other end, and only that, when one is closed', async () => {
    const [a, b] = portPair();
    let own = 0;
    a.onClose(() => own++);
    const told = closed(b);
    a.post('last words');
    const words = next(b);
    a.close();
    expect(await words).toBe('last words');
    await told;
    expect(own).toBe(0);
    b.post('to nobody');
    await closed(b);
  });
});

describe('wrapMessagePort', () => {
  it('carries messages and ports over native message ports', async () => {
    const { port1, port2 } = new MessageChannel();
    const a = wrapMessagePort(port1 as unknown as MessagePortLike);
    const b = wrapMessagePort(port2 as unknown as MessagePortLike);
    const inner = new MessageChannel();
    const mine = wrapMessagePort(inner.port1 as unknown as MessagePortLike);
    const received = new Promise<Port>((resolve) =>
      b.onMessage((_, ports) => {
        if (ports[0]) resolve(ports[0]);
      }),
    );
    a.post('take this', [wrapMessagePort(inner.port2 as unknown as MessagePortLike)]);
    const theirs = await received;
    const heard = next(mine);
    theirs.post('through the inner port');
    expect(await heard).toBe('through the inner port');
    const gone = closed(mine);
    theirs.close();
    await gone;
    expect(() => a.post('no', [portPair()[0]])).toThrow(TypeError);
    a.close();
    await closed(b);
  });
});

describe('portOfChild', () => {
  let folder: string;
  let script: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'yinkey-port-'));
    script = join(folder, 'echo.ts');
    const library = JSON.stringify(join(import.meta.dirname, 'process-port.ts'));
    writeFileSync(
      script,
      `import { hostPort } from ${library};
       const port = hostPort();
       port.onMessage((message, ports) => {
         if (message === 'die') process.exit(3);
         if (message === 'hang up') return port.close();
         port.post({ echo: message, ports: ports.length });
         for (const each of ports) {
           each.onMessage((inner, more) => { each.post({ inner }); more[0]?.post('deepest'); });
           each.onClose(() => port.post('inner closed'));
         }
       });`,
    );
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = () => {
    const child = fork(script, { serialization: 'advanced' });
    return { child, port: portOfChild(child) };
  };

  it('tunnels ports, and ports through those ports', async () => {
    const { child, port } = start();
    const replies: unknown[] = [];
    let seen: (() => void) | undefined;
    port.onMessage((message) => {
      replies.push(message);
      seen?.();
    });
    const more = () =>
      new Promise<void>((resolve) => {
        seen = resolve;
      });
    let waiting = more();
    port.post(new Uint8Array([1, 2, 3]));
    await waiting;
    expect(replies[0]).toMatchObject({ echo: new Uint8Array([1, 2, 3]), ports: 0 });

    const [mine, given] = portPair();
    const [deepMine, deepGiven] = portPair();
    const inner = next(mine);
    const deep = next(deepMine);
    mine.post('early', [deepGiven]);
    waiting = more();
    port.post('with a port', [given]);
    await waiting;
    expect(await inner).toEqual({ inner: 'early' });
    expect(await deep).toBe('deepest');

    waiting = more();
    mine.close();
    await waiting;
    expect(replies.at(-1)).toBe('inner closed');

    const [orphan, away] = portPair();
    waiting = more();
    port.post('another', [away]);
    await waiting;
    const ended = Promise.all([closed(port), closed(orphan)]);
    port.post('die');
    await ended;
    port.post('into the void');
    expect(child.connected).toBe(false);
  });

  it('tells when the child hangs up', async () => {
    const { child, port } = start();
    const ended = closed(port);
    port.post('hang up');
    await ended;
    child.kill();
  });
});
