import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Keysim } from './index.ts';

/** A process of its own that has a PKCS#11 module in use; its calls are pkcs11js's methods. */
export class Probe {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #next = 1;

  constructor(env: Record<string, string>) {
    this.#child = fork(fileURLToPath(new URL('./probe.worker.ts', import.meta.url)), [], {
      env: { PATH: process.env.PATH, ...env },
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (answer: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer.value);
      else waiting?.reject(new Error(answer.error));
    });
    this.#child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`ended: ${signal ?? code}`));
      this.#waiting.clear();
    });
  }

  /** Calls a method of pkcs11js. Rejects with its message, or with "ended: SIGNAL" when the process died. */
  call<T = unknown>(method: string, ...args: unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, method, args });
    });
  }

  /** The name of the return value that a call fails with; CKR_OK when it does not. */
  async rv(method: string, ...args: unknown[]): Promise<string> {
    try {
      await this.call(method, ...args);
      return 'CKR_OK';
    } catch (error) {
      const text = (error as Error).message;
      return /CKR_\w+/.exec(text)?.[0] ?? text;
    }
  }

  /** The slot of the token with that serial number. */
  async slot(serial: string): Promise<Buffer> {
    for (const slot of await this.call<Uint8Array[]>('C_GetSlotList', true)) {
      const info = await this.call<{ serialNumber: string }>('C_GetTokenInfo', Buffer.from(slot));
      if (info.serialNumber.trim() === serial) return Buffer.from(slot);
    }
    throw new Error(`no token ${serial}`);
  }

  /** C_OpenSession, read and write. */
  async open(slot: Buffer): Promise<Buffer> {
    return Buffer.from(await this.call<Uint8Array>('C_OpenSession', slot, 0x6));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** A process with the simulator loaded and initialised. */
export async function startProbe(keysim: Keysim): Promise<Probe> {
  const probe = new Probe(keysim.env);
  await probe.call('load', keysim.module);
  await probe.call('C_Initialize', { flags: 2 });
  return probe;
}
