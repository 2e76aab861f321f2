import { describe, expect, it, vi } from 'vitest';
import { YinkeyError } from '../errors/index.ts';
import type { HostProcess, Port } from './port.ts';
import { portPair } from './process-port.ts';
import { type Handlers, serve } from './rpc.ts';
import { HostSupervisor, type PrepareHost } from './supervisor.ts';

const codes = { crashed: 'driver.crashed', hung: 'driver.hung' } as const;

/** A host in memory whose end the test decides. */
function fakeHosts(handlers: (number: number) => Handlers) {
  const started: { crash: (code: number | null) => void; killed: () => number; port: Port }[] = [];
  const spawn = (): HostProcess => {
    const [near, far] = portPair();
    let exit: (ended: { code: number | null }) => void = () => {};
    const exited = new Promise<{ code: number | null }>((resolve) => {
      exit = resolve;
    });
    let kills = 0;
    serve(far, handlers(started.length + 1));
    started.push({ crash: (code) => exit({ code }), killed: () => kills, port: far });
    return {
      port: near,
      exited,
      pid: started.length,
      kill: () => {
        kills++;
        exit({ code: null });
      },
    };
  };
  return { spawn, started };
}

const forever = () => new Promise(() => {});

describe('HostSupervisor', () => {
  it('rejects what is open when the host crashes, and starts a new one for the next call', async () => {
    const { spawn, started } = fakeHosts((number) => ({ wait: forever, who: () => number }));
    const supervisor = new HostSupervisor(spawn, codes, { module: 'm' });
    expect(supervisor.running).toBe(false);
    const open = supervisor.call('wait', null, { deadline: 60_000 });
    expect(await supervisor.call('who', null, { deadline: 60_000 })).toBe(1);
    started[0]?.crash(139);
    await expect(open).rejects.toMatchObject({ code: 'driver.crashed', details: { module: 'm', exit: 139 } });
    expect(supervisor.running).toBe(false);
    expect(await supervisor.call('who', null, { deadline: 60_000 })).toBe(2);
    expect(supervisor.pid).toBe(2);
  });

  it('kills a host that misses a deadline, names the call, and goes on with a new one', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { spawn, started } = fakeHosts((number) => ({ list: forever, who: () => number }));
      const supervisor = new HostSupervisor(spawn, codes, { module: 'm' });
      const hung = supervisor.call('list', null, { deadline: 1000 });
      const beside = supervisor.call('list', null, { deadline: 5000 });
      hung.catch(() => {});
      beside.catch(() => {});
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      vi.advanceTimersByTime(1000);
      await expect(hung).rejects.toMatchObject({
        code: 'driver.hung',
        details: { module: 'm', call: 'list' },
      });
      await expect(beside).rejects.toMatchObject({ code: 'driver.hung' });
      expect(started[0]?.killed()).toBe(1);
      expect(await supervisor.call('who', null, { deadline: 1000 })).toBe(2);
    } finally {
      vi.useRealTimers();
    }
  });

  it('prepares each new host before any call reaches it', async () => {
    const seen: string[] = [];
    const { spawn, started } = fakeHosts((number) => ({
      load: () => void seen.push(`load ${number}`),
      list: () => void seen.push(`list ${number}`),
    }));
    const prepare: PrepareHost = async (call) => {
      await call('load', null, { deadline: 1000 });
    };
    const supervisor = new HostSupervisor(spawn, codes, {}, prepare);
    await Promise.all([
      supervisor.call('list', null, { deadline: 1000 }),
      supervisor.call('list', null, { deadline: 1000 }),
    ]);
    started[0]?.crash(1);
    await vi.waitFor(() => expect(supervisor.running).toBe(false));
    await supervisor.call('list', null, { deadline: 1000 });
    expect(seen).toEqual(['load 1', 'list 1', 'list 1', 'load 2', 'list 2']);
  });

  it('tells why the preparation failed, and tries a new host next time', async () => {
    const { spawn, started } = fakeHosts((number) => ({
      load: () => {
        if (number === 1) throw new YinkeyError('driver.load-failed', { path: 'x' });
      },
      list: () => 'keys',
    }));
    const supervisor = new HostSupervisor(spawn, codes, {}, async (call) => {
      await call('load', null, { deadline: 1000 });
    });
    await expect(supervisor.call('list', null, { deadline: 1000 })).rejects.toMatchObject({
      code: 'driver.load-failed',
    });
    expect(started[0]?.killed()).toBe(1);
    expect(await supervisor.call('list', null, { deadline: 1000 })).toBe('keys');
  });

  it('tells a process that cannot be started as crashed', async () => {
    const supervisor = new HostSupervisor(() => {
      throw new Error('no such program');
    }, codes);
    await expect(supervisor.call('list', null, { deadline: 1000 })).rejects.toMatchObject({
      code: 'driver.crashed',
    });
  });

  it('ends a host that hangs up its port', async () => {
    const { spawn, started } = fakeHosts(() => ({ wait: forever }));
    const supervisor = new HostSupervisor(spawn, codes);
    const open = supervisor.call('wait', null, { deadline: 60_000 });
    open.catch(() => {});
    await vi.waitFor(() => expect(started.length).toBe(1));
    started[0]?.port.close();
    await expect(open).rejects.toMatchObject({ code: 'driver.crashed' });
  });

  it('stops when asked, and says so to what is open', async () => {
    const { spawn } = fakeHosts(() => ({ wait: forever }));
    const supervisor = new HostSupervisor(spawn, codes);
    const open = supervisor.call('wait', null, { deadline: 60_000 });
    open.catch(() => {});
    await supervisor.stop();
    await expect(open).rejects.toMatchObject({ code: 'driver.crashed', details: { exit: 'signal' } });
    expect(supervisor.running).toBe(false);
    await supervisor.stop();
  });
});
