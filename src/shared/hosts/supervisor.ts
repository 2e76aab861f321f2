import { type ErrorCode, YinkeyError } from '../errors/index.ts';
import type { HostProcess, SpawnHost } from './port.ts';
import { type CallOptions, RpcClient } from './rpc.ts';

/** Which codes tell that this host crashed or hung: a driver's and a document's are different things to a user. */
export interface HostCodes {
  crashed: ErrorCode;
  hung: ErrorCode;
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
  #details: Record<string, string>;
  #running: { host: HostProcess; client: RpcClient } | undefined;
  /** Prepares a new process before any call reaches it, e.g. loads the driver. */
  #prepare:
    | ((call: (method: string, input: unknown, options: CallOptions) => Promise<unknown>) => Promise<void>)
    | undefined;
  #prepared: Promise<void> | undefined;

  constructor(
    spawn: SpawnHost,
    codes: HostCodes,
    details: Record<string, string> = {},
    prepare?: (
      call: (method: string, input: unknown, options: CallOptions) => Promise<unknown>,
    ) => Promise<void>,
  ) {
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
    if (this.#prepared) await this.#prepared;
    return running.client.call(method, input, options);
  }

  #start(): { host: HostProcess; client: RpcClient } {
    const host = this.#spawn();
    let ended: YinkeyError | undefined;
    const end = (error: YinkeyError) => {
      if (ended) return;
      ended = error;
      if (this.#running?.host === host) {
        this.#running = undefined;
        this.#prepared = undefined;
      }
      host.kill();
      client.fail(error);
    };
    const client = new RpcClient(host.port, (method) =>
      end(new YinkeyError(this.#codes.hung, { ...this.#details, call: method })),
    );
    void host.exited.then(({ code }) =>
      end(new YinkeyError(this.#codes.crashed, { ...this.#details, exit: code ?? 'signal' })),
    );
    const running = { host, client };
    this.#running = running;
    if (this.#prepare) {
      this.#prepared = this.#prepare((method, input, options) => client.call(method, input, options));
      // A failed preparation is told by the call that waits for it; the next call begins with a new process.
      this.#prepared.catch((error: unknown) =>
        end(
          error instanceof YinkeyError
            ? error
            : new YinkeyError(this.#codes.crashed, this.#details, { cause: error }),
        ),
      );
    }
    return running;
  }

  /** Ends the process; open calls are rejected as crashed. The next call starts a new one. */
  stop(): void {
    this.#running?.host.kill();
  }
}
