import { type ErrorCode, type ErrorDetails, YinkeyError } from '../errors/index.ts';
import type { HostProcess, SpawnHost } from './port.ts';
import { type CallOptions, RpcClient } from './rpc.ts';

/** Which codes tell that this host crashed or hung: a driver's and a document's are different things to a user. */
export interface HostCodes {
  crashed: ErrorCode;
  hung: ErrorCode;
}

type Call = (method: string, input: unknown, options: CallOptions) => Promise<unknown>;

/** Makes a new process ready before any other call reaches it, e.g. loads the driver. */
export type PrepareHost = (call: Call) => Promise<void>;

interface Running {
  host: HostProcess;
  client: RpcClient;
  prepared: Promise<void>;
}

/**
 * Keeps one host process: started by the first call, ended by a crash, by a missed deadline or by `stop`, started
 * anew by the next call. What was open when it ended is rejected with the true cause; nothing is repeated.
 *
 *   idle --call--> running --crash--> idle (calls rejected: crashed)
 *                     |------deadline-> killed -> idle (calls rejected: hung)
 */
export class HostSupervisor {
  #spawn: SpawnHost;
  #codes: HostCodes;
  #details: ErrorDetails;
  #prepare: PrepareHost | undefined;
  #running: Running | undefined;

  constructor(spawn: SpawnHost, codes: HostCodes, details: ErrorDetails = {}, prepare?: PrepareHost) {
    this.#spawn = spawn;
    this.#codes = codes;
    this.#details = details;
    this.#prepare = prepare;
  }

  get running(): boolean {
    return this.#running !== undefined;
  }

  get pid(): number | undefined {
    return this.#running?.host.pid;
  }

  /** One request. Rejects with the host's own error, or with this supervisor's `crashed` / `hung` code. */
  async call(method: string, input: unknown, options: CallOptions): Promise<unknown> {
    const running = this.#running ?? this.#start();
    await running.prepared;
    return running.client.call(method, input, options);
  }

  #start(): Running {
    let host: HostProcess;
    try {
      host = this.#spawn();
    } catch (cause) {
      if (cause instanceof YinkeyError) throw cause;
      throw new YinkeyError(this.#codes.crashed, { ...this.#details, exit: 'start' }, { cause });
    }
    let ended = false;
    const end = (error: YinkeyError) => {
      if (ended) return;
      ended = true;
      if (this.#running?.host === host) this.#running = undefined;
      client.fail(error);
      host.kill();
    };
    const client = new RpcClient(host.port, (method) =>
      end(new YinkeyError(this.#codes.hung, { ...this.#details, call: method })),
    );
    void host.exited.then(({ code }) =>
      end(new YinkeyError(this.#codes.crashed, { ...this.#details, exit: code ?? 'signal' })),
    );
    // A host that hung up can't answer any more; its exit, with the true code, is told by `exited`.
    host.port.onClose(() => host.kill());
    const prepared =
      this.#prepare?.((method, input, options) => client.call(method, input, options)) ?? Promise.resolve();
    // A failed preparation is told by the call that waits for it; the next call begins with a new process.
    prepared.catch((cause: unknown) =>
      end(
        cause instanceof YinkeyError
          ? cause
          : new YinkeyError(this.#codes.crashed, { ...this.#details, exit: 'start' }, { cause }),
      ),
    );
    const running = { host, client, prepared };
    this.#running = running;
    return running;
  }

  /** Ends the process and waits until it has gone; open calls are rejected as crashed. The next call starts a new one. */
  async stop(): Promise<void> {
    const host = this.#running?.host;
    host?.kill();
    await host?.exited;
  }
}
